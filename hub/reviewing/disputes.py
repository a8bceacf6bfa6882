"""What a moderator decides where verdicts do not: claims people differ on, and refuted ones with a better label."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from hub import counts, sql
from hub.models import Account, Annotation, Claim, Image, Label
from hub.moderation import decisions
from hub.problems import Refused

# People who must name the same label before a moderator is asked to give it.
AGREE = 2


def contested(limit: int) -> list[Claim]:
    """The claims people do not agree on, the oldest image first: a moderator decides."""
    found = Claim.objects.filter(state=Claim.State.CONTESTED, image__withdrawn_at=None)
    return list(found.select_related("image", "label").order_by("image", "label")[:limit])


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A refuted claim, and what so many people say the image shows instead."""

    image: Image
    label: Label
    instead: Label
    people: int


def refuted_with_suggestions(limit: int) -> list[Suggestion]:
    """The refuted claims whose reviewers agree on another label, most people first: a moderator may give it."""
    rows = sql.rows("suggested", agree=AGREE, limit=limit)
    images = Image.objects.in_bulk([row["image_id"] for row in rows])
    labels = Label.objects.in_bulk({row[name] for row in rows for name in ("label_id", "instead_id")})
    return [
        Suggestion(images[row["image_id"]], labels[row["label_id"]], labels[row["instead_id"]], row["people"])
        for row in rows
    ]


def decide(
    image: Image, label: Label, moderator: Account, *, right: bool, instead: Label | None = None, again: bool = False
) -> None:
    """A moderator's word on a label of an image outweighs all verdicts; with `instead`, the image gets that label.

    Logged. Raises Refused: gone (410), or already_decided (409, by whom, when and how) if a moderator decided before,
    unless `again` says that they know.
    """
    with transaction.atomic():
        counts.lock()
        if not Image.objects.filter(pk=image.pk, withdrawn_at=None).exists():
            raise Refused("gone", 410)
        decisions.must_not_be_own(moderator, image.supplier_id)
        before = Annotation.objects.filter(image=image, label=label, final=True).select_related("account").first()
        if before and not again:
            raise already(before.verdict == "yes", before.account, before.created_at)
        with counts.recounting([image.pk]):
            word(image, label, moderator, right=right, instead=instead)
            if instead:
                word(image, instead, moderator, right=True)
        kind, names = "kept_label" if right else "removed_label", {"instead": instead.slug} if instead else {}
        decisions.log(moderator, kind, f"image:{image.sha256}", label=label.slug, **names)


def already(right: bool, by: Account, when: datetime) -> Refused:
    """The refusal of a moderator who decides about a label after another."""
    return decisions.already_by(by, "kept_label" if right else "removed_label", when)


def word(image: Image, label: Label, moderator: Account, *, right: bool, instead: Label | None = None) -> None:
    """Write a moderator's word down in place of any before it; whatever was in conflict about the label is settled.

    Inside the catalogue's lock, and `counts.recounting`.
    """
    of = Annotation.objects.filter(image=image, label=label)
    of.filter(final=True).exclude(account=moderator).update(final=False)
    of.filter(conflicting=True).update(conflicting=False)
    said = {"verdict": "yes" if right else "no", "instead": instead, "final": True, "created_at": timezone.now()}
    Annotation.objects.update_or_create(image=image, label=label, account=moderator, defaults=said)


def standing(claim: Claim | None) -> str:
    """How far a claim is, in words; nothing where there is none, or it is in conflict."""
    if claim is None:
        return ""
    lacking = needed(claim.yes, claim.no)
    return {
        "asking": f"{lacking} more verdict{'s' * (lacking > 1)} needed",
        "verified": f"Verified by {claim.yes} people",
        "refuted": f"Refuted by {claim.no} people",
        "contested": "Opinions differ: a moderator looks",
        "kept": "A moderator found it right",
        "dropped": "A moderator took it off",
    }.get(claim.state, "")


def needed(yes: int, no: int) -> int:
    """How many more verdicts decide it if they agree: two in all, and more than two thirds (`hub_is_verified`)."""
    return max(2 - yes - no, 2 * min(yes, no) - max(yes, no) + 1)
