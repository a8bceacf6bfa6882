"""Fetch an archive: broken downloads go on where they broke, and only what has the right SHA-256 gets its name."""

import os
import re
import time
from pathlib import Path
from typing import Any

import httpx

from dih import sums
from dih.archive import Archive, begins, packed
from dih.failures import DIFFERENT, OK, Failure
from dih.hub import PASSING, TRIES, Hub, away, pause
from dih.said import Said
from dih.unpack import unpack

# What a hub may call a file in the folder of somebody: nothing that lies there for another reason.
NAME = re.compile(r"deep-images-hub-[-a-z0-9]{1,80}\.zip")


def download(hub: Hub, said: Said, asked: Any) -> int:
    """`dih download`: the archive of a version into a folder, and unpacked if asked. Raises Failure."""
    archive = packed(hub, asked.id, asked.format, asked.size, said)
    asked.out.mkdir(parents=True, exist_ok=True)
    file = fetched(archive, asked.out, asked.resume, said)
    told = {"file": str(file), "size": archive.size, "sha256": archive.sha256, "version": archive.told["version"]}
    said.line(str(file))
    said.line(f"sha256 {archive.sha256}")
    if asked.unpack:
        folder = asked.out / file.stem
        unpack(file, folder, said)
        told["folder"] = str(folder)
        said.line(str(folder))
    said.result(told)
    return OK


def fetched(archive: Archive, out: Path, resume: bool, said: Said) -> Path:
    """The archive as a file of `out`, whole. Raises Failure."""
    if not NAME.fullmatch(archive.filename):
        raise Failure(
            DIFFERENT, "unsafe_name", f"The hub names its archive {archive.filename[:80]!r}, which is refused."
        )
    file = out / archive.filename
    if file.is_file() and file.stat().st_size == archive.size and sums.of(file) == archive.sha256:
        return file
    part = file.with_name(file.name + ".part")
    if not resume:
        part.unlink(missing_ok=True)
    resumed = part.is_file()
    fill(archive, part, said)
    if sums.of(part) != archive.sha256 and resumed:  # what was there was of other bytes
        part.unlink()
        fill(archive, part, said)
    if sums.of(part) != archive.sha256:
        part.unlink()
        raise Failure(DIFFERENT, "damaged", "What came has another SHA-256 than the hub said.", "Try again.")
    os.replace(part, file)
    return file


def fill(archive: Archive, part: Path, said: Said) -> None:
    """Fetch what `part` lacks. It may break off, as long as there is more each time than ever before."""
    failures, most, trouble = 0, 0, Exception("nothing came")
    while (have := size_of(part, archive.size)) < archive.size:
        try:
            append(archive, part, have, said)
        except (httpx.TransportError, Failure) as error:
            if isinstance(error, Failure) and error.status not in PASSING:
                raise
            trouble = error
        most, before = max(most, have, size_of(part, archive.size)), max(most, have)
        if most > before:
            failures = 0
            continue
        failures += 1
        if failures == TRIES:
            raise away(archive.hub.base, trouble)
        time.sleep(pause(failures))


def size_of(part: Path, whole: int) -> int:
    """How much of the file is there; a file that is too long is another's, and begun anew."""
    size = part.stat().st_size if part.is_file() else 0
    return size if size <= whole else 0


def append(archive: Archive, part: Path, have: int, said: Said) -> None:
    """Write what comes behind what is there, or from the start where the hub begins there."""
    with archive.stream(have) as response:
        begun = have if begins(response, have) else 0
        with part.open("ab" if begun else "wb") as file, said.bar(archive.size, part.stem, done=begun) as bar:
            for chunk in response.iter_raw():
                file.write(chunk)
                bar.update(len(chunk))
                if file.tell() > archive.size:
                    raise Failure(DIFFERENT, "damaged", "The hub sends more than it said the archive has.")
