from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Pause(models.Model):
    """Something the operators have paused for a while; without a row it goes on."""

    class What(models.TextChoices):
        GIVING = "giving", "Giving photos"
        INGEST = "ingest", "Checking photos"
        EXPORT = "export", "Freezing and packing"
        TRAINING = "training", "Training models"
        PREDICT = "predict", "Trying models"
        MAIL = "mail", "Sending mail"

    what = models.CharField(max_length=10, choices=What, primary_key=True)
    since = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # Told to everybody it concerns, as it is.
    why = models.CharField(max_length=200, blank=True)

    # The kinds of jobs that wait meanwhile.
    STOPS = {
        What.INGEST: ("ingest", "relate"),
        What.EXPORT: ("freeze", "pack"),
        What.TRAINING: ("train", "embed"),
        What.MAIL: ("mail",),
    }

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(what__in=["giving", "ingest", "export", "training", "predict", "mail"]),
                name="what_is_paused_is_known",
            )
        ]

    def __str__(self) -> str:
        return self.get_what_display()


class Audit(models.Model):
    """One run over the invariants: `breaches` holds those that were broken, by name: {count, first: [words]}."""

    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    deep = models.BooleanField(default=False)
    breaches = models.JSONField(default=dict)
    # When the operators were written to about it.
    told_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-finished_at"], name="audits_by_end")]

    def __str__(self) -> str:
        return f"{len(self.breaches)} broken, {self.started_at:%Y-%m-%d %H:%M}"


class StorageUse(models.Model):
    """How much one storage alias holds, as rows said when it was last added up."""

    alias = models.CharField(max_length=20, primary_key=True)
    objects_stored = models.BigIntegerField()
    bytes_stored = models.BigIntegerField()
    measured_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.alias}: {self.bytes_stored}"


class Use(models.Model):
    """How much of one quota an account has used on a day (UTC): counted up in the transaction of its cause."""

    class What(models.TextChoices):
        FILES = "files", "Photos given"
        BYTES = "bytes", "Size of photos given"
        VERSIONS = "versions", "Dataset versions frozen"
        ARCHIVES = "archives", "Archives packed"
        TRAININGS = "trainings", "Trainings asked for"

    pk = models.CompositePrimaryKey("account_id", "day", "what")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="uses", db_index=False)
    day = models.DateField()
    what = models.CharField(max_length=9, choices=What)
    amount = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="what_is_used_is_counted_from_none")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day}: {self.amount} {self.what}"
