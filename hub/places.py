"""Where photos were taken, never finer than a cell of 0.2 degrees, and never finer than their supplier allows."""

import math
import re
import unicodedata

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from hub import counts, jobs
from hub.models import Batch, Image, Job, Place
from hub.models.place import cell

COORDINATES = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*[,; ]\s*(-?\d{1,3}(?:\.\d+)?)\s*")


def at(latitude: float, longitude: float) -> Place | None:
    """The place of the cell that holds a point in degrees; None for a point off the map."""
    if not (math.isfinite(latitude) and math.isfinite(longitude)) or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    row, column = cell(latitude, longitude)
    return _one(query="", row=row, column=column)


def typed(text: str) -> Place | None:
    """The place of what a supplier typed: coordinates, or the name of a town. None for nothing usable."""
    if match := COORDINATES.fullmatch(text):
        return at(float(match[1]), float(match[2]))
    query = " ".join("".join(c if unicodedata.category(c)[0] != "C" else " " for c in text).split()).casefold()[:120]
    return _one(query=query) if query else None


def _one(**fields) -> Place:
    try:
        with transaction.atomic():
            return Place.objects.get_or_create(**fields)[0]
    except IntegrityError:
        return Place.objects.get(**fields)


def of(batch: Batch, gps: tuple[float, float] | None) -> Place | None:
    """The place of one photo of a batch: its own, if the supplier agreed and it has one, else the batch's."""
    if batch.precision == "hidden":
        return None
    return (at(*gps) if gps and batch.use_photo_place else None) or batch.place


def lookup(place: Place | None) -> Job | None:
    """The job that looks the place up, if nobody has yet."""
    return jobs.open_job(Job.Kind.LOCATE, place.pk) if place and place.source == "" else None


def forgotten() -> QuerySet[Place]:
    """Places nobody has looked up, but for those whose lookup failed for good."""
    failed = Job.objects.filter(kind=Job.Kind.LOCATE, state="failed").values("subject")
    return Place.objects.filter(source="").exclude(pk__in=failed)


def found(work: jobs.Work, place: Place, source: str, **names) -> None:
    """Record what a place is called (and, for a typed town, its cell), and count its images there."""
    with transaction.atomic():
        counts.lock()
        jobs.finish(work)
        images = list(Image.objects.filter(place=place, withdrawn_at=None).values_list("pk", flat=True))
        with counts.recounting(images):
            Place.objects.filter(pk=place.pk).update(source=source, looked_up_at=Now(), **names)


def shown(image: Image | Batch) -> str:
    """The place in words, as exactly as its supplier allows; "" when hidden or unknown."""
    place = image.place
    if place is None or image.precision == "hidden" or not place.country:
        return ""
    parts = (place.city, place.country) if image.precision == "open" else (place.region, place.country)
    return ", ".join(part for part in parts if part)
