"""Restore a backup: rows, then what was erased since is erased again, then the objects the rows still need."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import islice
from pathlib import Path

from django.core.files.storage import storages
from django.core.management import call_command
from django.db import DatabaseError
from django.db.migrations.loader import MigrationLoader

from hub import objects, storage
from hub.models import Account, Archive, Feature, Image, Submission
from hub.operations import backup as backups
from hub.operations import erasures, holdings, postgres, verifying
from hub.operations.backup import CHUNK, THREADS, Say
from hub.operations.postgres import Unusable
from hub.operations.vault import Backup, Line, Vault

# What somebody must say who wants a hub that is not empty replaced.
WORDS = "replace everything"


def restore(folder: Path, name: str = "", *, words: str = "", say: Say = print) -> list[str]:
    """Make the hub what the backup says (the newest of `folder`, where none is named), less what was erased since.

    The objects whose copies are damaged or gone, in words; everything else is back. Renditions are left to
    `make_renditions`, and the proof to `audit`. Raises postgres.Unusable: no such backup, not readable, made by a newer
    release, others connected or in the folder, or a hub that is not empty while `words` are not WORDS.
    """
    vault = Vault(folder)
    backup = vault.find(name)
    with vault.locked():
        check(backup, words)
        _rows(backup, folder / "erased.json", say)
        _forget_what_is_not_kept(backup)
        copied, wrong = _return_objects(vault, backup)
        say(f"{copied} objects copied back.")
        backups.record(backup)
    return wrong


def _rows(backup: Backup, erased: Path, say: Say) -> None:
    _note_what_is_here(erased, say)
    load(backup, erased)
    say(f"Rows of {backup.made_at:%Y-%m-%d %H:%M:%S} UTC are back.")
    done = erasures.replay(erasures.known(erased))
    erasures.mark(erased, backup.about["lineage"], restoring=False)
    say(", ".join(f"{n} {what}" for what, n in done.items()) + ", as was done since.")


def check(backup: Backup, words: str) -> None:
    """Raises Unusable unless the backup can be read here, the hub is empty or given up, and nobody works on it."""
    postgres.contents(backup.dump)
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if newer := sorted(set(backup.about["migrations"]) - known):
        raise Unusable(f"{backup.path} was made by a newer release (it has {newer[-1]}): restore it with that one.")
    if words != WORDS and (here := what_is_here()):
        raise Unusable(f'This hub is not empty: {here}. To lose all of it, say --force "{WORDS}".')
    if n := postgres.others():
        raise Unusable(f"{n} others are connected to the database: stop web, workers and beat first.")


def what_is_here() -> str:
    """What would be lost, in words; "" for a hub nobody has given anything, or without tables."""
    if not postgres.tables():
        return ""
    try:
        return _counted()
    except DatabaseError:
        return "tables this release cannot read"


def _counted() -> str:
    found = {"images": Image.objects.count(), "files given": Submission.objects.count()}
    found["people's accounts"] = Account.objects.filter(last_login__isnull=False).count()
    return ", ".join(f"{n} {what}" for what, n in found.items() if n)


def _note_what_is_here(erased: Path, say: Say) -> None:
    """Note what the rows that are about to be replaced know was erased: in the file, as this restore may be cut off."""
    try:
        if postgres.tables():
            erasures.keep(erased)
    except (DatabaseError, Unusable) as error:
        say(f"What is in the database cannot be read ({type(error).__name__}): only erased.json says what was erased.")


def load(backup: Backup, erased: Path) -> None:
    """Put the backup's rows in the place of all rows, and bring them to this release. Raises Unusable."""
    whose = backup.about["lineage"]
    postgres.clear()  # refused, or broken off while it waits, it leaves all as it was
    erasures.mark(erased, whose, restoring=True)
    try:
        postgres.load(backup.dump)
    except Unusable:
        erasures.mark(erased, whose, restoring=bool(postgres.tables()))
        raise
    if (found := holdings.rows()) != backup.about["rows"]:
        raise Unusable(f"The rows that came back are not those that were saved: {found}")
    call_command("migrate", verbosity=0)


def _forget_what_is_not_kept(backup: Backup) -> None:
    """Features are a cache; archives without their object are packed again, to the same bytes, when asked for."""
    Feature.objects.all().delete()
    if not backup.about["archives"]:
        Archive.objects.filter(state="ready").update(state="stale")


def _return_objects(vault: Vault, backup: Backup) -> tuple[int, list[str]]:
    """Copy back what the rows need and storage has not; how many, and what is wrong with the other copies."""
    copied, wrong = 0, []
    with ThreadPoolExecutor(THREADS) as pool:
        for lines in _needed(backup):
            for came in pool.map(lambda line: _return(vault, line), lines):
                if isinstance(came, str):
                    wrong.append(came)
                else:
                    copied += came
    return copied, wrong


def _needed(backup: Backup) -> Iterator[list[Line]]:
    """Its objects by the thousand, less those that were let go since: their bytes come back for nobody."""
    lines = backup.lines()
    while chunk := list(islice(lines, CHUNK)):
        kept = {
            (alias, name)
            for alias in {line.alias for line in chunk}
            for name in objects.owned(alias, [one.name for one in chunk if one.alias == alias], grace=timedelta(0))
        }
        yield [line for line in chunk if (line.alias, line.name) in kept]


def _return(vault: Vault, line: Line) -> bool | str:
    """Whether it had to be copied, or what is wrong with the copy."""
    source, target = Path(vault.shelf(line.alias).path(line.name)), storages[line.alias]
    with storage.reachable():
        if source.exists() and target.exists(line.name) and target.size(line.name) == source.stat().st_size:
            return False
    if wrong := verifying.wrong(vault, line):
        return wrong
    with source.open("rb") as file:
        storage.put(line.alias, line.name, file)
    return True
