"""What a person decides of submissions a machine could not."""

from django.db import transaction

from hub import counts, outcomes
from hub.models import Account, Claim, Image, Job, Label, LabelPath, Submission
from hub.moderation import decisions
from hub.problems import Refused
from hub.reviewing import disputes


def _reviewed(submission: Submission, reason: str) -> Submission:
    row = Submission.objects.select_for_update().filter(pk=submission.pk).first()
    if row is None:  # its supplier has left meanwhile
        raise Refused("gone", 410)
    if (row.state, row.reason) != ("review", reason):
        raise decisions.already(f"submission:{row.pk}")
    return row


def _log(row: Submission, actor: Account | None, kind: str) -> None:
    """Write down what a moderator decided; what suppliers say of their own is theirs."""
    if actor and actor.pk != row.batch.supplier_id:
        decisions.log(actor, kind, f"submission:{row.pk}", row.reason, sha256=row.sha256)


def keep(submission: Submission, actor: Account | None = None) -> Job:
    """Its supplier, or a moderator, looked: it is another photo than its near-duplicate. Check it again, and admit."""
    with transaction.atomic():
        row = _reviewed(submission, "near_duplicate")
        _log(row, actor, "told_apart")
        return outcomes.reopen([row], distinct=True)[0]


def drop(submission: Submission, actor: Account | None = None) -> None:
    """Its supplier, or a moderator, looked: it is the same photo."""
    with transaction.atomic():
        row = _reviewed(submission, "near_duplicate")
        _log(row, actor, "found_same")
        outcomes.decide(row.pk, "duplicate", "declined", twin=row.twin)


def settle(submission: Submission, moderator: Account, right: str) -> None:
    """A moderator decides which label a picture given under two of them shows: "first", "second" or "both"."""
    with transaction.atomic():
        counts.lock()  # before the row, as everybody who takes both does
        row = _reviewed(submission, "conflicting_label")
        assert row.twin is not None
        decisions.must_not_be_own(moderator, row.batch.supplier_id, row.twin.supplier_id)
        with counts.recounting([row.twin.pk]):
            disputes.word(row.twin, row.label, moderator, right=right != "first")
            for label in _others(row.twin, row.label) if right == "second" else ():
                disputes.word(row.twin, label, moderator, right=False, instead=row.label)
        decisions.log(moderator, "settled_labels", f"submission:{row.pk}", row.reason, sha256=row.sha256, right=right)
        code = "claim_refused" if right == "first" else "claim_accepted"
        outcomes.decide(row.pk, "duplicate", code, twin=row.twin)


def _others(image: Image, label: Label) -> list[Label]:
    """The labels an image counts under that are neither this one nor above it: a Car is a Vehicle all the same."""
    above = LabelPath.objects.filter(descendant=label).values("ancestor")
    claims = Claim.objects.filter(image=image, state__in=Claim.SHOWN).exclude(label__in=above)
    return list(Label.objects.filter(pk__in=claims.values("label")).order_by("pk"))
