"""Pictures as files: imagefolder (a folder per split and label) and coco (a folder per split, boxes beside it)."""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from . import names
from .coco import Annotations
from .plan import Plan, picture
from .spool import Table
from .types import File, Member

CROWDED = 10_000  # files in a folder, above which browsers of files and the pages of model hubs give up
PLAIN = ("file_name", "label", "labels", "image_id", "sha256", "licence", "credit", "verified")
SIDES = ("width", "height")
PLACE = ("country", "region", "latitude", "longitude")


def imagefolder(plan: Plan) -> Iterator[tuple[Member, str]]:
    """train/duck/0123….jpg, and metadata.csv in every split. Yields every picture and where it lies."""
    tables = {split: metadata(plan, split) for split in plan.splits}
    for member, file, name in _placed(plan, by_label=True):
        split = member.row["split"]
        tables[split].add(*cells(plan, member, file, name))
        yield member, f"{split}/{name}"
    plan.entries += [table.entry() for table in tables.values()]


def coco(plan: Plan) -> Iterator[tuple[Member, str]]:
    """train/0123….jpg, metadata.csv in every split, and annotations/train.json. Yields as imagefolder does."""
    tables = {split: metadata(plan, split) for split in plan.splits}
    boxes = {split: Annotations(plan, split) for split in plan.splits}
    for member, file, name in _placed(plan, by_label=False):
        split = member.row["split"]
        tables[split].add(*cells(plan, member, file, name))
        boxes[split].add(member, file, name)
        yield member, f"{split}/{name}"
    plan.entries += [table.entry() for table in tables.values()]
    plan.entries += [box.entry() for box in boxes.values()]


def _placed(plan: Plan, by_label: bool) -> Iterator[tuple[Member, File, str]]:
    """Every picture with its path below its split; a crowded folder is cut into shards, in order of id."""
    met: Counter[tuple[str, str]] = Counter()
    for member, file in plan.pictures():
        split, label = member.row["split"], member.label
        crowd = plan.filed[split, label] if by_label else plan.in_split[split]
        folder = f"{plan.folders[label]}/" if by_label else ""
        shard = f"{met[split, folder] // CROWDED:04}/" if crowd > CROWDED else ""
        met[split, folder] += 1
        name = f"{folder}{shard}{member.stem}.{file.extension}"
        plan.entries.append(picture(f"{split}/{name}", file))
        yield member, file, name


def metadata(plan: Plan, split: str) -> Table:
    """The table that Hugging Face `datasets` looks for beside the pictures."""
    more = [*(["negatives"] if plan.negatives else []), *(["fold"] if plan.folds else [])]
    head = (*PLAIN, *more, *SIDES, *PLACE)
    return Table(plan.work, f"{split}/metadata.csv", head)


def cells(plan: Plan, member: Member, file: File, name: str) -> list[object]:
    """A row of metadata.csv. Readers guess a column's type split by split, so no text may look like anything else."""
    row, place = member.row, member.row.get("place") or {}
    latitude, longitude = place.get("cell") or (None, None)
    labels = [plan.folders[label] for label in row["labels"]]
    plain = [name, labels[0], ";".join(labels), row["id"], row["sha256"], row["licence"], text(row["credit"])]
    denied = [text(";".join(plan.denied_of(member)))] if plan.negatives else []
    fold = [row.get("fold") or 0] if plan.folds else []
    where = [text(place.get("country")), text(place.get("region")), degrees(latitude), degrees(longitude)]
    return [*plain, row["verified"], *denied, *fold, file.width, file.height, *where]


@lru_cache
def text(value: Any) -> str:
    """Text that is read back as text: the country NA is Namibia, and somebody may be called 123."""
    return f"'{value}" if value and names.reads_as_a_value(value) else value or "unknown"


def degrees(value: float | None) -> object:
    """Degrees with a decimal point, or nothing."""
    return "" if value is None else float(value)
