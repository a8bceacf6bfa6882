from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Job(models.Model):
    """The ledger row of one piece of background work; `subject` is the id of what it works on."""

    class Kind(models.TextChoices):
        INGEST = "ingest", "Check a submission"
        RELATE = "relate", "Find pictures like an image"
        LOCATE = "locate", "Look a place up"
        FREEZE = "freeze", "Freeze a dataset version"
        PACK = "pack", "Pack an archive"
        TRAIN = "train", "Train a model"
        MAIL = "mail", "Send a mail"
        EMBED = "embed", "Find similar pictures"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    kind = models.CharField(max_length=10, choices=Kind)
    subject = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    attempt = models.SmallIntegerField(default=0)
    run_after = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(state__in=["queued", "running"]),
                name="one_live_job_per_subject",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "done", "failed"]), name="job_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False), name="running_job_has_a_lease"
            ),
            models.CheckConstraint(condition=Q(attempt__gte=0), name="attempts_are_counted_from_none"),
        ]
        indexes = [
            models.Index(fields=["run_after"], condition=Q(state="queued"), name="queued_jobs_by_time"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="running_jobs_by_lease"),
            models.Index(fields=["state", "-id"], name="jobs_by_state"),
            # All but those that are done, which are most: counted and aged by kind without a look at their rows.
            models.Index(
                fields=["kind", "state", "run_after"], condition=~Q(state="done"), name="jobs_not_done_by_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
