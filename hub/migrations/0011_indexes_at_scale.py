import django.contrib.postgres.operations
from django.db import migrations, models

ANEW = "DROP INDEX CONCURRENTLY IF EXISTS {}"  # what is left of a run that was cut off is no index
BANDS = "CREATE INDEX CONCURRENTLY {} ON hub_removal USING gin (hub_bands(hub_bits({}))) WHERE {}"
KNOWN = "lifted_at IS NULL AND length(fingerprint) = 32"


class Migration(migrations.Migration):
    """Made beside what reads and writes these tables, which would wait for plain ones."""

    atomic = False
    dependencies = [("hub", "0010_counts_at_scale")]
    operations = [
        migrations.RunSQL(ANEW.format("fullest_labels"), migrations.RunSQL.noop),
        django.contrib.postgres.operations.AddIndexConcurrently(
            model_name="labelstat",
            index=models.Index(
                condition=models.Q(("facet__in", ["images", "asking"])), fields=["facet", "-n"], name="fullest_labels"
            ),
        ),
        migrations.RunSQL(ANEW.format("removals_by_band"), migrations.RunSQL.noop),
        migrations.RunSQL(BANDS.format("removals_by_band", "fingerprint", KNOWN), ANEW.format("removals_by_band")),
        migrations.RunSQL(ANEW.format("removals_by_mirrored_band"), migrations.RunSQL.noop),
        migrations.RunSQL(
            BANDS.format("removals_by_mirrored_band", "mirrored", KNOWN), ANEW.format("removals_by_mirrored_band")
        ),
    ]
