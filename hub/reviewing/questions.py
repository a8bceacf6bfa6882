"""Questions: which claims an account is asked about, with hidden ones among them whose answer is known."""

import random
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from hub import sql
from hub.models import Account, Annotation, Claim, Image, Label, LabelStat
from hub.problems import Refused
from hub.reviewing import gold
from hub.reviewing.candidates import Pair, candidates
from hub.reviewing.sealing import Sealed, seal, unseal

LUCK = 1_000_003
MOST = 1000


@dataclass(frozen=True, slots=True)
class Question:
    """A picture, and the labels it may show; which of them is claimed only the token knows."""

    token: str
    image: Image
    candidates: list[Label]


def ask(account: Account, n: int, without: Iterable[str] = ()) -> list[Question]:
    """Up to `n` claims by others that this account has not judged; `without` are tokens it holds already.

    Half of them are about to be decided, as far as there are such; about one in ten is gold. Raises Refused for an
    account that is paused.
    """
    may(account)
    held = _held(account, without)
    known = [pair for pair in _known(account, gold.chance(n)) if pair not in held]
    waiting = open_claims(account)
    begun = _some(waiting.filter(Q(yes__gt=0) | Q(no__gt=0)), n // 2, held)
    asked = begun + _some(waiting, n - len(begun) - len(known), held | set(begun))
    mixed = [Sealed(*pair, False) for pair in asked] + [Sealed(*pair, True) for pair in known]
    random.shuffle(mixed)
    return told(account, mixed)


def grid(account: Account, label: Label, n: int = 24) -> list[Question]:
    """Up to `n` claims of one label that this account has not judged, in no order; a tenth are known not to show it."""
    may(account)
    known = gold.draw(account, False, gold.chance(n), label)
    asked = _some(open_claims(account).filter(label=label), n - len(known), set())
    mixed = [Sealed(*pair, False) for pair in asked] + [Sealed(*pair, True) for pair in known if asked]
    random.shuffle(mixed)
    return told(account, mixed)


def waiting(account: Account, label: Label | None = None) -> int:
    """How many claims (at most 1000) this account could be asked about, of one label or of all."""
    found = open_claims(account)
    return (found.filter(label=label) if label else found)[:MOST].count()


def asked_labels(account: Account, limit: int = 48) -> list[Label]:
    """The labels with most claims `waiting` for this account; all that others made, judged by it or not."""
    stats = LabelStat.objects.filter(facet="asking", n__gt=0).order_by("-n", "label")
    # Twice as many, since some may be all its own; of other labels nothing is counted.
    counted = dict(stats.values_list("label", "n")[: 2 * limit])
    own = sql.rows("own_asking", account=account.pk, labels=list(counted))
    mine = {row["label_id"]: row["n"] for row in own}
    others = {label: n - mine.get(label, 0) for label, n in counted.items()}
    labels = Label.objects.in_bulk(sorted(filter(others.get, others), key=lambda pk: (-others[pk], pk))[:limit])
    for label in labels.values():
        label.waiting = others[label.pk]  # type: ignore[attr-defined]
    return sorted(labels.values(), key=lambda label: (-others[label.pk], label.name))


def may(account: Account) -> None:
    """Raises Refused for an account whose verdicts are not asked for."""
    if account.paused_at:
        raise Refused("reviewing_paused", 403)


def open_claims(account: Account) -> QuerySet[Claim]:
    """The claims that wait for verdicts, that others made and this account has not judged."""
    judged = Annotation.objects.filter(account=account, image=OuterRef("image"), label=OuterRef("label"))
    return Claim.objects.filter(~Exists(judged), ~Q(image__supplier=account), state=Claim.State.ASKING)


def told(account: Account, asked: list[Sealed]) -> list[Question]:
    """Questions about some claims, in their order; none about images that are gone."""
    pairs = [(one.image, one.label) for one in asked]
    images = Image.objects.filter(withdrawn_at=None).in_bulk([image for image, _ in pairs])
    choices = candidates(pairs)
    return [
        Question(seal(account, one), images[one.image], choices[one.image, one.label])
        for one in asked
        if one.image in images
    ]


def _known(account: Account, n: int) -> list[Pair]:
    """Up to `n` claims whose truth is known: about as many right as wrong, as far as there are such."""
    wrong = gold.draw(account, False, sum(random.random() < 0.5 for _ in range(n)))  # noqa: S311
    return wrong + gold.draw(account, True, n - len(wrong))


def _held(account: Account, tokens: Iterable[str]) -> set[Pair]:
    sealed = [unseal(account, token) for token in tokens]
    return {(one.image, one.label) for one in sealed}


def _some(claims: QuerySet[Claim], n: int, held: set[Pair]) -> list[Pair]:
    """Some `n` of the claims besides those held: each time from another place in the order of luck."""
    start = random.randrange(LUCK)  # noqa: S311
    found: list[Pair] = []
    for part in (claims.filter(luck__gte=start), claims.filter(luck__lt=start)):
        if len(found) < n:
            ordered = part.order_by("luck").values_list("image_id", "label_id")[: n + len(held)]
            found += [pair for pair in ordered if pair not in held]
    return found[: max(0, n)]
