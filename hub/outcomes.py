"""Write what became of a submission, or open it again."""

from collections.abc import Iterable
from typing import Any

from django.db.models.functions import Now

from hub import jobs
from hub.models import Job, Submission


def decide(submission: int, state: str, reason: str = "", **fields: Any) -> None:
    """Write the outcome, in the transaction that finishes the job."""
    Submission.objects.filter(pk=submission).update(
        state=state, reason=reason, decided_at=Now(), **{"detail": {}, **fields}
    )


def forget(ids: Iterable[int], **fields: Any) -> None:
    """Make submissions as if they had just been received."""
    ids = list(ids)
    nothing: dict[str, Any] = {
        "reason": "",
        "detail": {},
        "twin": None,
        "image": None,
        "preview_sha256": "",
        "decided_at": None,
    }
    # A moderator let in what was there then; what was taken back and comes again is looked at anew.
    Submission.objects.filter(pk__in=ids, state="withdrawn").update(cleared=False)
    Submission.objects.filter(pk__in=ids).update(state="received", **nothing, **fields)


def reopen(submissions: Iterable[Submission], **fields: Any) -> list[Job]:
    """Have workers look once more, with a new set of attempts. In a transaction; ring for the jobs after it."""
    ids = [submission.pk for submission in submissions]
    forget(ids, **fields)
    return jobs.reopen(Job.Kind.INGEST, ids)
