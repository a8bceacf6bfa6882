"""Which photos a moderator sees before anybody else does, and the trust that ends it for an account."""

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Now

from hub import counts, jobs, outcomes
from hub.models import Account, Job, Submission
from hub.moderation import matching, removals
from hub.pictures import Picture

# Why a photo waits for a moderator, who lets it in or refuses it.
HELD = ("new_account", "suspended_account", "removed_before", "matched")


def is_new(account: Account) -> bool:
    """Whether the photos of an account are looked at before they are public."""
    if not settings.NEW_ACCOUNT_PHOTOS or account.trusted_at or account.invented:
        return False
    return not account.is_moderator


def why(submission: Submission, picture: Picture, *, twin: bool) -> tuple[str, dict[str, str]]:
    """The reason for which a photo must wait, and what moderators alone may know of it; "" where it need not.

    With a `twin` it is not new to the hub, however new its supplier. What a moderator let in waits no more.
    """
    if submission.cleared:
        return "", {}
    if code := matching.known(submission.sha256, picture):
        return "matched", {"matcher": code[:40]}
    if code := removals.reason_of(submission.sha256, picture):
        return "removed_before", {"why": code}
    if submission.batch.supplier.suspended_at:
        return "suspended_account", {}
    return ("", {}) if twin or not is_new(submission.batch.supplier) else ("new_account", {})


def hold(work: jobs.Work, submission: Submission, reason: str, detail: dict[str, str], preview: str) -> None:
    """Finish an ingest by leaving the photo to a moderator. `preview`: the digest of its rendition of 299, stored.

    Raises Superseded when its supplier came to be trusted, or is no longer suspended: it is checked again.
    """
    with transaction.atomic():
        counts.lock()
        supplier = Account.objects.get(pk=submission.batch.supplier_id)
        if reason == "new_account" and not is_new(supplier):
            raise jobs.Superseded("the account is trusted by now")
        if reason == "suspended_account" and not supplier.suspended_at:
            raise jobs.Superseded("the suspension is lifted by now")
        jobs.finish(work)
        outcomes.decide(submission.pk, "review", reason, detail=detail, preview_sha256=preview, incoming="")


def grow(account: Account) -> list[Job]:
    """After a photo of a new account was admitted: with enough of them it is trusted. The jobs to ring for.

    In the transaction that admits, so inside the catalogue's lock.
    """
    if not is_new(account):
        return []
    accepted = account.batches.aggregate(n=Sum("accepted", default=0))["n"]
    return trust(account) if accepted >= settings.NEW_ACCOUNT_PHOTOS else []


def trust(account: Account) -> list[Job]:
    """From now on photos of the account are public at once, and what waited for it is checked again."""
    with transaction.atomic():
        counts.lock()
        Account.objects.filter(pk=account.pk, trusted_at=None).update(trusted_at=Now())
        return release(account, "new_account")


def release(account: Account, reason: str) -> list[Job]:
    """What waited for this reason is checked again; the jobs to ring for. Inside the catalogue's lock."""
    waiting = Submission.objects.filter(batch__supplier=account.pk, state="review", reason=reason)
    return outcomes.reopen(waiting.select_for_update(of=("self",)))
