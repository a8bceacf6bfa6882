"""Verification: verdicts people give on each other's labels, and taking them back."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.utils import timezone

from hub import counts
from hub.models import Account, Annotation, Claim, GoldAnswer, Image, Job, Label
from hub.problems import Refused
from hub.reviewing import gold
from hub.reviewing.questions import Question, may, told
from hub.reviewing.sealing import Sealed, unseal

TAKE_BACK = timedelta(minutes=15)


@dataclass(slots=True)
class Kept:
    """What became of some answers: how many were kept, what to tell of each that came late, jobs to ring for.

    `ask`: nothing was kept yet; the person has to say straight whether the image shows this label.
    """

    kept: int = 0
    late: list[str] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    ask: Label | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict on a claim: yes, no or unsure, and what the image shows instead."""

    asked: Sealed
    verdict: str
    instead: Label | None = None


def answer(account: Account, token: str, pick: str, shows: str = "") -> Kept:
    """Answer a question: `pick` is a candidate's slug, "none" or "unsure".

    Who picks another label than the claimed one is asked straight, and says "yes", "no" or "unsure" by `shows`; a no
    keeps the pick as what it shows instead. Raises Refused: for a token that is not theirs, an account that is
    paused, and already_decided (409) or gone (410) where nothing could be kept.
    """
    asked = unseal(account, token)
    may(account)
    claimed = Label.objects.get(pk=asked.label)
    if pick == claimed.slug or pick in ("none", "unsure"):
        return _one(account, Said(asked, {"none": "no", "unsure": "unsure"}.get(pick, "yes")))
    picked = Label.objects.filter(slug=pick).first() if "\0" not in pick else None
    if picked is None:
        raise Refused("unknown_label")
    if not shows:
        return Kept(ask=claimed)
    if shows not in Annotation.Verdict.values:
        raise Refused("bad_request", 400)
    return _one(account, Said(asked, shows, picked if shows == "no" else None))


def answer_all(account: Account, tokens: Iterable[str], wrong: Iterable[str]) -> Kept:
    """Answer a grid: the questions in `wrong` with no, the others with yes. What nothing can be kept of is told."""
    may(account)
    marked = set(wrong)
    return record(account, [Said(unseal(account, one), "no" if one in marked else "yes") for one in tokens])


def _one(account: Account, said: Said) -> Kept:
    kept = record(account, [said])
    if not kept.kept:
        raise Refused(kept.late[0], 410 if kept.late[0] == "gone" else 409)
    return kept


def record(account: Account, answers: list[Said]) -> Kept:
    """Write verdicts down, in one transaction: gold as its answer, all others as annotations, and count anew."""
    images = sorted({said.asked.image for said in answers})
    found = Kept()
    with transaction.atomic():
        counts.lock()
        claims = {(claim.image_id, claim.label_id): claim for claim in Claim.objects.filter(image__in=images)}
        live = set(Image.objects.filter(pk__in=images, withdrawn_at=None).values_list("pk", flat=True))
        with counts.recounting(images):
            for said in answers:
                claim = claims.get((said.asked.image, said.asked.label))
                if claim is None or said.asked.image not in live or claim.state == "conflicting":
                    found.late.append("already_decided" if said.asked.image in live else "gone")
                elif said.asked.gold and (truth := gold.truth(claim)) is not None:
                    found.kept += 1
                    late, jobs = gold.keep(account, claim, said.verdict, truth)
                    found.late += late
                    found.jobs += jobs
                else:
                    found.kept += 1
                    found.late += _keep(account, claim, said)
    return found


def _keep(account: Account, claim: Claim, said: Said) -> list[str]:
    """Write one verdict; what there is to tell of it."""
    pair: dict[str, Any] = {"image_id": claim.image_id, "label_id": claim.label_id, "account": account}
    before = Annotation.objects.filter(**pair).first()
    if before and (before.final or (before.verdict, before.instead) == (said.verdict, said.instead)):
        return ["judged_before"]
    if before:
        before.delete()  # the new one is the last, for who takes it back
    Annotation.objects.create(**pair, verdict=said.verdict, instead=said.instead)
    if before:
        return ["judged_again"]
    return [] if claim.state == Claim.State.ASKING else ["decided_meanwhile"]


def undo(account: Account, most: int = 1) -> list[Question]:
    """Take back the account's last verdicts of the last 15 minutes, the newest first; their questions, to ask again.

    Raises Refused where there are none.
    """
    since = timezone.now() - TAKE_BACK
    with transaction.atomic():
        counts.lock()
        rows: list[Any] = list(gold.verdicts_of(account).filter(created_at__gte=since).order_by("-created_at")[:most])
        rows += GoldAnswer.objects.filter(account=account, created_at__gte=since).order_by("-created_at")[:most]
        last = sorted(rows, key=lambda row: row.created_at, reverse=True)[:most]
        if not last:
            raise Refused("nothing_to_take_back", 409)
        with counts.recounting(sorted({row.image_id for row in last})):
            for row in last:
                row.delete()
    return told(account, [Sealed(row.image_id, row.label_id, isinstance(row, GoldAnswer)) for row in last])


def reviewed(account: Account) -> dict[str, Any]:
    """What a reviewer gave: verdicts in all, those since decided otherwise or likewise, and the measure by gold."""
    claim = Claim.objects.filter(image=OuterRef("image"), label=OuterRef("label")).values("state")
    yes, no = Q(verdict="yes"), Q(verdict="no")
    right, wrong = Q(state__in=Claim.UPHELD), Q(state__in=Claim.DENIED)
    given = gold.verdicts_of(account).annotate(state=Subquery(claim))
    figures = given.aggregate(
        given=Count("pk"),
        decided=Count("pk", filter=(yes | no) & (right | wrong)),
        agreed=Count("pk", filter=(yes & right) | (no & wrong)),
    )
    return {**figures, "measure": gold.measure(account)}
