"""What a selection would give, before it is frozen: counts, overlaps, bytes, and what stands in the way."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hub import sql
from hub.models import Label
from hub.selections import WHOLE, Selection, Split

# Fewer images than this of a label: the page offers to ask for photos.
ENOUGH = 100
UNBALANCED = 10


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something to know of a selection: a code of hub.reasons and its details."""

    code: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClassCount:
    """What one chosen label would hold. `most`: the images of its largest supplier. `short`: images to ENOUGH."""

    label: Label
    images: int
    groups: int
    suppliers: int
    most: int

    @property
    def short(self) -> int:
        return max(0, ENOUGH - self.images)


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many images carry two chosen labels."""

    first: Label
    second: Label
    images: int


@dataclass(frozen=True, slots=True)
class Preview:
    """`images` counts each image once; `bytes` maps a side (0: original) to an estimate."""

    classes: list[ClassCount]
    overlaps: list[Overlap]
    images: int
    suppliers: int
    bytes: dict[int, int]
    obstacles: list[Trouble]

    @property
    def balance(self) -> float:
        """Images of the largest class per image of the smallest that has any."""
        counts = [one.images for one in self.classes if one.images]
        return max(counts) / min(counts) if counts else 1.0


def preview(selection: Selection) -> Preview:
    """Count what the selection would give; nothing is written."""
    asked = selection.asked()
    found: dict[str, list[dict]] = {"class": [], "overlap": [], "all": []}
    for row in sql.rows("preview", **asked):
        found[row["what"]].append(row)
    labels = Label.objects.in_bulk([label.id for label in selection.labels])
    order = [labels[label.id] for label in selection.labels]
    classes = [
        ClassCount(order[row["a"] - 1], row["images"], row["groups"], row["suppliers"], row["most"])
        for row in found["class"]
    ]
    overlaps = [Overlap(order[row["a"] - 1], order[row["b"] - 1], row["images"]) for row in found["overlap"]]
    # Caps count an image under each of its labels, so this is the most there can be where it may have several.
    images = min(found["all"][0]["images"], sum(one.images for one in classes))
    weights = {row["side"]: row["bytes"] or 0 for row in sql.rows("weights", given=asked["given"])}
    return Preview(
        classes=classes,
        overlaps=overlaps,
        images=images,
        suppliers=found["all"][0]["suppliers"],
        bytes={side: round(images * weight) for side, weight in weights.items()},
        obstacles=list(obstacles(selection, classes, overlaps)),
    )


def obstacles(selection: Selection, classes: list[ClassCount], overlaps: list[Overlap]):
    """What a freeze of the selection would be refused for."""
    if len(classes) < 2:
        yield Trouble("one_class")
    if overlaps and not selection.overlap:
        yield Trouble("overlap_undecided", {"n": sum(overlap.images for overlap in overlaps)})
    if not any(one.images for one in classes):
        yield Trouble("nothing_selected")
        return
    for one in classes:
        if not one.images:
            yield Trouble("empty_class", {"label": one.label.name})
        elif lacking := empty_splits(one.groups, selection.split):
            detail = {"label": one.label.name, "groups": one.groups, "split": lacking[0]}
            yield Trouble("too_few_groups", detail | {"missing": enough(one.groups, selection.split) - one.groups})


def empty_splits(groups: int, split: Split) -> list[str]:
    """The splits (and folds) that would get none of so many equal groups: see freeze.sql for the rule."""
    return [name for name, *part in _parts(split) if _filled(groups, *part) > groups]


def enough(groups: int, split: Split) -> int:
    """The least number of groups, more than `groups`, that leaves no split empty if they are of equal size."""
    found, parts = groups, [part for _, *part in _parts(split)]
    further = groups + 1
    while further > found:
        found = further
        further = max(_filled(found, *part) for part in parts)
    return found


def _parts(split: Split) -> Iterator[tuple[str, int, int, int]]:
    """Each split and fold: its name, where it begins and ends, and of what whole."""
    start = 0
    for name, share in split.shares().items():
        folds = split.folds if split.folds and name == "train" else 1
        for fold in range(folds):
            low = start * folds + share * fold
            yield name, low, low + share, WHOLE * folds
        start += share


def _filled(groups: int, low: int, high: int, whole: int) -> int:
    """`groups`, if the middle of one of so many equal groups lies in the part; else a number no fewer than which do.

    With more groups each middle moves down, counted from the first, and up, counted from the last: until the next one
    reaches the part, from either side, it stays empty. Trying every number took minutes for shares of 1 in 10,000.
    """
    before = -((whole - 2 * groups * low) // (2 * whole))
    if (2 * before + 1) * whole < 2 * groups * high:
        return groups
    from_above = (2 * before + 1) * whole // (2 * high) + 1
    from_below = -(-(2 * (groups - before) + 1) * whole // (2 * (whole - low)))
    return max(from_above, from_below)
