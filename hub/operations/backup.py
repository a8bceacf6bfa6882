"""Make a backup while the hub runs: rows first, then what they name; and say how old the newest is.

Rows are a snapshot. Objects are copied after it, so that each one a row of it names has been there; and while a
backup is being made, `objects.discard` deletes none.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from hub import objects, storage
from hub.models import Backup as Row
from hub.models import Submission
from hub.operations import erasures, holdings, postgres
from hub.operations.holdings import Holding
from hub.operations.vault import FORMAT, Backup, Line, Vault, sha256_of, write_whole

# So many copies wait for a disk or a network side by side.
THREADS = 8
CHUNK = 1000
Say = Callable[[str], Any]


@dataclass(slots=True)
class Copied:
    """What copying came to: objects held by alias, bytes copied anew, and what rows name and storage lacks."""

    held: dict[str, int] = field(default_factory=dict)
    bytes: int = 0
    missing: list[str] = field(default_factory=list)


def age() -> float | None:
    """Seconds since the newest backup ended; None where none was ever made. For the metrics."""
    newest = Row.objects.aggregate(age=Now() - Max("finished_at"))["age"]
    return newest.total_seconds() if newest is not None else None


def make(
    folder: Path, *, packed: bool = False, rendered: bool = False, keep_days: int = 30, say: Say = print
) -> tuple[Backup, list[str]]:
    """A new backup in `folder`, whole or absent, and the objects that rows name and storage has lost or damaged.

    Archives (`packed`) and renditions (`rendered`) too, if asked for: both can be made again. Backups older than
    `keep_days` go afterwards, never the newest. Raises postgres.Unusable, storage.Away, OSError.
    """
    vault, start = Vault(folder), time.monotonic()
    with vault.locked(), objects.kept():
        name = vault.new_name()
        erasures.keep(folder / "erased.json")
        with vault.unfinished(name) as here:
            about = _rows(here, packed=packed, rendered=rendered)
            say(f"{about['rows']['images']} images' rows dumped after {time.monotonic() - start:.1f} s.")
            copied = _objects(vault, here)
            (here / "holdings").unlink()
            about |= {"objects": copied.held, "bytes_copied": copied.bytes, "missing": copied.missing}
            about |= {"seconds": round(time.monotonic() - start, 3), "sha256": _sums(here)}
            write_whole(here / "backup.json", json.dumps(about, indent=2) + "\n")
        made = vault.find(name)
        record(made)
        if gone := vault.drop(timezone.now() - timedelta(days=keep_days)):
            say(f"{gone} backups older than {keep_days} days dropped, with the objects no other names.")
    return made, copied.missing


def record(made: Backup) -> None:
    """Note in the database that this backup is the newest."""
    about = made.about
    held, missing = sum(about["objects"].values()), len(about["missing"])
    told = {"objects_held": held, "bytes_copied": about["bytes_copied"], "missing": missing}
    Row.objects.create(name=made.path.name, seconds=about["seconds"], **told)


def _rows(here: Path, *, packed: bool, rendered: bool) -> dict[str, Any]:
    """Dump a snapshot of the rows, and write down which objects they name."""
    with postgres.snapshot() as snapshot:
        made_at = timezone.now().isoformat()
        postgres.dump(here / "database.dump", snapshot)
        with (here / "holdings").open("w") as file:
            for one in holdings.needed(packed=packed, rendered=rendered):
                file.write(f"{one.alias}\t{one.name}\t{one.sha256}\t{one.slot}\n")
        return {
            "format": FORMAT,
            "made_at": made_at,
            "postgres": postgres.server(),
            "migrations": _migrations(),
            "lineage": erasures.lineage(),
            "rows": holdings.rows(),
            "archives": packed,
            "renditions": rendered,
        }


def _migrations() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def _objects(vault: Vault, here: Path) -> Copied:
    """Copy what is needed and not in the vault yet, and write objects.sha256."""
    copied = Copied()
    with (here / "objects.sha256").open("w") as sums, ThreadPoolExecutor(THREADS) as pool:
        for chunk in _listed(here / "holdings"):
            for one, found in zip(chunk, pool.map(lambda one: _copy(vault, one), chunk), strict=True):
                if kept := found if isinstance(found, tuple) else _explained(vault, one, found, copied):
                    sums.write(str(Line(kept[0], one.alias, one.name)))
                    copied.held[one.alias] = copied.held.get(one.alias, 0) + 1
                    copied.bytes += kept[1]
    return copied


def _listed(path: Path) -> Iterator[list[Holding]]:
    with path.open() as file:
        parts = (line.rstrip("\n").split("\t") for line in file)
        found = (Holding(alias, name, sha256, int(slot)) for alias, name, sha256, slot in parts)
        while chunk := list(islice(found, CHUNK)):
            yield chunk


def _copy(vault: Vault, one: Holding, source: tuple[str, str] | None = None) -> tuple[str, int] | Exception:
    """Its SHA-256 and how many bytes were copied (0 where the vault has it), or what is wrong with it."""
    shelf = vault.shelf(one.alias)
    if one.sha256 and shelf.exists(one.name):
        return one.sha256, 0
    try:
        with storage.opened(*(source or (one.alias, one.name))) as file, shelf.whole(one.name) as into:
            return _poured(file, into, one.sha256)
    except (FileNotFoundError, storage.Damaged) as trouble:
        return trouble


def _poured(file: Any, into: Any, expected: str) -> tuple[str, int]:
    sha256, size = hashlib.sha256(), 0
    while chunk := file.read(storage.CHUNK):
        sha256.update(chunk)
        into.write(chunk)
        size += len(chunk)
    if expected not in ("", sha256.hexdigest()):
        raise storage.Damaged("its bytes have another SHA-256")
    return sha256.hexdigest(), size


def _explained(vault: Vault, one: Holding, trouble: Exception, copied: Copied) -> tuple[str, int] | None:
    """An upload that a worker has put under its digest meanwhile is taken from there; the rest is missing.

    A slot nothing ever came for is not, nor what its rows let go since.
    """
    if one.slot:
        moved = Submission.objects.filter(pk=one.slot, incoming="").values_list("sha256", flat=True).first()
        found = _copy(vault, one, ("originals", storage.key(moved))) if moved else None
        return found if isinstance(found, tuple) else None
    if objects.owned(one.alias, [one.name], grace=timedelta(0)):
        why = "no file" if isinstance(trouble, FileNotFoundError) else str(trouble)
        copied.missing.append(f"{one.alias}/{one.name}: {why}")
    return None


def _sums(here: Path) -> dict[str, str]:
    return {name: sha256_of(here / name) for name in ("database.dump", "objects.sha256")}
