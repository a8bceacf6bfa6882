from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Backup(models.Model):
    """A backup that was made whole, or restored: `finished_at` tells how old the newest is."""

    # Its folder's name: the moment of its rows.
    name = models.CharField(max_length=20)
    finished_at = models.DateTimeField(db_default=Now())
    seconds = models.FloatField()
    objects_held = models.BigIntegerField()
    bytes_copied = models.BigIntegerField()
    # Objects that rows name and storage has lost, or holds damaged.
    missing = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(seconds__gte=0, objects_held__gte=0, bytes_copied__gte=0, missing__gte=0),
                name="no_figure_of_a_backup_is_negative",
            )
        ]
        indexes = [models.Index(fields=["-finished_at"], name="backups_by_time")]

    def __str__(self) -> str:
        return self.name
