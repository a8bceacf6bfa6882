"""Digests of files, and SHA256SUMS as `sha256sum` writes it."""

import hashlib
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from dih.failures import DIFFERENT, Failure

NAME = "SHA256SUMS"
LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")
# Names that Windows takes for devices, or reads in a way of its own.
ODD = re.compile(r"[\\:\0-\x1f]")


def of(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(listed: str | bytes) -> dict[str, str]:
    """Name → SHA-256 of every line. Raises Failure for lines that are none, and for names that lead elsewhere."""
    found = {}
    text = listed if isinstance(listed, str) else listed.decode("utf-8", "replace")
    if "\ufffd" in text:
        raise Failure(DIFFERENT, "bad_sums", f"{NAME} is no text.")
    for line in text.splitlines():
        match = LINE.fullmatch(line)
        if not match:
            raise Failure(DIFFERENT, "bad_sums", f"{NAME} has a line that is none: {line[:80]}.")
        found[safe(match[2])] = match[1]
    return found


def write(found: dict[str, str]) -> str:
    """The lines of digests by name."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(found.items()))


def keep(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, and where a link lies at its name, in place of the link."""
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".dih-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(aside, 0o644)
        os.replace(aside, path)
    finally:
        Path(aside).unlink(missing_ok=True)


def at(folder: Path) -> dict[str, str]:
    """What a folder's SHA256SUMS says; nothing where there is none."""
    path = folder / NAME
    return read(path.read_bytes()) if path.is_file() else {}


def safe(name: str) -> str:
    """The name of a file below a folder. Raises Failure for one that would lie anywhere else."""
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ODD.search(name) or str(path) != name or {".", ".."} & set(path.parts):
        raise Failure(DIFFERENT, "unsafe_name", f"The archive names a file {name[:80]!r}, which is refused.")
    return name


def inside(folder: Path, name: str) -> Path:
    """Where a file of this name lies below a folder. Raises Failure where a link would lead out of it."""
    path = folder / safe(name)
    if not path.parent.resolve().is_relative_to(folder.resolve()):
        raise Failure(DIFFERENT, "unsafe_name", f"{name[:80]!r} lies behind a link that leads elsewhere.")
    return path


def clashing(names: Iterable[str]) -> str:
    """A name that some file systems take for that of another file or of its folder; "" for none.

    They differ by case alone, or by how accents are composed; or one file lies where another has a folder.
    """
    seen: set[str] = set()
    folders: set[str] = set()
    for name in names:
        same = unicodedata.normalize("NFC", name).casefold()
        above = {str(one) for one in PurePosixPath(same).parents}
        if same in seen or same in folders or above & seen:
            return name
        seen.add(same)
        folders |= above
    return ""
