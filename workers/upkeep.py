"""Queue `upkeep`: ring again for what was lost, send mails, and clear what nothing refers to."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from hub import archives, checked, failures, features, jobs, neighbours, objects, places, submissions, trained
from hub.demand import shortfalls, watches
from hub.models import Batch, IdempotencyKey, Job, Submission
from hub.operations import auditing, figures, quotas
from hub.people import downloads, notices
from workers.celery import app, ring, unheard
from workers.working import work_on

log = structlog.get_logger("workers.upkeep")
SLOT_AGE = timedelta(hours=1)
EMPTY_AGE = timedelta(days=1)
KEEP_DONE = timedelta(days=30)
KEEP_KEYS = timedelta(days=1)


@app.task
def sweep() -> None:
    """Ring for overdue jobs; bury those whose attempts are spent."""
    overdue = jobs.overdue()
    for job in overdue:
        if jobs.spent(job):
            failures.give_up(job, job.error or "The worker was lost during the last attempt.")
    # While a queue still holds messages its jobs are merely waiting: ringing again would only fill Redis.
    busy = {kind for kind in {job.kind for job in overdue} if unheard(kind)}
    ring(*(job for job in overdue if not jobs.spent(job) and (job.state == "running" or job.kind not in busy)))


@app.task
def mail(job: int) -> None:
    """Send one mail."""
    work_on(job, notices.send)


@app.task
def announce() -> None:
    """Tell suppliers of batches that are checked, and downloaders of photos that were withdrawn."""
    ring(*checked.tell_the_checked(), *downloads.tell_the_withdrawn())


@app.task(soft_time_limit=3000, time_limit=3300)
def tidy() -> None:
    """Settle slots nothing came for, look up places nobody has, drop old ledger rows and orphan objects."""
    empty = Submission.objects.filter(~Q(incoming=""), state="received", created_at__lt=Now() - SLOT_AGE)
    ring(*(submissions.arrived(slot) for slot in empty))
    ring(*watches.tell_the_ready())
    shortfalls.settle()
    features.forget(settings.FEATURES_DAYS)
    neighbours.catch_up()
    ring(*(places.lookup(place) for place in places.forgotten()))
    Batch.objects.filter(submissions=None, created_at__lt=Now() - EMPTY_AGE).delete()
    Job.objects.filter(state="done", finished_at__lt=Now() - KEEP_DONE).delete()
    IdempotencyKey.objects.filter(created_at__lt=Now() - KEEP_KEYS).delete()
    quotas.forget()
    auditing.forget()
    figures.measure_storage()
    archives.forget()
    trained.forget()
    objects.drop_parts()
    for alias in objects.ALIASES:
        clear_orphans(alias)


@app.task(soft_time_limit=4 * 3600, time_limit=4 * 3600 + 60)
def audit(now: bool = False) -> None:
    """Check the invariants without reading every file: when an operator asks (`now`), else once in HUB_AUDIT_HOURS."""
    if (now or auditing.due()) and (row := auditing.begin()):
        auditing.run(row)
    auditing.tell()


def clear_orphans(alias: str) -> int:
    """Delete the objects of one alias that are a day old and belong to no row; how many they were."""
    cleared = sum(objects.discard(alias, name) for name in objects.strays(alias))
    if cleared:
        log.info("orphans cleared", alias=alias, n=cleared)
    return cleared
