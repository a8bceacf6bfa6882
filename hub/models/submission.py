from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from hub.models.label import Label
from hub.models.place import Place


class Licence(models.TextChoices):
    """SPDX ids of the licences a batch may carry."""

    CC0 = "CC0-1.0", "CC0 1.0 (public domain)"
    CC_BY = "CC-BY-4.0", "CC BY 4.0 (credit me)"
    CC_BY_SA = "CC-BY-SA-4.0", "CC BY-SA 4.0 (credit me, share alike)"


class Precision(models.TextChoices):
    """How exactly the world may know where a photo was taken."""

    OPEN = "open", "Neighbourhood: about 20 km"
    REGION = "region", "Region and country only"
    HIDDEN = "hidden", "Hidden: we keep no place at all"


class Batch(models.Model):
    """One act of giving. The counts are kept by a trigger on Submission."""

    supplier = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="batches")
    label = models.ForeignKey(Label, models.PROTECT, related_name="batches")
    licence = models.CharField(max_length=20, choices=Licence, default=Licence.CC_BY)
    credit = models.CharField(max_length=80)
    precision = models.CharField(max_length=6, choices=Precision, default=Precision.OPEN)
    use_photo_place = models.BooleanField(default=False)
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="batches")
    drawn = models.BooleanField(default=False, help_text="Pictures drawn by the hub itself, not photographs.")
    # The sentence the supplier agreed to, as it stood there.
    agreement = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    received = models.IntegerField(default=0)
    accepted = models.IntegerField(default=0)
    duplicate = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)
    review = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    withdrawn = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(licence__in=Licence.values), name="licence_is_known"),
            models.CheckConstraint(condition=Q(precision__in=Precision.values), name="precision_is_known"),
            models.CheckConstraint(
                condition=~Q(precision="hidden") | Q(place__isnull=True, use_photo_place=False),
                name="hidden_batch_keeps_no_place",
            ),
        ]
        indexes = [
            models.Index(fields=["supplier", "-id"], name="batches_of_a_supplier"),
            models.Index(fields=["-id"], condition=Q(accepted__gt=0), name="batches_with_something_in"),
        ]

    def __str__(self) -> str:
        return f"Batch {self.pk}: {self.label}"

    def get_absolute_url(self) -> str:
        return reverse("batch", args=[self.pk])

    @property
    def total(self) -> int:
        """Files in the batch, whatever became of them."""
        return sum(getattr(self, state) for state in Submission.State.values)


class Submission(models.Model):
    """One received file of a batch and what became of it."""

    class State(models.TextChoices):
        RECEIVED = "received", "Checking"
        ACCEPTED = "accepted", "Accepted"
        DUPLICATE = "duplicate", "Already here"
        REJECTED = "rejected", "Not taken"
        REVIEW = "review", "Needs a look"
        FAILED = "failed", "Our fault"
        WITHDRAWN = "withdrawn", "Taken back"

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="submissions")
    label = models.ForeignKey(Label, models.PROTECT, related_name="+")
    filename = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(null=True)
    # Where the bytes wait until a worker has seen them; empty once they lie under their digest.
    incoming = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    image = models.OneToOneField("Image", models.SET_NULL, null=True, blank=True, related_name="submission")
    twin = models.ForeignKey("Image", models.SET_NULL, null=True, blank=True, related_name="given_again")
    # The rendition of 299 pixels by which a person compares it with its twin, while it is in review.
    preview_sha256 = models.CharField(max_length=64, blank=True)
    # The supplier or a moderator looked: this is another photo, whatever the fingerprint says.
    distinct = models.BooleanField(default=False)
    # A moderator let it in: neither a new account nor a photo removed before keeps it waiting.
    cleared = models.BooleanField(default=False)
    # What its supplier says against the decision, once; a moderator looks again.
    appeal = models.CharField(max_length=500, blank=True)
    appealed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "sha256", "filename"],
                condition=~Q(sha256=""),
                name="one_submission_per_file_of_a_batch",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "received",
                        "accepted",
                        "duplicate",
                        "rejected",
                        "review",
                        "failed",
                        "withdrawn",
                    ]
                ),
                name="submission_state_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["rejected", "review"]) | ~Q(reason=""),
                name="refused_submission_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state="received") | Q(decided_at__isnull=False),
                name="decided_submission_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["sha256"], name="submissions_of_a_digest"),
            models.Index(fields=["state", "id"], condition=Q(state="review"), name="submissions_in_review"),
            models.Index(fields=["id"], condition=Q(appealed_at__isnull=False), name="open_appeals"),
            # What became of files lately is counted from the index alone.
            models.Index(fields=["decided_at"], include=["state", "reason"], name="submissions_by_decision"),
            # Whether a stored file still belongs to somebody; few rows have such files.
            models.Index(fields=["preview_sha256"], condition=~Q(preview_sha256=""), name="submissions_by_preview"),
            models.Index(fields=["incoming"], condition=~Q(incoming=""), name="submissions_not_looked_at"),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def supplier_decides(self) -> bool:
        """Whether its supplier may say what it is; all else in review waits for a moderator."""
        return self.state == self.State.REVIEW and self.reason == "near_duplicate"

    @property
    def state_in_words(self) -> str:
        """The state as people read it: who must look, and who took it away."""
        if self.state == self.State.REVIEW:
            return "Needs your eye" if self.supplier_decides else "A moderator looks"
        return "Taken down" if self.reason == "taken_down" else self.get_state_display()

    @property
    def preview(self) -> str:
        """Where its supplier and moderators see it while it is in review; "" otherwise."""
        return reverse("preview", args=[self.pk]) if self.preview_sha256 and self.state == "review" else ""
