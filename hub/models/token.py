from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Token(models.Model):
    """A key for scripts: shown once, kept as its SHA-256, good for its scopes until taken back."""

    class Scope(models.TextChoices):
        READ = "read", "See what you may see"
        GIVE = "give", "Give photos"
        DATASETS = "datasets", "Freeze and pack datasets, train models"

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=60)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope))
    sha256 = models.CharField(max_length=64, unique=True)
    # Its first characters, to tell it by.
    hint = models.CharField(max_length=12)
    created_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="an_account_names_its_tokens"),
            models.CheckConstraint(condition=Q(scopes__len__gt=0), name="token_has_a_scope"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class IdempotencyKey(models.Model):
    """The answer a POST got, so that sending it again under the same key does nothing twice."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=80)
    # Of method, path and body: the same key with another request is a mistake.
    request_sha256 = models.CharField(max_length=64)
    status = models.SmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="an_idempotency_key_is_used_once")]

    def __str__(self) -> str:
        return self.key
