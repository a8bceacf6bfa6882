from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from hub.models.label import Label


class Watch(models.Model):
    """An account needs more of a label, and wants to be told when there are so many distinct pictures of it."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="watches")
    label = models.ForeignKey(Label, models.CASCADE, related_name="watches")
    # Groups: pictures that are not near-duplicates of each other.
    wanted = models.IntegerField(default=100)
    created_at = models.DateTimeField(db_default=Now())
    ready_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "label"], name="a_label_is_watched_once"),
            models.CheckConstraint(condition=Q(wanted__gt=0), name="a_watch_wants_something"),
        ]
        indexes = [models.Index(fields=["label"], condition=Q(ready_at__isnull=True), name="open_watches")]

    def __str__(self) -> str:
        return f"{self.account} watches {self.label}"


class Notice(models.Model):
    """One thing an account is told, once, by mail."""

    class Kind(models.TextChoices):
        TRAINING_READY = "training_ready", "Training finished"
        TRAINING_FAILED = "training_failed", "Training failed"
        LABELS_READY = "labels_ready", "Watched labels are ready"

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20, choices=Kind)
    # What the mail's templates need.
    about = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())
    mailed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} to {self.account}"
