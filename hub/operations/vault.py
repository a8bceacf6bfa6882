"""A folder of backups: a folder for each, whole or absent, and beside them the objects that they share.

FOLDER/objects/originals/ab/cd/<sha256>       every object once, however many backups name it
FOLDER/20261127T031500Z/backup.json           when, of what, how many; written last
FOLDER/20261127T031500Z/database.dump         pg_restore reads it
FOLDER/20261127T031500Z/objects.sha256        `sha256sum -c` reads it, in FOLDER
FOLDER/erased.json                            what must not come back (hub/operations/erasures.py, with erased.lock)
"""

import fcntl
import json
import os
import shutil
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from hub import storage
from hub.operations.postgres import Unusable

FORMAT = 1
UNFINISHED = ".unfinished"
# So many names of objects are held in memory at a time, for each backup.
HELD = 250_000
NAME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Line:
    """One object of a backup: its SHA-256 (hex), the alias of its storage, and its key there."""

    sha256: str
    alias: str
    name: str

    def __str__(self) -> str:
        return f"{self.sha256}  objects/{self.alias}/{self.name}\n"


@dataclass(frozen=True, slots=True)
class Backup:
    """One whole backup in its folder."""

    path: Path

    @property
    def about(self) -> dict[str, Any]:
        """What backup.json says."""
        return json.loads((self.path / "backup.json").read_text())

    @property
    def dump(self) -> Path:
        return self.path / "database.dump"

    @property
    def made_at(self) -> datetime:
        return datetime.fromisoformat(self.about["made_at"])

    def lines(self) -> Iterator[Line]:
        """Its objects, in the order they were copied."""
        with (self.path / "objects.sha256").open() as file:
            for line in file:
                sha256, path = line.rstrip("\n").split("  ", 1)
                _, alias, name = path.split("/", 2)
                yield Line(sha256, alias, name)

    def names(self, alias: str) -> Iterator[str]:
        """The keys of its objects of one alias."""
        start = f"  objects/{alias}/"
        with (self.path / "objects.sha256").open() as file:
            yield from (line[64 + len(start) : -1] for line in file if line.startswith(start, 64))


@dataclass(frozen=True, slots=True)
class Vault:
    """The folder."""

    root: Path

    def shelf(self, alias: str) -> storage.FolderStorage:
        """Where the objects of a storage alias lie."""
        return storage.FolderStorage(location=self.root / "objects" / alias)

    def backups(self) -> list[Backup]:
        """Those that are whole, the oldest first."""
        return [Backup(path.parent) for path in sorted(self.root.glob("*/backup.json")) if not path.parent.suffix]

    def find(self, name: str = "") -> Backup:
        """A backup by its name, the newest where none is given. Raises Unusable."""
        found = [backup for backup in self.backups() if name in ("", backup.path.name)]
        if not found:
            raise Unusable(f"There is no {f'backup {name}' if name else 'whole backup'} in {self.root}.")
        if found[-1].about["format"] > FORMAT:
            raise Unusable(f"{found[-1].path} was made by a newer release of the hub: restore it with that one.")
        return found[-1]

    def new_name(self) -> str:
        """The moment, to the second, as the name of a backup that is not there yet."""
        while (self.root / (name := timezone.now().strftime(NAME))).exists():
            time.sleep(0.1)
        return name

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone in the folder, which is made where it is missing. Raises Unusable while another is at it."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.root / ".lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Unusable(f"Another backup or restore is at work in {self.root}: come back later.") from None
            yield

    @contextmanager
    def unfinished(self, name: str) -> Iterator[Path]:
        """A folder to fill that becomes the backup `name` when the block ends; what was cut short before goes."""
        for left in self.root.glob(f"*{UNFINISHED}"):
            shutil.rmtree(left)
        here = self.root / f"{name}{UNFINISHED}"
        here.mkdir(mode=0o700)
        yield here
        for path in here.iterdir():
            synced(path)
        here.rename(self.root / name)
        synced(self.root)

    def drop(self, older_than: datetime) -> int:
        """Drop the backups made before that time, though never the newest, and the objects none names; how many."""
        old = [backup for backup in self.backups()[:-1] if backup.made_at < older_than]
        for backup in old:
            backup.path.rename(gone := backup.path.with_name(f"{backup.path.name}{UNFINISHED}"))
            shutil.rmtree(gone)
        if old:
            self._sweep()
        return len(old)

    def _sweep(self) -> None:
        for shelf in (self.root / "objects").glob("*/"):
            shares = 1 + max(backup.about["objects"].get(shelf.name, 0) for backup in self.backups()) // HELD
            for share in range(shares):
                self._sweep_share(shelf, share, shares)

    def _sweep_share(self, shelf: Path, share: int, shares: int) -> None:
        """Delete what no backup names, of one part of a shelf: the names of all may not fit into memory."""
        listed = (name for backup in self.backups() for name in backup.names(shelf.name))
        named = {name for name in listed if _share(name, shares) == share}
        for top in shelf.iterdir():
            if _share(top.name, shares) == share:
                for path in [top] if top.is_file() else top.rglob("*"):
                    if path.is_file() and str(path.relative_to(shelf)) not in named:
                        path.unlink()


def _share(name: str, shares: int) -> int:
    """The part of a shelf an object belongs to, or the folder that it lies in."""
    return zlib.crc32(name[:2].encode()) % shares


def sha256_of(path: Path) -> str:
    """The SHA-256 (hex) of a file."""
    with path.open("rb") as file:
        return storage.digest(file)[0]


def synced(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, text: str) -> None:
    """Write a file that is whole and on the disk, or as it was before, whoever else writes it."""
    with storage.FolderStorage(location=path.parent).whole(path.name) as file:
        file.write(text.encode())
    synced(path.parent)
