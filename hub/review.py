"""What a person decides of submissions a machine could not."""

from django.db import transaction

from hub import catalogue, jobs
from hub.models import Account, Job, Submission
from hub.problems import Refused


def _reviewed(submission: Submission, *reasons: str) -> Submission:
    row = Submission.objects.select_for_update().get(pk=submission.pk)
    if row.state != "review" or row.reason not in reasons:
        raise Refused("already_decided", 409)
    return row


def keep(submission: Submission) -> Job:
    """Its supplier, or a moderator, looked: it is another photo than its near-duplicate. Check it again, and admit."""
    with transaction.atomic():
        row = _reviewed(submission, "near_duplicate")
        row.distinct, row.state, row.reason, row.decided_at = True, "received", "", None
        row.save(update_fields=["distinct", "state", "reason", "decided_at"])
        return jobs.open_job(Job.Kind.INGEST, row.pk)


def drop(submission: Submission) -> None:
    """Its supplier, or a moderator, looked: it is the same photo."""
    with transaction.atomic():
        row = _reviewed(submission, "near_duplicate")
        Submission.decide(row.pk, "duplicate", "declined", twin=row.twin)


def settle(submission: Submission, moderator: Account, right: str) -> None:
    """A moderator decides which label a picture given under two of them shows: "first", "second" or "both"."""
    with transaction.atomic():
        row = _reviewed(submission, "conflicting_label")
        catalogue.settle_claim(row, moderator, right)
        code = "claim_refused" if right == "first" else "claim_accepted"
        Submission.decide(row.pk, "duplicate", code, twin=row.twin)
