"""The site as `manage.py up` starts it: its own process and port, on the database of the tests."""

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from hub import embedded
from hub.management.commands.up import processes
from hub.servers import die_with_parent
from tests.s3 import free_port

HOST = "127.0.0.1"


@contextmanager
def served(**environment: str) -> Iterator[int]:
    """Serve the site until the block ends; its port. `environment` adds to what the process is told."""
    port = free_port()
    told = os.environ | surroundings() | environment
    web = subprocess.Popen(
        processes(port)["web"],
        cwd=embedded.REPO,
        env=told,
        preexec_fn=die_with_parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield port
    finally:
        web.kill()
        web.wait()


def surroundings() -> dict[str, str]:
    """What `manage.py up` tells the web process of an embedded hub; the database is that of the tests."""
    name = str(settings.DATABASES["default"]["NAME"])
    address = os.environ["DATABASE_URL"]
    local = {"HUB_DEBUG": "0", "HUB_HTTP": "1", "HUB_FIND_STATIC": "1", "HUB_HOSTS": f"{HOST},localhost"}
    return local | {"DATABASE_URL": named(address, name), "HUB_SECRET_KEY": secrets.token_urlsafe(50)}


def named(address: str, database: str) -> str:
    """The address of another database on the same server."""
    before, mark, query = address.partition("?")
    return f"{before.rsplit('/', 1)[0]}/{database}{mark}{query}"


def wait_for(port: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the site did not start")
