"""Gold: hidden questions whose answer is known. They measure each reviewer, and pause who cannot be relied on."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from hub import catalogue, counts
from hub.models import Account, Annotation, Claim, GoldAnswer, Image, Job, Label, Submission
from hub.moderation import decisions
from hub.people import notices
from hub.reviewing.candidates import Pair

SHARE = 0.1
# Below this share right of so many answers, an account is asked no more.
RIGHT, ENOUGH = 0.7, 10
KNOWN = {True: Q(state="verified", yes__gte=3, no=0) | Q(state="kept"), False: Q(state__in=Claim.DENIED)}


@dataclass(frozen=True, slots=True)
class Measure:
    """How many hidden questions somebody answered with yes or no, and how many of them rightly."""

    answered: int
    right: int

    @property
    def share(self) -> float | None:
        """The share of right answers, 0 to 1; None before there are enough to say."""
        return self.right / self.answered if self.answered >= ENOUGH else None


def chance(n: int) -> int:
    """How many of `n` questions are gold: each with one chance in ten."""
    return sum(random.random() < SHARE for _ in range(n))  # noqa: S311


def truth(claim: Claim) -> bool | None:
    """Whether the image shows the label; None while it is not known well enough to measure by."""
    same = Claim.objects.filter(pk=claim.pk)
    return next((answer for answer, known in KNOWN.items() if same.filter(known).exists()), None)


def draw(account: Account, truth: bool, n: int, label: Label | None = None) -> list[Pair]:
    """Up to `n` claims (image id, label id) known to be right, or wrong, that this account has nothing to do with."""
    if not n:
        return []
    own = {"account": account, "image": OuterRef("image"), "label": OuterRef("label")}
    strange = ~Exists(GoldAnswer.objects.filter(**own)) & ~Exists(Annotation.objects.filter(**own))
    found = Claim.objects.filter(KNOWN[truth], strange, ~Q(image__supplier=account))
    found = found.filter(label=label) if label else found
    start = random.randint(0, catalogue.horizon())  # noqa: S311
    pairs: list[Pair] = []
    for part in (found.filter(image__gte=start), found.filter(image__lt=start)):
        if len(pairs) < n:
            pairs += part.order_by("image").values_list("image_id", "label_id")[: n - len(pairs)]
    return pairs


def measure(account: Account) -> Measure:
    """How well an account answers what is known; "cannot tell" does not count."""
    return measures([account])[account.pk]


def measures(accounts: Iterable[Account]) -> dict[int, Measure]:
    """The measure of each of some accounts, by its id, in one question."""
    ids = [account.pk for account in accounts]
    right = Q(truth=True, verdict="yes") | Q(truth=False, verdict="no")
    answered = GoldAnswer.objects.filter(account__in=ids).exclude(verdict="unsure").values_list("account")
    counted = {pk: Measure(n, of) for pk, n, of in answered.annotate(n=Count("pk"), of=Count("pk", filter=right))}
    return {pk: counted.get(pk, Measure(0, 0)) for pk in ids}


def keep(account: Account, claim: Claim, verdict: str, truth: bool) -> tuple[list[str], list[Job]]:
    """Write the answer to a hidden question down; what to tell of it, just as of a verdict, and jobs to ring for.

    Pauses the account if it errs too often. In a transaction, with the catalogue's lock.
    """
    pair: dict[str, Any] = {"account": account, "image_id": claim.image_id, "label_id": claim.label_id}
    before = GoldAnswer.objects.filter(**pair).first()
    if before and before.verdict == verdict:
        return ["judged_before"], []
    told = {"truth": truth, "verdict": verdict, "created_at": timezone.now()}
    GoldAnswer.objects.update_or_create(**pair, defaults=told)
    share = measure(account).share
    jobs = [_pause(account)] if share is not None and share < RIGHT else []
    return ["judged_again"] if before else [], [job for job in jobs if job]


def _pause(account: Account) -> Job | None:
    if not Account.objects.filter(pk=account.pk, paused_at=None).update(paused_at=Now()):
        return None
    about = {"what": "paused", "reason": "careless_verdicts"}
    return notices.tell(account, "moderated", f"paused:{timezone.now():%Y%m%d%H%M%S}", about)


def lift(account: Account, moderator: Account) -> None:
    """A moderator lets an account review again; its measure begins anew."""
    decisions.must_not_be_own(moderator, account.pk)
    with transaction.atomic():
        found = measure(account)
        Account.objects.filter(pk=account.pk).update(paused_at=None)
        GoldAnswer.objects.filter(account=account).delete()
        decisions.log(moderator, "lifted_pause", decisions.person(account), answered=found.answered, right=found.right)


def verdicts_of(account: Account):
    """The verdicts an account gave as a reviewer: not on its own photos, not by giving a photo again, not final."""
    claimed = Submission.objects.filter(batch__supplier=account, twin=OuterRef("image"), label=OuterRef("label"))
    # Its own photos are named by their supplier: asked of each annotation's image, all images there are would be read.
    own = Image.objects.filter(supplier=account, pk=OuterRef("image"))
    return Annotation.objects.filter(~Exists(claimed), ~Exists(own), account=account, final=False)


def set_aside(account: Account, moderator: Account) -> int:
    """A moderator takes all verdicts of a reviewer out of the counts; how many there were."""
    decisions.must_not_be_own(moderator, account.pk)
    with transaction.atomic():
        counts.lock()
        given = verdicts_of(account)
        images = sorted(set(given.values_list("image", flat=True)))
        with counts.recounting(images):
            number = given.delete()[0]
        decisions.log(moderator, "set_verdicts_aside", decisions.person(account), verdicts=number)
        return number
