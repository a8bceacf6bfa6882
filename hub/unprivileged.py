"""Folders, programs and an account for servers that must not be root, and that change no folder they did not make."""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
from pathlib import Path
from typing import Any


class CannotStart(Exception):  # noqa: N818 - reads as what happened
    """Why the hub's own servers cannot run, in words for the person who started them."""


def is_root() -> bool:
    return os.geteuid() == 0


def account() -> tuple[int, int]:
    """User and group the servers run as: Postgres refuses to be root."""
    if not is_root():
        return os.geteuid(), os.getegid()
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def as_account(where: Path) -> dict[str, Any]:
    """How to start a server as that account: arguments of subprocess, without the hub's environment and secrets."""
    common: dict[str, Any] = {"cwd": where, "env": {"PATH": os.defpath}}
    if not is_root():
        return common
    uid, gid = account()
    return {**common, "user": uid, "group": gid, "extra_groups": []}


def open_to_all(path: Path) -> bool:
    """Whether any account may come as far as this folder."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def programs(package: str, part: str, where: Path) -> Path:
    """The folder of a package's programs, or a copy in the home where the servers' account cannot reach it.

    Raises `CannotStart` when the package is not installed.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart(f"The package {package} is not installed: run `uv sync`.")
    original = Path(spec.submodule_search_locations[0])
    if not is_root() or open_to_all(original / part):
        return original / part
    copies = where / "programs" / f"{package}-{importlib.metadata.version(package)}"
    _open_copy(original, part, copies)
    return copies / package / part


def _open_copy(package: Path, part: str, copies: Path) -> None:
    if copies.exists():
        return
    unfinished = copies.with_name(f"{copies.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(package / part, unfinished / package.name / part)
    libraries = package.with_name(f"{package.name}.libs")  # wheels look for theirs beside the package
    if libraries.exists():
        shutil.copytree(libraries, unfinished / libraries.name)
    for path in (copies.parent, unfinished, *unfinished.rglob("*")):
        path.chmod(0o755)
    unfinished.rename(copies)


def make_home(where: Path) -> None:
    """Make what is missing of a home, and change nothing that was there."""
    for folder in reversed([where, *where.parents]):
        if not folder.exists():
            folder.mkdir()
            folder.chmod(0o711 if is_root() else 0o700)  # whatever the umask: the servers must pass
    for part in ("files", "logs"):
        (where / part).mkdir(mode=0o700, exist_ok=True)
    if is_root() and not open_to_all(where):
        raise CannotStart(
            f"Postgres never runs as root, and the account it runs as may not enter {where}. "
            "Set HUB_HOME to a folder whose parents anybody may enter."
        )


def private_folder(path: Path) -> None:
    """Make a folder that only the servers' account may enter, or see that it is one."""
    uid, gid = account()
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
            raise CannotStart(f"{path} is not a private folder of user {uid}: remove it or its rights.") from None
    else:
        os.chown(path, uid, gid)
