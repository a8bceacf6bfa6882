"""The words of archives: what is packed, where its bytes lie, and what may go wrong."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import orjson

SPLITS = ("train", "validation", "test")
UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
Progress = Callable[[int], None]


class Damaged(Exception):  # noqa: N818 (said of a file)
    """A file is not what its row says. `name` is the entry or the key, `why` says it in words."""

    def __init__(self, name: str, why: str):
        super().__init__(name, why)
        self.name, self.why = name, why

    def __str__(self) -> str:
        return f"{self.name}: {self.why}"


@dataclass(frozen=True, slots=True)
class File:
    """One stored picture as its row knows it: nothing is read to learn this. Sides in pixels, size in bytes."""

    sha256: str
    size: int
    crc32: int
    extension: str  # jpg, png or webp
    width: int
    height: int


@dataclass(frozen=True)
class Member:
    """One line of a manifest, and the file to pack for it: None for a tombstone, an image withdrawn since.

    `line` is the canonical line as the manifest has it, line feed included.
    """

    line: bytes
    file: File | None

    @classmethod
    def of(cls, row: dict[str, Any], file: File | None) -> "Member":
        """A member from a manifest line that was parsed already."""
        return cls(canonical(row), file)

    @cached_property
    def row(self) -> dict[str, Any]:
        """The line's object: id, sha256, labels, split, fold, licence, credit, verified, sides, place, drawn;
        and negatives, where there are any."""
        return orjson.loads(self.line)

    @property
    def label(self) -> int:
        """The id of the label whose folder the picture lies in."""
        return self.row["labels"][0]

    @property
    def stem(self) -> str:
        """The picture's name without its extension: 80 bits of its digest."""
        return self.row["sha256"][:20]


Members = Callable[[], Iterator[Member]]


class Source(Protocol):
    """Where stored pictures lie."""

    def open(self, sha256: str, extension: str) -> BinaryIO:
        """The bytes of a picture."""

    def path(self, sha256: str, extension: str) -> Path | str | None:
        """The same as a local file, which the kernel can copy; None where there is none."""


def canonical(value: object) -> bytes:
    """One line of a manifest: sorted keys, no spaces, UTF-8, line feed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def pretty(value: object) -> bytes:
    """JSON for people: sorted keys, a key to a line."""
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"


def quoted(text: str) -> str:
    """Text as YAML takes it whatever it holds: a string of JSON, in which YAML wants a few more signs escaped."""
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
