"""Appeals: a supplier says once why a decision about a photo is wrong, and a moderator looks again."""

from django.core.files.storage import storages
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from hub import counts, objects, outcomes, storage
from hub.models import Account, Submission
from hub.moderation import decisions, moderating, removals
from hub.moderation.moderating import Jobs
from hub.problems import Refused


def appealable(submission: Submission) -> bool:
    """Whether its supplier may appeal: a moderator decided it, or it was taken for another photo."""
    return Submission.objects.filter(objects.appealable(), pk=submission.pk).exists()


def appeal(submission: Submission, text: str) -> None:
    """Its supplier says why the decision is wrong.

    Raises Refused: bad_request without a word, appealed_already, not_appealable, appeal_too_late without its file.
    """
    said = text.strip()[:500]
    if not said:
        raise Refused("bad_request", 400)
    with transaction.atomic():
        row = Submission.objects.select_for_update().get(pk=submission.pk)
        if row.appeal:
            raise Refused("appealed_already", 409)
        if not appealable(row):
            raise Refused("not_appealable", 409)
        objects.hold(storage.key(row.sha256))
        if not storages["originals"].exists(storage.key(row.sha256)):
            raise Refused("appeal_too_late", 410)
        Submission.objects.filter(pk=row.pk).update(appeal=said, appealed_at=Now())


def decide(submission: Submission, moderator: Account, *, grant: bool) -> Jobs:
    """Let the photo in after all, or not, and tell its supplier; the jobs to ring for. Raises Refused."""
    subject = f"submission:{submission.pk}"
    with transaction.atomic():
        counts.lock()  # before the row, as everybody who takes both does
        rows = Submission.objects.select_for_update(of=("self",)).select_related("batch__supplier")
        row = rows.filter(pk=submission.pk).first()
        if row is None:  # its supplier has left meanwhile
            raise Refused("gone", 410)
        if row.appealed_at is None:
            raise decisions.already(subject)
        decisions.must_not_be_own(moderator, row.batch.supplier_id)
        Submission.objects.filter(pk=row.pk).update(appealed_at=None)
        kind = "granted_appeal" if grant else "denied_appeal"
        made = decisions.log(moderator, kind, subject, row.reason, sha256=row.sha256)
        rung = _let_back(row) if grant else []
        what = "appeal_granted" if grant else "appeal_denied"
        about = {"filename": row.filename, "submission": row.pk} | ({} if grant else {"reason": _reason(row)})
        return rung + moderating.tell(row.batch.supplier, f"decision:{made.pk}", what, **about)


def _reason(row: Submission) -> str:
    """Why it was taken down, or not taken."""
    return row.detail.get("why") or row.reason


def _let_back(row: Submission) -> Jobs:
    removals.lift(row.sha256)
    return outcomes.reopen([row], cleared=True, distinct=True)


def waiting() -> QuerySet[Submission]:
    """The open appeals, the oldest first."""
    return Submission.objects.filter(appealed_at__isnull=False).order_by("appealed_at", "id")
