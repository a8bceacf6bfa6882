"""What a frozen version is like: the quality of its images, and how far its splits are apart."""

import json
from typing import Any

from hub import sql
from hub.browse import SIDES
from hub.models import DatasetVersion
from hub.selections import WHOLE, Split

RULE = (
    "Images that look alike form groups, and a group is never torn apart. The groups of a label stand in the order of "
    'SHA-256("seed:group"); each goes to the split in whose share the middle of its images lies.'
)


def quality(version: DatasetVersion) -> dict[str, Any]:
    """Counts of what ingest stored of the version's images; shares are of all its images, rounded to 0.0001."""
    report = json.loads(sql.rows("quality", version=version.pk, sides=list(SIDES))[0]["report"])
    images = report["images"]
    counted = ("verified", "drawn", "near_duplicates", "conflicts", "top_supplier")
    shares = {name: _share(report[name], images) for name in counted}
    flags = {name: _share(n, images) for name, n in report["flags"].items()}
    return report | {"shares": shares | flags}


def _share(n: float, of: float) -> float:
    return round(n / of, 4) if of else 0.0


def split_report(version: DatasetVersion, split: Split) -> dict[str, Any]:
    """The certificate of a split: its rule, its parts, what they share, and what a random split would have leaked."""
    report = json.loads(sql.rows("split_report", version=version.pk)[0]["report"])
    sizes = {int(n): groups for n, groups in report.pop("group_sizes").items()}
    return report | {"rule": RULE, **split.as_json(), "random_split": leaked(sizes, split)}


def leaked(sizes: dict[int, int], split: Split) -> dict[str, Any]:
    """What splitting image by image would do, on average: test images with a near-duplicate in train.

    `sizes` maps a group's size to how many groups have it. An image of a group of n has none of the n - 1 others in
    train with probability (1 - share of train)^(n - 1).
    """
    held, train = (WHOLE - split.train) / WHOLE, split.train / WHOLE
    images = sum(n * groups for n, groups in sizes.items())
    hit = sum(n * groups * held * (1 - (1 - train) ** (n - 1)) for n, groups in sizes.items())
    tested = images * held
    return {"held_out_images": round(tested, 1), "leaked_images": round(hit, 1), "leaked_share": _share(hit, tested)}
