"""What an archive is to hold, counted in one pass before anything gets its place."""

import json
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from . import names
from .layout import Entry
from .spool import Spool, Table
from .types import SPLITS, Damaged, File, Member, Members, Source, canonical


@dataclass
class Plan:
    """A version on its way into an archive. Counters are by (split, label id) and know no tombstones."""

    header: dict[str, Any]
    members: Members
    digest: str
    format: str
    side: int  # pixels; 0 for the originals
    source: Source
    work: Path
    folders: dict[int, str] = field(init=False)
    labelled: Counter[tuple[str, int]] = field(default_factory=Counter)  # every label of every picture
    denied: Counter[tuple[str, int]] = field(default_factory=Counter)  # pictures judged not to show a label
    filed: Counter[tuple[str, int]] = field(default_factory=Counter)  # its first label only
    licences: Counter[str] = field(default_factory=Counter)
    in_split: Counter[str] = field(default_factory=Counter)
    sizes: Counter[str] = field(default_factory=Counter)  # bytes of a split's pictures
    facts: Counter[str] = field(default_factory=Counter)  # pictures, verified, drawn, tombstones
    entries: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folders = names.folders(self.header["labels"])

    @property
    def splits(self) -> list[str]:
        """The splits that have a picture."""
        return [split for split in SPLITS if self.in_split[split]]

    @property
    def folds(self) -> bool:
        """Whether the version was made with folds."""
        return bool(self.header["split"].get("folds"))

    @property
    def negatives(self) -> bool:
        """Whether any picture of the version was judged not to show one of its labels."""
        return bool(self.header.get("negatives"))

    def denied_of(self, member: Member) -> list[str]:
        """The folders of the labels that a picture was judged not to show."""
        return [self.folders[label] for label in member.row.get("negatives", ())]

    @property
    def title(self) -> str:
        """The dataset's name."""
        return names.title(self.header["labels"])

    def mixed(self, split: str) -> Iterator[tuple[Member, File]]:
        """The pictures of a split in order of their digests: a shuffle that never changes."""
        order: list[tuple[bytes, int]] = []
        # The members wait on disk: a hundred thousand of them would weigh 80 MB.
        with (self.work / f"{split}.members").open("w+b") as waiting:
            for member, file in self.pictures(split):
                order.append((bytes.fromhex(member.row["sha256"]), waiting.tell()))
                waiting.write(member.line + canonical(astuple(file)))
            for _, at in sorted(order):
                waiting.seek(at)
                line, file = waiting.readline(), File(*json.loads(waiting.readline()))
                yield Member(line, file), file

    @cached_property
    def places(self) -> dict[int, int]:
        """Label id → its number among the chosen ones: what a model answers with."""
        return {label: place for place, label in enumerate(self.folders)}

    def pictures(self, split: str = "") -> Iterator[tuple[Member, File]]:
        """The members that have a file, of all splits or one, in order of id."""
        for member in self.members():
            if member.file is not None and split in ("", member.row["split"]):
                yield member, member.file


def count(plan: Plan) -> None:
    """Fill the plan's counters; lay down manifest.jsonl and, where there are any, tombstones.csv.

    Raises ValueError when the manifest's SHA-256 is not the version's id, and when no picture is left.
    """
    manifest = Spool(plan.work, "manifest.jsonl")
    manifest.write(canonical(plan.header))
    gone: Table | None = None
    for member in plan.members():
        manifest.write(member.line)
        if member.file is None:
            gone = gone or Table(plan.work, "tombstones.csv", ("image_id", "sha256", "split", "label"))
            gone.add(member.row["id"], member.row["sha256"], member.row["split"], plan.folders[member.label])
            plan.facts["tombstones"] += 1
        else:
            _count(plan, member, member.file)
    laid = manifest.entry()
    plan.entries += [laid, *([gone.entry()] if gone else [])]
    if laid.sha256 != plan.digest:
        raise ValueError(f"the manifest's SHA-256 is {laid.sha256}, not {plan.digest}")
    if not plan.splits:
        raise ValueError(f"every picture of {plan.digest} has been withdrawn")


def _count(plan: Plan, member: Member, file: File) -> None:
    row = member.row
    plan.filed[row["split"], member.label] += 1
    for label in row["labels"]:
        plan.labelled[row["split"], label] += 1
    for label in row.get("negatives", ()):
        plan.denied[row["split"], label] += 1
    plan.licences[row["licence"]] += 1
    plan.in_split[row["split"]] += 1
    plan.sizes[row["split"]] += file.size
    plan.facts["pictures"] += 1
    plan.facts["verified"] += row["verified"]
    plan.facts["drawn"] += row.get("drawn", False)


def picture(name: str, file: File) -> Entry:
    """A stored picture as an entry."""
    return Entry(name, file.size, file.crc32, file.sha256, file)


def content(source: Source, file: File) -> bytes:
    """The bytes of a stored picture. Raises Damaged when they are not what its row says."""
    with source.open(file.sha256, file.extension) as stored:
        data = stored.read()
    if len(data) != file.size or zlib.crc32(data) != file.crc32:
        raise Damaged(f"{file.sha256}.{file.extension}", "the stored bytes are not those of its row")
    return data
