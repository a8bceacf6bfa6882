"""Preview selections of 20 labels over a million images: server time, in process, filters and all."""

import argparse
import random
import statistics
import time

from bench._database import scratch
from bench._fill import fill
from bench._table import headline, table

GOAL = 300.0  # ms, p95
CHOSEN = 20
FILTERS: tuple[dict, ...] = (
    {},
    {"overlap": "multi"},
    {"overlap": "first", "licences": ["CC0-1.0", "CC-BY-4.0"], "without": ["blurry", "dark"]},
    {"overlap": "drop", "min_side": 500, "per_supplier": 100, "per_class": 2000},
    {"since": "2024-06-01", "countries": ["AA", "BB", "CC"]},
    {"verified": True},
)


def run(argv: list[str]) -> None:
    """Ask for random selections, then for the largest labels, and print how long it took."""
    parser = argparse.ArgumentParser(prog="preview")
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--asked", type=int, default=120)
    options = parser.parse_args(argv)
    with scratch("preview"):
        fill(options.images)
        late = measure(options.asked)
    headline("preview", f"{late:.0f}", "ms, p95 of random selections", f"{GOAL:.0f}")


def measure(asked: int) -> float:
    """Print a table; the 95th percentile of random selections in ms."""
    from hub.models import LabelStat

    labels = LabelStat.objects.filter(facet="images", n__gt=0, label__isnull=False).order_by("-n")
    ids = [stat.label_id or 0 for stat in labels]
    dice = random.Random(1)
    chance = [timed(dice.sample(ids, CHOSEN), FILTERS[n % len(FILTERS)]) for n in range(asked)]
    largest = [timed(ids[:CHOSEN], filters) for filters in FILTERS for _ in range(3)]
    rows = []
    for name, found in ((f"{CHOSEN} random labels", chance), (f"the {CHOSEN} largest labels", largest)):
        times = [ms for ms, _ in found]
        rows.append((name, len(found), *(f"{value:.0f}" for value in (statistics.median(times), p95(times))),
                     f"{max(images for _, images in found):,}"))  # fmt: skip
    table(("selection", "asked", "median ms", "p95 ms", "most images"), rows)
    return p95([ms for ms, _ in chance])


def p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def timed(labels: list[int], filters: dict) -> tuple[float, int]:
    """Milliseconds of one preview, from JSON to counts, and how many images it found."""
    from hub import previews
    from hub.selections import read

    start = time.perf_counter()
    seen = previews.preview(read({"labels": labels, **filters}))
    return (time.perf_counter() - start) * 1000, seen.images
