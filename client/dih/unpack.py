"""Unpack an archive, and nothing that would leave its folder or swell."""

import errno
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dih import sums
from dih.failures import DIFFERENT, Failure
from dih.said import Said

# What Python's reader of zips raises over a broken one.
BROKEN = (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError)


@contextmanager
def sound(what: str) -> Iterator[None]:
    """Raises Failure, with `what` happens, where a zip turns out to be broken."""
    try:
        yield
    except BROKEN as error:
        raise Failure(DIFFERENT, "damaged", f"{what}: {error}.") from None
    except OSError as error:
        if error.errno != errno.EINVAL:  # it points before its own beginning
            raise
        raise Failure(DIFFERENT, "damaged", f"{what}: {error}.") from None


def unpack(file: Path, folder: Path, said: Said) -> None:
    """Unpack an archive of the hub's into a folder. Raises Failure before anything is written, if an entry is odd."""
    with opened(file) as archive:
        entries = checked(archive)
        folder.mkdir(parents=True, exist_ok=True)
        with said.bar(sum(entry.file_size for entry in entries), "unpacking") as bar:
            for entry in entries:
                put(archive, entry, folder)
                bar.update(entry.file_size)


def opened(file: Path) -> zipfile.ZipFile:
    """The zip. Raises Failure when it is none."""
    with sound("The archive does not open"):
        return zipfile.ZipFile(file)


def checked(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The entries in the order they lie. Raises Failure for names that lead elsewhere, links, and packed bytes."""
    entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
    for entry in entries:
        sums.safe(entry.orig_filename)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
            raise Failure(DIFFERENT, "unsafe_entry", f"{entry.filename[:80]!r} is no plain stored file.")
    lie = [*(entry.header_offset for entry in entries), archive.start_dir]
    for entry, end in zip(entries, lie[1:], strict=True):
        if entry.header_offset + entry.file_size > end:
            raise Failure(DIFFERENT, "unsafe_entry", f"{entry.filename[:80]!r} swells, or lies over another.")
    if name := sums.clashing(entry.filename for entry in entries):
        raise Failure(DIFFERENT, "unsafe_entry", f"{name[:80]!r} lies where another file does.")
    return entries


def put(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    """Write one entry, whole or not at all. Raises Failure when its bytes are damaged."""
    path = sums.inside(folder, entry.filename)
    path.parent.mkdir(parents=True, exist_ok=True)
    sums.inside(folder, entry.filename)
    aside, temporary = tempfile.mkstemp(dir=path.parent, prefix=".dih-")
    try:
        with os.fdopen(aside, "wb") as file, sound(entry.filename), archive.open(entry) as body:
            shutil.copyfileobj(body, file)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)
