"""A disk of a few megabytes for a hub on local files, in a mount namespace that its processes are started in."""

import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from hub import embedded, servers, unprivileged
from tests.faults.harness import Hub

# Root keeps its own users, because the sockets of the servers belong to another; anybody else becomes root inside.
ROOT = unprivileged.is_root()
NEW = ["unshare", "-m"] if ROOT else ["unshare", "-rm"]
SAME = ["-m"] if ROOT else ["-m", "-U", "--preserve-credentials"]


@contextmanager
def small(hub: Hub, megabytes: int) -> Iterator[None]:
    """Let the files of a hub lie on so small a disk while the block runs. Skips where nobody may mount one."""
    where = shlex.quote(str(hub.home / "files"))
    mount = f"mount -t tmpfs -o size={megabytes}m,mode=0700 none {where} && echo mounted && exec sleep 1000"
    keeper = subprocess.Popen(
        [*NEW, "sh", "-c", mount], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        preexec_fn=partial(servers.die_with_parent, signal.SIGKILL),
    )  # fmt: skip
    try:
        assert keeper.stdout
        if keeper.stdout.readline() != b"mounted\n":
            pytest.skip("This machine lets nobody mount a small disk (unshare).")
        hub.inside = ["nsenter", "-t", str(keeper.pid), *SAME, f"--wd={embedded.REPO}"]
        yield
    finally:
        hub.inside = []
        keeper.kill()
        keeper.communicate()


def fill(hub: Hub) -> None:
    """Write until there is no room."""
    _run(hub, f"head -c 1G /dev/zero > {_ballast(hub)}; true")


def make_room(hub: Hub) -> None:
    """Take away what `fill` wrote."""
    _run(hub, f"rm {_ballast(hub)}")


def _ballast(hub: Hub) -> str:
    return shlex.quote(str(hub.home / "files" / "ballast"))


def _run(hub: Hub, line: str) -> None:
    subprocess.run([*hub.inside, "sh", "-c", line], check=True, stderr=subprocess.DEVNULL)
