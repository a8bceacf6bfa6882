from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from hub.models.image import Image
from hub.models.label import Label
from hub.models.training import TrainedModel


class Doubt(models.Model):
    """A person, or the pictures most like it, say that an image does not show its label; a moderator looks."""

    class State(models.TextChoices):
        OPEN = "open", "Waiting for a moderator"
        KEPT = "kept", "The label is right"
        REMOVED = "removed", "The label was wrong"

    image = models.ForeignKey(Image, models.CASCADE, related_name="doubts")
    label = models.ForeignKey(Label, models.CASCADE, related_name="doubts")
    # None: its nearest pictures (by deep features) carry another label.
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="doubts")
    # What it shows instead, as they say, and the share of its nearest pictures that agree (0 to 1).
    instead = models.ForeignKey(Label, models.SET_NULL, null=True, related_name="+")
    share = models.FloatField(null=True)
    # The model whose mistake made them look.
    model = models.ForeignKey(TrainedModel, models.SET_NULL, null=True, related_name="doubts")
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="decided_doubts")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "label"], condition=Q(state="open"), name="a_label_of_an_image_is_doubted_once"
            ),
            models.CheckConstraint(condition=Q(state__in=["open", "kept", "removed"]), name="doubt_state_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.label} of {self.image_id}?"
