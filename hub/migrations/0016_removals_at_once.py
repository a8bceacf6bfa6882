from django.db import migrations

INDEXES = ("removals_by_band", "removals_by_mirrored_band")


class Migration(migrations.Migration):
    """A list of what an index does not know yet is read as a whole by every lookup: there shall be none, and few write."""

    dependencies = [("hub", "0015_indexes_of_few_rows")]
    operations = [
        *(
            migrations.RunSQL(f"ALTER INDEX {name} SET (fastupdate = off)", f"ALTER INDEX {name} RESET (fastupdate)")
            for name in INDEXES
        ),
        *(migrations.RunSQL(f"SELECT gin_clean_pending_list('{name}')", migrations.RunSQL.noop) for name in INDEXES),
    ]
