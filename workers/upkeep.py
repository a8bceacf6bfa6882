"""Queue `upkeep`: ring again for what was lost, and clear what nothing refers to."""

from datetime import timedelta

import structlog
from django.core.files.storage import storages
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from hub import jobs, places, submissions
from hub.models import Image, Job, Place, Rendition, Submission
from workers.celery import app, ring

log = structlog.get_logger("workers.upkeep")
ORPHAN_AGE = timedelta(hours=24)
SLOT_AGE = timedelta(hours=1)
KEEP_DONE = timedelta(days=30)


@app.task
def sweep() -> None:
    """Ring for overdue jobs; bury those whose attempts are spent."""
    for job in jobs.overdue():
        if jobs.spent(job):
            submissions.give_up(job, job.error or "The worker was lost during the last attempt.")
        else:
            ring(job)


@app.task
def tidy() -> None:
    """Clear orphan objects and old ledger rows; settle slots nothing came for; look up places nobody has."""
    for alias in ("originals", "renditions", "incoming"):
        clear_orphans(alias)
    Job.objects.filter(state="done", finished_at__lt=Now() - KEEP_DONE).delete()
    empty = Submission.objects.filter(~Q(incoming=""), state="received", created_at__lt=Now() - SLOT_AGE)
    ring(*(submissions.arrived(slot) for slot in empty))
    ring(*(places.lookup(place) for place in Place.objects.filter(source="")))


def clear_orphans(alias: str) -> int:
    """Delete the objects of one alias that are a day old and belong to no row; how many they were."""
    store = storages[alias]
    cleared = 0
    for name, written in store.walk():  # type: ignore[attr-defined]
        if written < timezone.now() - ORPHAN_AGE and not owned(alias, name):
            store.delete(name)
            cleared += 1
    if cleared:
        log.info("orphans cleared", alias=alias, n=cleared)
    return cleared


def owned(alias: str, name: str) -> bool:
    """Whether a row refers to this object. An original stays while its submission can still need it."""
    digest = name.rsplit("/", 1)[-1].split(".")[0]
    if alias == "renditions":
        previews = Submission.objects.filter(preview_sha256=digest, state="review")
        return Rendition.objects.filter(sha256=digest).exists() or previews.exists()
    if alias == "incoming":
        return Submission.objects.filter(incoming=name).exists()
    waiting = Submission.objects.filter(sha256=digest, state__in=["received", "review", "failed"])
    return waiting.exists() or Image.objects.filter(sha256=digest).exists()
