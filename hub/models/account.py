from django.contrib.auth.models import AbstractUser
from django.db import models


class Account(AbstractUser):
    """A person, or an invented supplier of a simulated crowd."""

    class Plan(models.TextChoices):
        FREE = "free", "Free"
        PREMIUM = "premium", "Premium"

    plan = models.CharField(max_length=10, choices=Plan, default=Plan.FREE)
    credit = models.CharField(
        "credit line",
        max_length=80,
        blank=True,
        help_text="How your photos are credited; your username if empty.",
    )
    invented = models.BooleanField(default=False, help_text="Made by `manage.py simulate`; nobody can log in.")

    class Meta:
        permissions = [("moderate", "Can settle reviews and accept labels")]
        constraints = [
            models.CheckConstraint(condition=models.Q(plan__in=["free", "premium"]), name="plan_is_known"),
        ]

    @property
    def is_premium(self) -> bool:
        return self.plan == self.Plan.PREMIUM

    @property
    def credit_line(self) -> str:
        return self.credit or self.username

    @property
    def is_moderator(self) -> bool:
        return self.has_perm("hub.moderate")
