"""A version made up in one line: its header, its members, and a store of their pictures."""

import hashlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from tests import images
from workers.archives import File, Layout, Member, canonical, layout

LICENCES = ("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0")
SPLITS = ("train", "train", "train", "validation", "test")


class Folder:
    """A Source of local files."""

    def __init__(self, root: Path):
        self.root = root

    def put(self, data: bytes, width: int = 64, height: int = 48, extension: str = "jpg") -> File:
        file = File(hashlib.sha256(data).hexdigest(), len(data), zlib.crc32(data), extension, width, height)
        self.path(file.sha256, extension).write_bytes(data)
        return file

    def path(self, sha256: str, extension: str) -> Path:
        return self.root / sha256

    def open(self, sha256: str, extension: str) -> BinaryIO:
        return self.path(sha256, extension).open("rb")


class Bucket(Folder):
    """A Source that has no local files."""

    def path(self, sha256: str, extension: str) -> None:  # type: ignore[override]
        return None

    def open(self, sha256: str, extension: str) -> BinaryIO:
        return io.BytesIO((self.root / sha256).read_bytes())


class Version:
    """A frozen version and everything needed to pack it."""

    def __init__(self, root: Path, header: dict[str, Any], rows: list[tuple[dict[str, Any], File | None]]):
        self.root, self.header, self.rows, self.packed = root, header, rows, 0
        lines = [header, *(row for row, _ in rows)]
        self.digest = hashlib.sha256(b"".join(canonical(line) for line in lines)).hexdigest()

    def members(self) -> Iterator[Member]:
        return (Member.of(row, file) for row, file in self.rows)

    def layout(self, format: str = "imagefolder", side: int = 224, source: Folder | None = None) -> Layout:
        self.packed += 1
        work = self.root / f"work-{self.packed}"
        work.mkdir()
        return layout(self.header, self.members, self.digest, format, side, source or Folder(self.root / "store"), work)

    def zip(self, format: str = "imagefolder", **how) -> Path:
        """The archive, written to a file."""
        made = self.layout(format, **how)
        target = self.root / f"{self.packed}.zip"
        with target.open("wb", buffering=0) as file:
            made.write(file)
        return target


def version(
    root: Path, pictures: int = 20, names: tuple[str, ...] = ("Valve", "Duck"), tombstones=(), rows=None, **header
) -> Version:
    """A version of drawn pictures that take turns in labels, splits and licences; `rows` changes a member's row."""
    (root / "store").mkdir()
    labels = [_label(number, name) for number, name in enumerate(names, 12)]
    split = {"train": 0.6, "validation": 0.2, "test": 0.2, "seed": 0, "folds": 0, "together": ""}
    whole = {"manifest": 1, "labels": labels, "selection": {}, "split": split, "split_report": {}, "quality": {}}
    made = []
    for number in range(pictures):
        row, data = _member(number, labels), images.photo(number, (64, 48), quality=60)
        row |= {"sha256": hashlib.sha256(f"image {number}".encode()).hexdigest()} | (rows(number) if rows else {})
        made.append((row, None if number in tombstones else Folder(root / "store").put(data)))
    return Version(root, whole | header, made)


def _label(number: int, name: str) -> dict[str, Any]:
    return {"id": number, "slug": name.lower(), "name": name, "mid": None}


def _member(number: int, labels: list[dict[str, Any]]) -> dict[str, Any]:
    label = labels[number % len(labels)]["id"]
    told = {"id": number + 1, "labels": [label], "split": SPLITS[number // len(labels) % 5], "fold": None}
    told |= {"licence": LICENCES[number % 3], "credit": "ada", "verified": number % 2 == 0, "drawn": False}
    return told | {"width": 4000, "height": 3000, "place": {"country": "FR", "cell": [48.9, 2.3]}}
