from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the hub goes on while they are built
    dependencies = [("hub", "0012_operations")]
    operations = [
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(
                condition=models.Q(("state", "done"), _negated=True),
                fields=["kind", "state", "run_after"],
                name="jobs_not_done_by_kind",
            ),
        ),
        AddIndexConcurrently(
            model_name="submission",
            index=models.Index(fields=["decided_at"], include=("state", "reason"), name="submissions_by_decision"),
        ),
    ]
