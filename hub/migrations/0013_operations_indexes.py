from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

ANEW = "DROP INDEX CONCURRENTLY IF EXISTS {}"  # what is left of a run that was cut off is no index


class Migration(migrations.Migration):
    atomic = False  # the hub goes on while they are built
    dependencies = [("hub", "0012_operations")]
    operations = [
        migrations.RunSQL(ANEW.format("jobs_not_done_by_kind"), migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(
                condition=models.Q(("state", "done"), _negated=True),
                fields=["kind", "state", "run_after"],
                name="jobs_not_done_by_kind",
            ),
        ),
        migrations.RunSQL(ANEW.format("submissions_by_decision"), migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="submission",
            index=models.Index(fields=["decided_at"], include=("state", "reason"), name="submissions_by_decision"),
        ),
    ]
