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
    # What for, and how they should be: shown on the board.
    note = models.CharField(max_length=200, blank=True)
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


class Shortfall(models.Model):
    """A selection or a training an account wished for was refused, because a label has too few distinct pictures."""

    class Source(models.TextChoices):
        SELECTION = "selection", "A dataset could not be made"
        TRAINING = "training", "A model could not be trained"

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="shortfalls")
    label = models.ForeignKey(Label, models.CASCADE, related_name="shortfalls")
    source = models.CharField(max_length=9, choices=Source)
    # Groups it would have taken.
    wanted = models.IntegerField()
    refused_at = models.DateTimeField(db_default=Now())
    met_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "label", "source"], name="a_shortfall_counts_once"),
            models.CheckConstraint(condition=Q(wanted__gt=0), name="a_shortfall_wants_something"),
            models.CheckConstraint(condition=Q(source__in=["selection", "training"]), name="shortfall_source_is_known"),
        ]
        indexes = [models.Index(fields=["label"], condition=Q(met_at__isnull=True), name="open_shortfalls")]

    def __str__(self) -> str:
        return f"{self.account} lacks {self.label}"


class Wanted(models.Model):
    """A label that somebody waits for: how many people, and the largest number of distinct pictures one of them wants.

    Kept by triggers on Watch and Shortfall; `hub_true_wanted` says what it should be.
    """

    label = models.OneToOneField(Label, models.CASCADE, primary_key=True, related_name="wanted")
    people = models.IntegerField()
    wanted = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.people} want {self.wanted} of {self.label_id}"


class Subscription(models.Model):
    """A supplier wants to hear when photos of a label are wanted; `pinned` keeps it on top of their board."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="subscriptions")
    label = models.ForeignKey(Label, models.CASCADE, related_name="subscriptions")
    pinned = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "label"], name="a_label_is_subscribed_to_once")]

    def __str__(self) -> str:
        return f"{self.account} gives {self.label}"


class Notice(models.Model):
    """One thing an account is told, once: by the bell, and by mail where it has an address and wants it."""

    class Kind(models.TextChoices):
        BATCH_DONE = "batch_done", "A batch is checked"
        ARCHIVE_READY = "archive_ready", "An archive is packed"
        TRAINING_READY = "training_ready", "A training finished"
        TRAINING_FAILED = "training_failed", "A training failed"
        LABELS_READY = "labels_ready", "A watched label is ready"
        LABEL_WANTED = "label_wanted", "Photos of a label you give are wanted"
        PHOTOS_WITHDRAWN = "photos_withdrawn", "Photos you downloaded were taken back"
        MODERATED = "moderated", "A moderator decided about something of yours"

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20, choices=Kind)
    # What it tells of, such as "batch:12": one outcome is told once.
    key = models.CharField(max_length=120)
    # What the mail's templates need.
    about = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "kind", "key"], name="an_outcome_is_told_once")]
        indexes = [
            models.Index(fields=["account", "-id"], name="notices_of_an_account"),
            models.Index(fields=["account"], condition=Q(seen_at__isnull=True), name="unseen_notices"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.account}"
