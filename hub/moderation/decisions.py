"""The audit log: one line for each decision a person takes about what is not theirs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from hub import reasons
from hub.models import Account, Decision
from hub.problems import Refused

# What somebody did, as a sentence goes on after their name. Kinds that are not here are read as they are written.
KINDS = {
    "took_down": "took the photo down",
    "kept_photo": "looked at the reports, and kept the photo",
    "cleared": "let the photo in",
    "refused": "did not let the photo in",
    "told_apart": "found that it is another photo",
    "found_same": "found that it is the same photo",
    "settled_labels": "settled which label the photo shows",
    "kept_label": "found the label right",
    "removed_label": "took the label off",
    "found_fine": "found nothing wrong with the picture",
    "granted_appeal": "granted the appeal",
    "denied_appeal": "denied the appeal",
    "trusted": "trusted the account",
    "suspended": "suspended the account",
    "unsuspended": "lifted the suspension",
    "lifted_removal": "let the photo come back",
    "accepted_label": "accepted the label",
    "declined_label": "declined the label",
    "paused_work": "paused it",
    "resumed_work": "let it go on",
    "tried_again": "had failed jobs tried again",
    "gave_up_on": "gave up on a failed job",
}


def log(actor: Account, kind: str, subject: str, reason: str = "", **detail: Any) -> Decision:
    """Write a decision down, in the transaction that carries it out. `subject` is such as "image:<sha256>"."""
    return log_each(actor, kind, [subject], reason, **detail)[0]


def log_each(actor: Account, kind: str, subjects: Iterable[str], reason: str = "", **detail: Any) -> list[Decision]:
    """Write the same decision down about each of several subjects."""
    told: dict[str, Any] = {"actor": actor, "kind": kind, "reason": reason, "detail": detail}
    return Decision.objects.bulk_create(Decision(subject=subject[:120], **told) for subject in subjects)


def person(account: Account) -> str:
    """An account as a subject, and in details: by its number, for the log outlives names."""
    return f"account:{account.pk}"


def own(moderator: Account, *concerned: int | None) -> bool:
    """Whether a decision is not a moderator's to take, being among those (ids of accounts) whom it concerns.

    A superuser's it is: some hubs have nobody else.
    """
    return moderator.pk in concerned and not moderator.is_superuser


def must_not_be_own(moderator: Account, *concerned: int | None) -> None:
    """Raises Refused: own_case, for what another moderator has to decide."""
    if own(moderator, *concerned):
        raise Refused("own_case", 403)


def did(kind: str) -> str:
    """What a decision of a kind was, as a sentence goes on after its actor's name."""
    return KINDS.get(kind, kind.replace("_", " "))


def why(decision: Decision) -> str:
    """Its reason in words; the code itself where no words are left for it, and "" where there was none."""
    code = decision.reason
    return reasons.words(code) if code in reasons.REASONS else code


def already(subject: str, *kinds: str) -> Refused:
    """The refusal of a moderator who decides what is decided: who was before, what they did, and when.

    `kinds`: the decisions that may have been, where others are taken about the same subject.
    """
    found = Decision.objects.filter(subject=subject[:120]).select_related("actor").order_by("-id")
    last = (found.filter(kind__in=kinds) if kinds else found).first()
    if last is None:
        return Refused("already_decided", 409)
    return already_by(last.actor, last.kind, last.decided_at)


def already_by(actor: Account, kind: str, when: datetime) -> Refused:
    """The same, where it is known who decided what, and when."""
    name = actor.username
    return Refused("already_decided", 409, who=name, when=when.isoformat(), what=f"{name} {did(kind)}.", kind=kind)


def where(decision: Decision) -> str:
    """The page of what a decision was about, "" where it has none."""
    kind, _, rest = decision.subject.partition(":")
    return reverse("image", args=[rest[:64]]) if kind == "image" and len(rest) >= 64 else ""


def about(subject: str = "", actor: str = "") -> QuerySet[Decision]:
    """The audit log, newest first: about a subject (an account by its name too), by the account of this name.

    Digests may be cut short.
    """
    found = Decision.objects.select_related("actor").order_by("-id")
    kind, _, name = subject.partition(":")
    if kind == "account" and not name.isdecimal():
        subject = person(Account.objects.filter(username=name).first() or Account(pk=0))
    if subject:
        found = found.filter(subject__startswith=subject) if kind == "image" else found.filter(subject=subject)
    return found.filter(actor__username=actor) if actor else found


def names(found: list[Decision]) -> dict[str, str]:
    """The names of the accounts among the subjects of decisions, by subject."""
    people = [line.subject.partition(":")[2] for line in found if line.subject.startswith("account:")]
    known = Account.objects.filter(pk__in=[pk for pk in people if pk.isdecimal()])
    return {person(account): account.username for account in known}
