"""Keep a folder equal to a version: fetch what is missing, remove what was withdrawn, leave the rest alone."""

import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dih import sums
from dih.archive import packed
from dih.failures import DIFFERENT, OK, Failure
from dih.hub import Hub
from dih.said import Said
from dih.unpack import checked, put, sound

# What an interrupted sync may have put there: ours, until the next one is through.
JOURNAL = ".dih-sync"


@dataclass
class Plan:
    """What must happen to a folder."""

    fetch: list[str] = field(default_factory=list)
    move: dict[str, str] = field(default_factory=dict)  # from → to
    delete: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)  # no longer in the version, but changed by somebody
    in_the_way: list[str] = field(default_factory=list)  # not ours, where a file of the version belongs


def sync(hub: Hub, said: Said, asked: Any) -> int:
    """`dih sync`. Raises Failure."""
    archive = packed(hub, asked.id, "imagefolder", asked.size, said)
    folder: Path = asked.dir
    folder.mkdir(parents=True, exist_ok=True)
    with archive.opened() as remote:
        entries = {entry.filename: entry for entry in checked(remote)}
        with sound("The archive does not open"):
            listed = remote.read(sums.NAME)
        wanted = sums.read(listed)
        if not set(wanted) <= set(entries):
            raise Failure(DIFFERENT, "damaged", "The archive lacks a file that it lists.")
        plan = planned(folder, wanted, said)
        act(remote, entries, folder, plan, said)
    finish(folder, listed)
    told = {"version": archive.told["version"], "files": len(wanted), **vars(plan), "fetch": len(plan.fetch)}
    said.line(f"{len(plan.fetch)} fetched, {len(plan.move)} moved, {len(plan.delete)} deleted, {len(wanted)} in all")
    for name in (*plan.kept, *plan.in_the_way):
        said.line(f"left alone: {name}")
    said.result(told)
    return DIFFERENT if plan.in_the_way else OK


def planned(folder: Path, wanted: dict[str, str], said: Said) -> Plan:
    """Compare a folder with what a version wants there; note whose the files are before anything is touched."""
    ours = journal(folder) | sums.at(folder)
    plan, spare = Plan(), dict[str, str]()
    for name in sorted(set(ours) - set(wanted)):
        path = sums.inside(folder, name)
        if path.is_file() and not path.is_symlink():
            same = sums.of(path) == ours[name]
            (plan.delete if same else plan.kept).append(name)
            spare |= {ours[name]: name} if same else {}
    with said.bar(len(wanted), "comparing", bytes=False) as bar:
        for name, digest in wanted.items():
            bar.update()
            place(plan, folder, name, digest, name in ours, spare)
    plan.delete = [name for name in plan.delete if name not in plan.move]
    noted = ours | {name: wanted[name] for name in mine(plan, wanted)}
    sums.keep(folder / JOURNAL, sums.write(noted).encode())
    return plan


def mine(plan: Plan, wanted: dict[str, str]) -> set[str]:
    """The names that will be ours."""
    return set(wanted) - set(plan.in_the_way)


def place(plan: Plan, folder: Path, name: str, digest: str, known: bool, spare: dict[str, str]) -> None:
    """Decide about one file of the version."""
    path = sums.inside(folder, name)
    if path.is_file() and sums.of(path) == digest:
        return
    if (path.exists() or path.is_symlink()) and not known:
        plan.in_the_way.append(name)
    elif digest in spare:
        plan.move[spare.pop(digest)] = name
    else:
        plan.fetch.append(name)


def act(remote: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], folder: Path, plan: Plan, said: Said) -> None:
    """Move, fetch in the order the archive has them, and then delete."""
    for old, new in plan.move.items():
        target = sums.inside(folder, new)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(sums.inside(folder, old), target)
    wanted = sorted((entries[name] for name in plan.fetch), key=lambda entry: entry.header_offset)
    with said.bar(sum(entry.file_size for entry in wanted), "fetching") as bar:
        for entry in wanted:
            put(remote, entry, folder)
            bar.update(entry.file_size)
    for name in plan.delete:
        sums.inside(folder, name).unlink()
    for name in (*plan.delete, *plan.move):
        prune(folder, sums.inside(folder, name).parent)


def prune(folder: Path, emptied: Path) -> None:
    """Remove folders that nothing is left in."""
    while emptied != folder and emptied.is_dir() and not any(emptied.iterdir()):
        emptied.rmdir()
        emptied = emptied.parent


def journal(folder: Path) -> dict[str, str]:
    """What an interrupted sync noted."""
    path = folder / JOURNAL
    return sums.read(path.read_bytes()) if path.is_file() else {}


def finish(folder: Path, listed: bytes) -> None:
    """The folder is what the list says now."""
    sums.keep(folder / sums.NAME, listed)
    (folder / JOURNAL).unlink(missing_ok=True)
