"""Candidates: the label a question is about, hidden among others it might be taken for."""

from collections.abc import Iterable
from random import Random

from django.utils.crypto import salted_hmac

from hub import sql
from hub.models import Annotation, Label, LabelPath

BESIDE = 3
OTHERS = 24
# As many siblings, and cousins, of a label are looked at: in a large vocabulary it has thousands.
MOST = 50
Pair = tuple[int, int]


def candidates(pairs: Iterable[Pair]) -> dict[Pair, list[Label]]:
    """For each claim (image id, label id) its label among up to three others, in an order that betrays nothing.

    Siblings come before cousins, and those before any label with pictures; no two are above or below each other, and
    none is what the image carries, nor above or below that. The same claim has the same candidates each time: what
    stayed while others changed would be the claimed one.
    """
    pairs = list(pairs)
    asked = {label for _, label in pairs}
    near = _near(asked)
    carried = _carried({image for image, _ in pairs})
    related = _related({*asked, *(other for found in near.values() for other, _ in found), *_flat(carried.values())})
    chosen = {pair: _chosen(pair, near.get(pair[1], []), carried.get(pair[0], set()), related) for pair in pairs}
    labels = Label.objects.in_bulk(_flat(chosen.values()))
    return {pair: [labels[pk] for pk in ids if pk in labels] for pair, ids in chosen.items()}


def _flat(found: Iterable[Iterable[int]]) -> set[int]:
    return {pk for ids in found for pk in ids}


def _near(labels: set[int]) -> dict[int, list[tuple[int, int]]]:
    """For each label those it might be taken for, with how far apart they are; relatives are not told apart yet."""
    found: dict[int, list[tuple[int, int]]] = {}
    for row in sql.rows("mistakable", labels=sorted(labels), others=OTHERS, most=MOST):
        found.setdefault(row["label_id"], []).append((row["id"], row["apart"]))
    return found


def _carried(images: set[int]) -> dict[int, set[int]]:
    """The labels anybody said an image shows."""
    found: dict[int, set[int]] = {}
    said = Annotation.objects.filter(image__in=images, verdict="yes").values_list("image", "label")
    for image, label in said.distinct():
        found.setdefault(image, set()).add(label)
    return found


def _related(labels: set[int]) -> dict[int, set[int]]:
    """For each label those of `labels` that are itself, or above or below it."""
    found: dict[int, set[int]] = {pk: {pk} for pk in labels}
    among = LabelPath.objects.filter(ancestor__in=labels, descendant__in=labels, depth__gt=0)
    for above, below in among.values_list("ancestor", "descendant"):
        found[above].add(below)
        found[below].add(above)
    return found


def _chosen(pair: Pair, near: list[tuple[int, int]], carried: set[int], related: dict[int, set[int]]) -> list[int]:
    chance = Random(salted_hmac("hub.reviewing.candidates", "{} {}".format(*pair)).digest())  # noqa: S311  the key is the secret
    taken = _flat(related[label] for label in {pair[1], *carried})
    chosen = [pair[1]]
    for _, _, other in sorted((apart, chance.random(), other) for other, apart in near):
        if other not in taken and len(chosen) <= BESIDE:
            chosen.append(other)
            taken |= related[other]
    chance.shuffle(chosen)
    return chosen
