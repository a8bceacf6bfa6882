"""Files that are made for an archive: written to scratch, so that memory stays flat, and known in full at the end."""

import csv
import hashlib
import zlib
from collections.abc import Iterable
from pathlib import Path

from .layout import Entry

BUFFER = 1 << 20
# Spreadsheets take a cell that begins so for a formula: CWE-1236.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class Spool:
    """A file of the archive in the making, under scratch folder `work`. Close it by asking for its entry."""

    def __init__(self, work: Path, name: str):
        self.name, self.path = name, work / name.replace("/", "%")
        self.path.write_bytes(b"")
        self.waiting = bytearray()
        self.size, self.crc32, self.sha256 = 0, 0, hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Append bytes. They are summed when they are written away: row by row it would take longer than the rows."""
        self.waiting += data
        if len(self.waiting) >= BUFFER:
            self._flush()
        return len(data)

    def entry(self) -> Entry:
        """The finished file."""
        self._flush()
        return Entry(self.name, self.size, self.crc32, self.sha256.hexdigest(), self.path)

    def _flush(self) -> None:
        self.size += len(self.waiting)
        self.crc32 = zlib.crc32(self.waiting, self.crc32)
        self.sha256.update(self.waiting)
        # Opened for the moment only: a build that fails leaves nothing open.
        with self.path.open("ab") as file:
            file.write(self.waiting)
        self.waiting.clear()


class Table:
    """A CSV in the making: UTF-8, line feeds, and no cell that a spreadsheet would run."""

    def __init__(self, work: Path, name: str, head: Iterable[str]):
        self.spool = Spool(work, name)
        self.rows = csv.writer(self, lineterminator="\n")
        self.rows.writerow(head)

    def write(self, text: str) -> int:
        """For csv.writer."""
        return self.spool.write(text.encode())

    def add(self, *cells: object) -> None:
        """Append a row."""
        self.rows.writerow([safe(cell) if isinstance(cell, str) else cell for cell in cells])

    def entry(self) -> Entry:
        """The finished file."""
        return self.spool.entry()


def made(work: Path, name: str, data: bytes) -> Entry:
    """An entry of bytes that are at hand."""
    spool = Spool(work, name)
    spool.write(data)
    return spool.entry()


def safe(text: str) -> str:
    """Text that a spreadsheet shows and does not run."""
    return f"'{text}" if text.startswith(FORMULA) else text
