"""Choosing, freezing and comparing datasets beside a full catalogue."""

import random
from collections.abc import Callable, Iterator
from typing import Any

from bench._watching import Seen, watched

CHOSEN = 20


def works(owner: Any, times: int, only: str = "") -> Iterator[Seen]:
    """Previews, by the label and by the largest; freezes, large and of nearly everything; differences."""
    for name, act, goal, often in (*_previews(), *_freezes(owner), *_differences()):
        if only in name:
            yield watched(name, act, min(often, times), goal, keep=False)


def _previews() -> Iterator[tuple[str, Callable[[], Any], float, int]]:
    from bench.preview import FILTERS, timed
    from hub.models import LabelStat

    sizes = LabelStat.objects.filter(facet="images", n__gt=0, label__isnull=False).order_by("-n")
    ids, dice = [stat.label_id or 0 for stat in sizes], random.Random(1)
    turns = iter(range(10**9))

    def some() -> str:
        return f"{timed(dice.sample(ids, CHOSEN), FILTERS[next(turns) % len(FILTERS)])[1]:,}"

    def largest() -> str:
        return f"{timed(ids[:CHOSEN], FILTERS[next(turns) % len(FILTERS)])[1]:,}"

    yield f"preview of {CHOSEN} random labels, filters in turn", some, 300, 60
    yield f"preview of the {CHOSEN} largest labels, filters in turn", largest, 300, 18


def _freezes(owner: Any) -> Iterator[tuple[str, Callable[[], Any], float, int]]:
    from hub.models import Dataset, LabelStat

    direct = list(
        LabelStat.objects.filter(facet="direct", label__isnull=False).order_by("-n").values_list("label", "n")
    )
    large = [one["id"] for one in Dataset.objects.get(name="Everything large").selection["labels"]]
    most = [label for label, n in direct[:500] if n >= 20]
    yield "a large dataset is frozen", lambda: _freeze(owner, large), 20_000, 1
    yield f"the {len(most)} largest labels are frozen", lambda: _freeze(owner, most), 60_000, 1


def _freeze(owner: Any, labels: list[int]) -> str:
    from hub import datasets
    from hub.selections import read
    from workers import export

    selection = read({"labels": [{"id": one, "below": False} for one in sorted(labels)], "overlap": "first"})
    version, job = datasets.order_version(datasets.create(owner=owner, name="Again", selection=selection))
    export.freeze(job.pk)
    version.refresh_from_db()
    return f"{version.images:,}" if version.state == "ready" else version.reason


def _differences() -> Iterator[tuple[str, Callable[[], Any], float, int]]:
    from hub import archives, datasets
    from hub.models import DatasetVersion

    first, second = DatasetVersion.objects.filter(dataset__name="Everything large").order_by("number")[:2]
    yield "the difference of two large versions", lambda: sum(datasets.difference(first, second).values()), 500, 5
    yield "what a large archive would weigh", lambda: archives.weight(first, 224), 500, 5
    yield "the tombstones of a large version", lambda: len(list(datasets.tombstones(first.digest))), 100, 5
