"""What moderators decide about accounts: trust one, suspend one, let it back."""

from collections.abc import Iterable

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from hub import counts
from hub.models import Account, Image
from hub.moderation import decisions, holding, moderating
from hub.moderation.moderating import Jobs
from hub.problems import Refused
from hub.reasons import SUSPENSIONS


def people(text: str = "", state: str = "") -> QuerySet[Account]:
    """Accounts whose name or address holds the text, newest first; those suspended, paused or new where asked."""
    found = Account.objects.filter(invented=False, gone_at=None).order_by("-id")
    if text:
        found = found.filter(Q(username__icontains=text) | Q(email__iexact=text))
    asked = {"suspended": {"suspended_at": None}, "paused": {"paused_at": None}}.get(state)
    found = found.exclude(**asked) if asked else found
    return found.filter(trusted_at=None) if state == "new" else found


def _moderates(account: Account) -> bool:
    """Whether it is a moderator, were it suspended or not."""
    return AbstractUser.has_perm(account, "hub.moderate")


def moderators(accounts: Iterable[Account]) -> set[int]:
    """The ids of those of some accounts that may moderate, in one question."""
    allowed = Account.objects.with_perm("hub.moderate", backend="django.contrib.auth.backends.ModelBackend")
    return set(allowed.filter(pk__in=[account.pk for account in accounts]).values_list("pk", flat=True))


def _row(account: Account, moderator: Account) -> Account:
    """The account as it is now, locked. Raises Refused where it is the moderator's own, or of a peer."""
    row = Account.objects.select_for_update().get(pk=account.pk)
    if row.pk == moderator.pk or ((row.is_staff or _moderates(row)) and not moderator.is_superuser):
        raise Refused("forbidden", 403)
    return row


def trust(account: Account, moderator: Account) -> Jobs:
    """Photos of the account are public at once from now on. Raises Refused: already_decided."""
    subject = decisions.person(account)
    with transaction.atomic():
        counts.lock()  # before the row, as everybody who takes both does
        if Account.objects.select_for_update().get(pk=account.pk).trusted_at:
            raise decisions.already(subject)
        decisions.must_not_be_own(moderator, account.pk)
        decisions.log(moderator, "trusted", subject)
        return holding.trust(account)


def suspend(account: Account, moderator: Account, reason: str, *, take_down_photos: str = "") -> Jobs:
    """Let an account do nothing any more but look, take back and leave; tell it why. The jobs to ring for.

    `take_down_photos`: the reason for which all its photos go too, "" where they stay. Raises Refused:
    already_decided, and forbidden for staff and moderators, whom only a superuser suspends.
    """
    if reason not in SUSPENSIONS:
        raise Refused("bad_request", 400)
    if take_down_photos:
        moderating.preset(take_down_photos)
    subject = decisions.person(account)
    with transaction.atomic():
        counts.lock()  # what a worker admits is here before it, or not let in after it
        row = _row(account, moderator)
        if row.suspended_at:
            raise decisions.already(subject)
        Account.objects.filter(pk=row.pk).update(suspended_at=Now(), suspended_for=reason)
        made = decisions.log(moderator, "suspended", subject, reason, photos=take_down_photos)
        rung = moderating.tell(row, f"decision:{made.pk}", "suspended", reason=reason, photos=take_down_photos)
        photos = Image.objects.filter(supplier=row, withdrawn_at=None).order_by("id") if take_down_photos else []
        return rung + moderating.hide(list(photos), moderator, take_down_photos)[1]


def lift(account: Account, moderator: Account) -> Jobs:
    """Let a suspended account do everything again, and tell it. Raises Refused: already_decided."""
    subject = decisions.person(account)
    with transaction.atomic():
        counts.lock()
        row = _row(account, moderator)
        if not row.suspended_at:
            raise decisions.already(subject)
        Account.objects.filter(pk=row.pk).update(suspended_at=None, suspended_for="")
        made = decisions.log(moderator, "unsuspended", subject, row.suspended_for)
        rung = holding.release(row, "suspended_account")
        return rung + moderating.tell(row, f"decision:{made.pk}", "unsuspended", reason=row.suspended_for)
