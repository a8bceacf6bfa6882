from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from hub.models.image import Image
from hub.models.label import Label


class Report(models.Model):
    """Somebody, a stranger perhaps, says that an image should not be here; a moderator looks."""

    class Reason(models.TextChoices):
        WRONG_LABEL = "wrong_label", "The label is wrong"
        NOT_THEIRS = "not_theirs", "It was not theirs to share"
        PRIVATE = "private", "It shows a person, or something private"
        ILLEGAL = "illegal", "It is illegal"
        OTHER = "other", "Something else"

    class State(models.TextChoices):
        OPEN = "open", "Waiting for a moderator"
        KEPT = "kept", "The photo stays"
        REMOVED = "removed", "The photo was taken down"

    image = models.ForeignKey(Image, models.CASCADE, related_name="reports")
    # None for a stranger.
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="reports")
    reason = models.CharField(max_length=11, choices=Reason)
    note = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "reason", "account"],
                condition=Q(state="open"),
                nulls_distinct=False,
                name="one_open_report_per_person_and_reason",
            ),
            models.CheckConstraint(
                condition=Q(reason__in=["wrong_label", "not_theirs", "private", "illegal", "other"]),
                name="report_reason_is_known",
            ),
            models.CheckConstraint(condition=Q(state__in=["open", "kept", "removed"]), name="report_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="open") | Q(decided_at__isnull=False), name="decided_report_says_when"
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(state="open"), name="open_reports")]

    def __str__(self) -> str:
        return f"{self.reason}: {self.image_id}"


class Removal(models.Model):
    """What moderators took down: until it is lifted, neither the file nor a copy of its picture comes back unseen."""

    sha256 = models.CharField(max_length=64, unique=True)
    pixels_sha256 = models.CharField(max_length=64)
    # Both fingerprints, 32 bytes each; empty where the picture had none.
    fingerprint = models.BinaryField(default=b"")
    mirrored = models.BinaryField(default=b"")
    reason = models.CharField(max_length=20)
    removed_at = models.DateTimeField(db_default=Now())
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["pixels_sha256"], name="removals_of_the_same_pixels")]

    def __str__(self) -> str:
        return f"{self.sha256[:12]}: {self.reason}"


class Decision(models.Model):
    """One line of the audit log: who decided what about what, when and why. Rows are never changed nor deleted."""

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="decisions")
    # A verb in the past: "took_down", "kept_label", "suspended".
    kind = models.CharField(max_length=30)
    # What about, such as "image:<sha256>", "submission:12", "account:7".
    subject = models.CharField(max_length=120)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.JSONField(default=dict)
    decided_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["subject", "-id"], name="decisions_about_a_subject"),
            models.Index(fields=["actor", "-id"], name="decisions_of_an_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.kind} {self.subject}"


class GoldAnswer(models.Model):
    """A reviewer's answer to a hidden question whose answer is known: whether an image shows a label."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="gold_answers")
    image = models.ForeignKey(Image, models.CASCADE, related_name="+")
    label = models.ForeignKey(Label, models.CASCADE, related_name="+")
    truth = models.BooleanField()
    verdict = models.CharField(max_length=6)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "image", "label"], name="a_hidden_question_is_asked_once"),
            models.CheckConstraint(condition=Q(verdict__in=["yes", "no", "unsure"]), name="gold_verdict_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.verdict}"
