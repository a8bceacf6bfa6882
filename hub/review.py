"""What a person decides of submissions a machine could not."""

from django.db import transaction

from hub import catalogue, counts, verdicts
from hub.models import Account, Job, Submission
from hub.problems import Refused


def _reviewed(submission: Submission, reason: str) -> Submission:
    row = Submission.objects.select_for_update().get(pk=submission.pk)
    if (row.state, row.reason) != ("review", reason):
        raise Refused("already_decided", 409)
    return row


def keep(submission: Submission) -> Job:
    """Its supplier, or a moderator, looked: it is another photo than its near-duplicate. Check it again, and admit."""
    with transaction.atomic():
        row = _reviewed(submission, "near_duplicate")
        return verdicts.reopen([row], distinct=True)[0]


def drop(submission: Submission) -> None:
    """Its supplier, or a moderator, looked: it is the same photo."""
    with transaction.atomic():
        row = _reviewed(submission, "near_duplicate")
        verdicts.decide(row.pk, "duplicate", "declined", twin=row.twin)


def settle(submission: Submission, moderator: Account, right: str) -> None:
    """A moderator decides which label a picture given under two of them shows: "first", "second" or "both"."""
    with transaction.atomic():
        counts.lock()  # before the row, as everybody who takes both does
        row = _reviewed(submission, "conflicting_label")
        catalogue.settle_claim(row, moderator, right)
        code = "claim_refused" if right == "first" else "claim_accepted"
        verdicts.decide(row.pk, "duplicate", code, twin=row.twin)
