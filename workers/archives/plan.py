"""What an archive is to hold, counted in one pass before anything gets its place."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import names
from .layout import Entry
from .spool import Spool, Table
from .types import SPLITS, File, Member, Members, Source, canonical


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
    told: Callable[[int], None] = lambda _: None
    folders: dict[int, str] = field(init=False)
    labelled: Counter[tuple[str, int]] = field(default_factory=Counter)  # every label of every picture
    filed: Counter[tuple[str, int]] = field(default_factory=Counter)  # its first label only
    licences: Counter[str] = field(default_factory=Counter)
    facts: Counter[str] = field(default_factory=Counter)  # pictures, verified, drawn, tombstones, bytes
    entries: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folders = names.folders(self.header["labels"])

    @property
    def splits(self) -> list[str]:
        """The splits that have a picture."""
        return [split for split in SPLITS if any(self.filed[split, label] for label in self.folders)]

    @property
    def folds(self) -> bool:
        """Whether the version was made with folds."""
        return bool(self.header["split"].get("folds"))

    @property
    def title(self) -> str:
        """The dataset's name."""
        return names.title(self.header["labels"])

    def in_split(self, split: str) -> int:
        """Pictures of a split."""
        return sum(self.filed[split, label] for label in self.folders)

    def place(self, label: int) -> int:
        """A label's number among the chosen ones: what a model answers with."""
        return list(self.folders).index(label)

    def pictures(self) -> Iterator[tuple[Member, File]]:
        """The members that have a file, in order of id; tells how many have passed."""
        for number, member in enumerate(self.members(), 1):
            if member.file is not None:
                yield member, member.file
            if number % 1000 == 0:
                self.told(number)


def count(plan: Plan) -> None:
    """Fill the plan's counters; lay down manifest.jsonl and, where there are any, tombstones.csv.

    Raises ValueError when the manifest's SHA-256 is not the version's id.
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
    plan.entries += [manifest.entry(), *([gone.entry()] if gone else [])]
    if manifest.sha256.hexdigest() != plan.digest:
        raise ValueError(f"the manifest's SHA-256 is {manifest.sha256.hexdigest()}, not {plan.digest}")


def _count(plan: Plan, member: Member, file: File) -> None:
    row = member.row
    plan.filed[row["split"], member.label] += 1
    plan.labelled.update((row["split"], label) for label in row["labels"])
    plan.licences[row["licence"]] += 1
    plan.facts.update(
        {"pictures": 1, "bytes": file.size, "verified": int(row["verified"]), "drawn": int(row.get("drawn", False))}
    )


def picture(name: str, file: File) -> Entry:
    """A stored picture as an entry."""
    return Entry(name, file.size, file.crc32, file.sha256, file)
