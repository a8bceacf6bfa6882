"""The ledger of background work: Postgres is the queue of record, the broker only a doorbell.

A Job is opened in the transaction of the rows it is about. A worker claims it by one conditional UPDATE on the
database's clock, keeps it by heartbeats, and finishes it in the transaction of its result, fenced by the attempt
it claimed. What is lost on the way, `overdue` finds again.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Case, Exists, F, Min, Q, QuerySet, When
from django.db.models.functions import Extract, Now

from hub.models import Job, Pause

log = structlog.get_logger("hub.jobs")
LEASE = timedelta(seconds=settings.JOB_LEASE_SECONDS)
ANNOUNCE_AGAIN = timedelta(seconds=30)
# What needs somebody else's server is tried for the better part of a day (11 times: 22 hours).
ATTEMPTS: dict[str, int] = {Job.Kind.MAIL: 11}
LONGEST_WAIT = timedelta(hours=4)


class Superseded(Exception):  # noqa: N818  it is an event, not a fault
    """Another attempt holds this job now: whatever this one found must not be written."""


@dataclass(frozen=True, slots=True)
class Work:
    """One claimed attempt at one job."""

    job: int
    kind: str
    subject: int
    attempt: int


def open_job(kind: str, subject: int) -> Job:
    """The live job of this kind about `subject`, made if there is none. Ring for it after the commit."""
    live = Job.objects.filter(kind=kind, subject=subject, state__in=["queued", "running"])
    while (job := live.first()) is None:  # somebody may open the same one at this moment
        Job.objects.bulk_create([Job(kind=kind, subject=subject)], ignore_conflicts=True)
    return job


def attempts(kind: str) -> int:
    """How often a job of this kind is tried before it has failed for good."""
    return ATTEMPTS.get(kind, settings.JOB_ATTEMPTS)


def wait(attempt: int) -> timedelta:
    """How long a job rests after its so manyth failed attempt: 20 s, 80 s, 5 min, ... and never above 4 hours."""
    return min(timedelta(seconds=5 * 4**attempt), LONGEST_WAIT)


def _left() -> Q:
    """The jobs that have an attempt left."""
    usual = Q(attempt__lt=settings.JOB_ATTEMPTS)
    return usual | Q(*(Q(kind=kind, attempt__lt=most) for kind, most in ATTEMPTS.items()), _connector=Q.OR)


def paused() -> Q:
    """The jobs of kinds that operators have paused: asked with whatever else is asked, in one statement."""
    stopped = (Q(Exists(Pause.objects.filter(what=what)), kind__in=kinds) for what, kinds in Pause.STOPS.items())
    return Q(*stopped, _connector=Q.OR)


def claim(job: int) -> Work | None:
    """Take the job if it is due or its holder's lease has run out; None when somebody else has it, or it is paused."""
    due = Q(state="queued", run_after__lte=Now()) | Q(state="running", lease_until__lt=Now())
    taken = Job.objects.filter(due, _left(), ~paused(), pk=job).update(
        state="running", attempt=F("attempt") + 1, lease_until=Now() + LEASE
    )
    if not taken:
        return None
    row = Job.objects.get(pk=job)
    return Work(row.pk, row.kind, row.subject, row.attempt)


def held(work: Work) -> QuerySet[Job]:
    """The job, while this attempt holds it; nothing once the lease went to another."""
    return Job.objects.filter(pk=work.job, attempt=work.attempt, state="running")


def finish(work: Work) -> None:
    """Mark the job done, in the transaction of its result. Raises Superseded if the lease went to another."""
    if not held(work).update(state="done", finished_at=Now(), lease_until=None, error=""):
        raise Superseded(f"job {work.job}, attempt {work.attempt}")


def check(work: Work) -> None:
    """Before something is written that `finish` comes too late to fence. Raises Superseded as it does."""
    if not held(work).exists():
        raise Superseded(f"job {work.job}, attempt {work.attempt}")


def beat(work: Work) -> bool:
    """Extend the lease; False when it is no longer ours."""
    return bool(held(work).update(lease_until=Now() + LEASE))


def release(work: Work, error: str) -> bool:
    """After our own failure: queue the job again, later each time. True when attempts are left."""
    left = work.attempt < attempts(work.kind)
    if left:
        again = Now() + wait(work.attempt)
        held(work).update(state="queued", lease_until=None, error=error, run_after=again)
    return left


def postpone(work: Work, error: str) -> None:
    """What the job needs is away, which is nobody's failed attempt: queue it again for a little later."""
    held(work).update(
        state="queued",
        lease_until=None,
        error=error,
        attempt=F("attempt") - 1,
        run_after=Now() + timedelta(seconds=10),
    )


def overdue() -> list[Job]:
    """Live jobs nobody seems to work on: due and announced long ago, or held past their lease. Marks them announced.

    Those that are paused are not lost.
    """
    lost = Q(state="queued", run_after__lte=Now(), announced_at__lte=Now() - ANNOUNCE_AGAIN)
    lost |= Q(state="running", lease_until__lt=Now())
    with transaction.atomic():
        return announced(Job.objects.filter(lost, ~paused()))


def announced(rows: QuerySet[Job]) -> list[Job]:
    """The first thousand of these that nobody holds, marked as announced: to be rung for. In a transaction."""
    jobs = list(rows.select_for_update(skip_locked=True).order_by("id")[:1000])
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(announced_at=Now())
    return jobs


def spent(job: Job) -> bool:
    """Whether every attempt has been made."""
    return job.attempt >= attempts(job.kind)


def bury(job: int, error: str, attempt: int | None = None) -> bool:
    """Mark a job failed for good, unless it has moved on meanwhile: done, or held by another than `attempt`."""
    unmoved = Q(state="queued") | Q(state="running", lease_until__lt=Now()) | Q(state="running", attempt=attempt)
    return bool(
        Job.objects.filter(unmoved, ~_left(), pk=job).update(
            state="failed", finished_at=Now(), lease_until=None, error=error
        )
    )


def reopen(kind: str, subjects: Iterable[int]) -> list[Job]:
    """New jobs, with a new set of attempts, in place of those that failed for good."""
    wanted = sorted(set(subjects))
    Job.objects.filter(kind=kind, subject__in=wanted, state="failed").delete()
    return [open_job(kind, subject) for subject in wanted]


# Each may take long; while one runs, the others of its queue wait as they should.
LONG = ("freeze", "pack", "train", "embed")


def oldest_ages() -> dict[str, float]:
    """Seconds the longest-waiting job of each kind has waited for a worker, or past its lease.

    One that met an error and waits for another try has waited since it was opened: what it needs may be away for ever.
    Mails aside, which wait for other people's servers. Long work waits its turn while other long work runs, and what
    is paused is nobody's delay.
    """
    again = Q(state="queued") & ~Q(error="") & ~Q(kind=Job.Kind.MAIL)
    due = Q(state="queued", run_after__lte=Now()) | Q(state="running", lease_until__lt=Now())
    busy = Job.objects.filter(kind__in=LONG, state="running", lease_until__gte=Now())
    late = Job.objects.filter(again | due, ~Q(Exists(busy), kind__in=LONG), ~paused())
    waited = Extract(Now() - Min(Case(When(again, then="created_at"), default="run_after")), "epoch")
    return {kind: float(age) for kind, age in late.values_list("kind").annotate(age=waited)}


def oldest_age() -> float:
    """The largest of them; 0 with none."""
    return max(oldest_ages().values(), default=0.0)


@contextmanager
def heartbeat(work: Work) -> Iterator[None]:
    """Keep the lease of `work` alive from a thread of its own while the block runs."""
    over = threading.Event()
    thread = threading.Thread(target=_keep_alive, args=(work, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _keep_alive(work: Work, over: threading.Event) -> None:
    try:
        while not over.wait(LEASE.total_seconds() / 4):
            try:
                if not beat(work):
                    return
            except DatabaseError as error:  # the next beat may find the database back
                log.warning("heartbeat missed", job=work.job, error=str(error))
                connection.close()
    finally:
        connection.close()
