from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

ANEW = "DROP INDEX CONCURRENTLY IF EXISTS {}"  # what is left of a run that was cut off is no index


class Migration(migrations.Migration):
    atomic = False  # the hub goes on while they are built
    dependencies = [("hub", "0014_no_index_twice")]
    operations = [
        migrations.RunSQL(ANEW.format("labels_given_most"), migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="labelstat",
            index=models.Index(
                condition=models.Q(("facet", "direct")), fields=["-n", "label"], name="labels_given_most"
            ),
        ),
        migrations.RunSQL(ANEW.format("submissions_by_preview"), migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="submission",
            index=models.Index(
                condition=models.Q(("preview_sha256", ""), _negated=True),
                fields=["preview_sha256"],
                name="submissions_by_preview",
            ),
        ),
        migrations.RunSQL(ANEW.format("submissions_not_looked_at"), migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="submission",
            index=models.Index(
                condition=models.Q(("incoming", ""), _negated=True),
                fields=["incoming"],
                name="submissions_not_looked_at",
            ),
        ),
    ]
