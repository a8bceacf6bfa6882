"""Check a folder against the version it should hold: the manifest by its id, every file by SHA256SUMS."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from dih import sums
from dih.failures import DIFFERENT, NOT_FOUND, OK, Failure
from dih.hub import Hub
from dih.said import Said
from dih.sync import JOURNAL

MANIFEST = "manifest.jsonl"
# A picture is named by so much of its image's digest.
STEM = 20


def verify(hub: Hub, said: Said, asked: Any) -> int:
    """`dih verify`: 0 when all is there and right. Asks the hub only where there is no manifest. Raises Failure."""
    folder: Path = asked.dir
    listed = sums.at(folder)
    if not listed:
        raise Failure(NOT_FOUND, "no_sums", f"{folder} has no {sums.NAME}: it is no unpacked archive.")
    version, members = manifest(hub, folder, asked.id)
    missing, changed = compared(folder, listed, said)
    missing += [f"picture of {sha256}" for sha256 in unpictured(folder, listed, members)]
    extra = sorted(present(folder) - set(listed) - {sums.NAME, JOURNAL})
    right = version.startswith(asked.id)
    told = {"version": version, "right_version": right, "files": len(listed)}
    told |= {"missing": missing, "changed": changed, "extra": extra}
    whole = right and not missing and not changed and (not extra or asked.allow_extra)
    show(said, told, whole)
    said.result(told | {"ok": whole})
    return OK if whole else DIFFERENT


def show(said: Said, told: dict[str, Any], whole: bool) -> None:
    """The same for people."""
    if not told["right_version"]:
        said.line(f"other version: the manifest is that of {told['version']}")
    for what in ("missing", "changed", "extra"):
        for name in told[what]:
            said.line(f"{what}: {name}")
    said.line(f"{told['files']} files, {'all as they should be' if whole else 'not as they should be'}")


def manifest(hub: Hub, folder: Path, id: str) -> tuple[str, list[str]]:
    """SHA-256 of the manifest, and of the images it names: the folder's own, or the hub's where it has none."""
    path = folder / MANIFEST
    if path.is_file():
        with path.open("rb") as file:
            return read(file)
    with hub.stream(f"/versions/{id}/manifest") as response:
        return read(response.iter_bytes())


def read(chunks: Iterator[bytes] | IO[bytes]) -> tuple[str, list[str]]:
    """SHA-256 of a manifest that comes in pieces, and the SHA-256 of each image it names."""
    digest, rest, found = hashlib.sha256(), b"", []
    for chunk in chunks:
        digest.update(chunk)
        *lines, rest = (rest + chunk).split(b"\n")
        found += [_image(line) for line in lines]
    return digest.hexdigest(), [image for image in found if image]


def _image(line: bytes) -> str:
    try:
        return str(json.loads(line).get("sha256", ""))  # the header names none
    except (ValueError, AttributeError, RecursionError):
        return ""  # a manifest that was tampered with, as its digest tells


def compared(folder: Path, listed: dict[str, str], said: Said) -> tuple[list[str], list[str]]:
    """Which of the listed files are missing, and which have other bytes."""
    missing, changed = [], []
    with said.bar(len(listed), "verifying", bytes=False) as bar:
        for name, digest in listed.items():
            bar.update()
            path = sums.inside(folder, name)
            if not path.is_file():
                missing.append(name)
            elif sums.of(path) != digest:
                changed.append(name)
    return missing, changed


def present(folder: Path) -> set[str]:
    """The name of every file of a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() or path.is_symlink()}


def unpictured(folder: Path, listed: dict[str, str], images: list[str]) -> list[str]:
    """The images of the manifest that no listed file shows and no tombstone explains.

    SHA256SUMS alone would not tell that a picture and its line were both taken out.
    """
    if any(name.endswith((".tar", ".parquet")) for name in listed):
        return []  # pictures lie inside other files there
    stems = {name.rsplit("/", 1)[-1].split(".")[0] for name in listed}
    gone = folder / "tombstones.csv"
    withdrawn = gone.read_text("utf-8") if gone.is_file() else ""
    return [sha256 for sha256 in images if sha256[:STEM] not in stems and sha256 not in withdrawn]
