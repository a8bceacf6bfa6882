"""Queue `places`: find out what a cell, or a town somebody typed, is called."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from hub import jobs, places
from hub.models import Place
from hub.models.place import cell
from workers import geocoding
from workers.celery import app
from workers.working import work_on

log = structlog.get_logger("workers.places")
# One key for every process of the hub, in the Redis they share.
TURN = "nominatim-turn"
PAUSE, LONGEST, PATIENCE = 1, 30, 60  # seconds: between requests; a holder may be gone; a caller waits

LENGTHS = {"country_code": 2, "country": 80, "region": 120, "city": 120}


@app.task
def locate(job: int) -> None:
    """Look up one place."""
    work_on(job, look_up)


def look_up(work: jobs.Work) -> None:
    """Ask Nominatim if there is one, else (or when it is silent, or knows nothing) the data on this machine."""
    place = Place.objects.get(pk=work.subject)
    if place.source != Place.Source.WAITING:
        with transaction.atomic():
            jobs.finish(work)
    elif known := asked(place):
        places.found(work, place, Place.Source.NOMINATIM, **columns(place, known))
    elif known := offline(place):
        places.found(work, place, Place.Source.OFFLINE, **columns(place, known))
    else:
        places.found(work, place, Place.Source.UNKNOWN)


def asked(place: Place) -> geocoding.Found | None:
    """What Nominatim says; None without one, when it knows nothing, or when it cannot be reached."""
    if not settings.NOMINATIM_URL:
        return None
    nominatim = geocoding.Nominatim(settings.NOMINATIM_URL, settings.NOMINATIM_USER_AGENT)
    try:
        with turn():
            # A cell's middle, so nobody outside learns more than the hub itself would show.
            return nominatim.reverse(*place.centre) if place.centre else nominatim.forward(place.query)
    except geocoding.Unreachable as away:
        log.warning("nominatim away", place=place.pk, error=str(away))
        return None


@contextmanager
def turn() -> Iterator[None]:
    """One request at a time for the whole application, and a second's pause after each. Raises Unreachable."""
    deadline = time.monotonic() + PATIENCE
    while not cache.add(TURN, 1, LONGEST):
        if time.monotonic() > deadline:
            raise geocoding.Unreachable("Too many wait for their turn.")
        time.sleep(0.05)
    try:
        yield
    finally:
        cache.set(TURN, 1, PAUSE)


def offline(place: Place) -> geocoding.Found | None:
    """What the data on this machine says; it is loaded by the first to ask."""
    from workers import gazetteer

    if place.centre:
        return gazetteer.offline_reverse(*place.centre)
    return gazetteer.offline_forward(place.query)


def columns(place: Place, known: geocoding.Found) -> dict[str, str | int]:
    """The fields of a Place that name it, and for a typed town its cell."""
    fields: dict[str, str | int] = {
        name: getattr(known, name).replace("\0", "")[:length] for name, length in LENGTHS.items()
    }
    if place.row is None and known.latitude is not None and known.longitude is not None:
        fields["row"], fields["column"] = cell(known.latitude, known.longitude)
    return fields
