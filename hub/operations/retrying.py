"""Jobs that failed for good: try them again, as if nothing had happened to what they are about, or let them lie."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from hub import jobs, neighbours, submissions
from hub.models import (
    Account,
    Archive,
    Dataset,
    DatasetVersion,
    Image,
    Job,
    Notice,
    Place,
    Submission,
    TrainingRequest,
)
from hub.moderation import decisions

# At most so many at a time: more are asked for again.
MOST = 1000
Kind = Job.Kind


def failed(kind: str = "") -> QuerySet[Job]:
    """The jobs that failed for good, the newest first; of one kind where it is named."""
    rows = Job.objects.filter(state="failed", **({"kind": kind} if kind else {}))
    return rows.order_by("-id")


def try_again(rows: QuerySet[Job], operator: Account) -> tuple[list[Job], int]:
    """New jobs in place of failed ones, their subjects as they were before: (the jobs to ring for, how many were not).

    What is no longer to be done (its subject is gone, or was done otherwise) is taken off the list of the failed;
    what cannot be done now, because a newer one of its owner's waits or runs, stays on it.
    """
    found = set(rows.filter(state="failed").order_by("id").values_list("kind", "subject")[:MOST])
    opened: list[Job] = []
    for kind in sorted({kind for kind, _ in found}):
        made, moot = AGAIN[kind](sorted(subject for one, subject in found if one == kind))
        with transaction.atomic():
            _let_lie(kind, moot)
            decisions.log(operator, "tried_again", f"jobs:{kind}", tried=len(made), moot=len(moot))
        opened += made
    return opened, len(found) - len(opened)


def give_up(rows: QuerySet[Job], operator: Account) -> int:
    """Take failed jobs off the list for good: what they are about stays failed. How many."""
    found = list(rows.filter(state="failed").order_by("id")[:MOST])
    with transaction.atomic():
        for job in found:
            decisions.log(operator, "gave_up_on", f"job:{job.pk}", about=f"{job.kind} {job.subject}")
            _let_lie(job.kind, {job.subject})
    return len(found)


def _let_lie(kind: str, subjects: set[int]) -> None:
    """Forget that these failed. A place nobody could look up is unknown, or its lookup would begin anew."""
    Job.objects.filter(kind=kind, subject__in=subjects, state="failed").delete()
    if kind == Kind.LOCATE:
        unnamed = Place.objects.filter(pk__in=subjects, source="")
        unnamed.update(source=Place.Source.UNKNOWN, looked_up_at=Now())


# The jobs that were opened, and the subjects for which there is nothing to do any more.
Reopened = tuple[list[Job], set[int]]


def _files(subjects: list[int]) -> Reopened:
    opened = submissions.retry(Submission.objects.filter(pk__in=subjects))
    return opened, set(subjects) - {job.subject for job in opened}


def _those(kind: str, rows: Callable[[], QuerySet[Any]]) -> Callable[[list[int]], Reopened]:
    """Reopens jobs of subjects that a failure leaves as they were, where they still are to be worked on."""

    def reopened(subjects: list[int]) -> Reopened:
        with transaction.atomic():
            left = set(rows().filter(pk__in=subjects).values_list("pk", flat=True))
            return jobs.reopen(kind, left), set(subjects) - left

    return reopened


def _each(kind: str, restore: Callable[[int], bool]) -> Callable[[list[int]], Reopened]:
    """Reopens jobs one by one, each in the transaction that makes its subject as it was; not where `restore` says no.

    Nor where the database does: its owner has a newer one that waits or runs.
    """

    def reopened(subjects: list[int]) -> Reopened:
        opened: list[Job] = []
        moot: set[int] = set()
        for subject in subjects:
            with suppress(IntegrityError), transaction.atomic():
                if restore(subject):
                    opened += jobs.reopen(kind, [subject])
                else:
                    moot.add(subject)
        return opened, moot

    return reopened


def _version(pk: int) -> bool:
    dataset = DatasetVersion.objects.filter(pk=pk).values("dataset")
    list(Dataset.objects.select_for_update().filter(pk__in=dataset))  # as whoever orders or deletes a version does
    rows = DatasetVersion.objects.filter(pk=pk, state="failed", reason=OURS)
    return bool(rows.update(state="queued", reason="", detail={}, frozen_at=None))


def _archive(pk: int) -> bool:
    rows = Archive.objects.filter(pk=pk, state="failed", reason=OURS)
    return bool(rows.update(state="queued", reason="", done=0))


def _training(pk: int) -> bool:
    rows = TrainingRequest.objects.filter(pk=pk, state="failed", reason__in=[OURS, "worker_lost"])
    return bool(rows.update(state="queued", reason="", detail={}, phase="", done=0, total=0, finished_at=None))


def _everything(subjects: list[int]) -> Reopened:
    with transaction.atomic():
        return jobs.reopen(Kind.EMBED, [neighbours.EVERYTHING]), set()


OURS = "our_failure"
AGAIN: dict[str, Callable[[list[int]], Reopened]] = {
    Kind.INGEST: _files,
    Kind.RELATE: _those(Kind.RELATE, lambda: Image.objects.filter(withdrawn_at=None)),
    Kind.LOCATE: _those(Kind.LOCATE, lambda: Place.objects.filter(source="")),
    Kind.FREEZE: _each(Kind.FREEZE, _version),
    Kind.PACK: _each(Kind.PACK, _archive),
    Kind.TRAIN: _each(Kind.TRAIN, _training),
    Kind.MAIL: _those(Kind.MAIL, lambda: Notice.objects.filter(mailed_at=None)),
    Kind.EMBED: _everything,
}
