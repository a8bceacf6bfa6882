from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models

CREDIT_LENGTH = 80


class Account(AbstractUser):
    """A person, or an invented supplier of a simulated crowd."""

    class Plan(models.TextChoices):
        FREE = "free", "Free"
        PREMIUM = "premium", "Premium"

    plan = models.CharField(max_length=10, choices=Plan, default=Plan.FREE)
    credit = models.CharField(
        "credit line",
        max_length=CREDIT_LENGTH,
        blank=True,
        help_text="How your photos are credited; your username if empty.",
    )
    invented = models.BooleanField(default=False, help_text="Made by `manage.py simulate`; nobody can log in.")
    # From then on its photos are public at once; before, a moderator sees each of them first.
    trusted_at = models.DateTimeField(null=True, blank=True)
    # It may look, take back and leave, and nothing else; `suspended_for` is a reason's code.
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspended_for = models.CharField(max_length=20, blank=True)
    # Hidden questions showed that its verdicts cannot be relied on: it is asked no more.
    paused_at = models.DateTimeField(null=True, blank=True)
    # The person has left: a nameless shell that keeps verdicts and decisions together.
    gone_at = models.DateTimeField(null=True, blank=True)
    # Kinds of notices it wants no mail about.
    muted = ArrayField(models.CharField(max_length=20), default=list, blank=True)

    allowance = models.PositiveSmallIntegerField(
        default=1,
        db_default=1,
        help_text="So many times the usual quota of a day (see its account page); 1 is usual, 0 takes nothing.",
    )

    class Meta:
        permissions = [
            ("moderate", "Can settle reviews, take photos down and accept labels"),
            ("operate", "Can see the operations page, pause work and try failed jobs again"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(plan__in=["free", "premium"]), name="plan_is_known"),
        ]

    @property
    def is_premium(self) -> bool:
        return self.plan == self.Plan.PREMIUM

    @property
    def credit_line(self) -> str:
        """How its photos are credited; a username may be longer than a credit line."""
        return self.credit or self.username[:CREDIT_LENGTH]

    def has_perm(self, perm, obj=None) -> bool:
        """Whether the account may do this; while it is suspended it has no rights, a superuser's neither."""
        return self.suspended_at is None and super().has_perm(perm, obj)

    @property
    def is_moderator(self) -> bool:
        return self.has_perm("hub.moderate")

    @property
    def is_operator(self) -> bool:
        return (self.is_staff or self.is_superuser) and self.has_perm("hub.operate")
