"""Read a backup again, every byte, and say what is wrong with it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from hub.operations import postgres
from hub.operations.backup import CHUNK, THREADS
from hub.operations.vault import Line, Vault, sha256_of


def verify(folder: Path, name: str = "") -> Iterator[str]:
    """What is wrong with a backup (the newest, where none is named): its dump, its lists, every object's bytes.

    Raises postgres.Unusable where there is none.
    """
    vault = Vault(folder)
    backup = vault.find(name)
    for file, sha256 in backup.about["sha256"].items():
        if not (backup.path / file).exists() or sha256_of(backup.path / file) != sha256:
            yield f"{file} is not as it was written"
    try:
        if not postgres.contents(backup.dump):
            yield "database.dump holds no table"
    except postgres.Unusable as reason:
        yield str(reason)
    with ThreadPoolExecutor(THREADS) as pool:
        lines = backup.lines()
        while chunk := list(islice(lines, CHUNK)):
            yield from filter(None, pool.map(lambda line: wrong(vault, line), chunk))


def wrong(vault: Vault, line: Line) -> str:
    """What is wrong with the copy of an object: gone, not readable, not its bytes; "" for a sound one."""
    try:
        sound = sha256_of(Path(vault.shelf(line.alias).path(line.name))) == line.sha256
    except FileNotFoundError:
        return f"{line.alias}/{line.name}: no file"
    except OSError as error:
        return f"{line.alias}/{line.name}: {error.strerror}"
    return "" if sound else f"{line.alias}/{line.name}: its bytes have another SHA-256"
