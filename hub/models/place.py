from django.db import models
from django.db.models import Q

CELL_DEGREES = 0.2


class Place(models.Model):
    """A cell of 0.2 degrees, or a town somebody typed: never anything finer.

    `row` and `column` count cells from the south pole and the date line.
    """

    class Source(models.TextChoices):
        WAITING = "", "not looked up yet"
        OFFLINE = "offline", "open data on this machine"
        NOMINATIM = "nominatim", "Nominatim"
        UNKNOWN = "unknown", "no such place"

    query = models.CharField(max_length=120, blank=True)
    row = models.SmallIntegerField(null=True)
    column = models.SmallIntegerField(null=True)
    country_code = models.CharField(max_length=2, blank=True)
    country = models.CharField(max_length=80, blank=True)
    region = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=10, choices=Source, default=Source.WAITING, blank=True)
    looked_up_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["row", "column"], condition=Q(query=""), name="one_place_per_cell"),
            models.UniqueConstraint(fields=["query"], condition=~Q(query=""), name="one_place_per_query"),
            models.CheckConstraint(
                condition=~Q(query="") | Q(row__isnull=False, column__isnull=False),
                name="a_place_is_a_cell_or_a_query",
            ),
            models.CheckConstraint(
                condition=Q(row__isnull=True) | Q(row__gte=0, row__lt=900, column__gte=0, column__lt=1800),
                name="a_cell_lies_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(part for part in (self.city, self.region, self.country) if part) or "somewhere"

    @property
    def centre(self) -> tuple[float, float] | None:
        """Latitude and longitude of the middle of the cell, in degrees."""
        if self.row is None or self.column is None:
            return None
        return round((self.row + 0.5) * CELL_DEGREES - 90, 1), round((self.column + 0.5) * CELL_DEGREES - 180, 1)


def cell(latitude: float, longitude: float) -> tuple[int, int]:
    """The row and column of the cell that holds a point given in degrees."""
    row = min(int((latitude + 90) / CELL_DEGREES), 899)
    return row, int((longitude + 180) / CELL_DEGREES) % 1800
