"""The web server: waitress, told how much it takes from its clients. `python -m hub.serve --listen=… --threads=8`

Python runs one thread at a time, so `HUB_WEB_PROCESSES` of it (as many as processors, at most four) answer on one
socket: whichever is free takes the next connection, and one that dies is started anew while the others go on.
"""

import os
import signal
import socket
import sys
import time
import traceback
from contextlib import suppress
from importlib import import_module
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import waitress
from waitress.adjustments import Adjustments

from hub.servers import die_with_parent

OPTIONS = [
    # It reads a whole request before it takes a thread, so a slow client costs a connection: let there be many. Its own
    # limit of 100 lets a hundred idle ones shut the door. Beyond 1,024 files only poll can wait for them.
    "--connection-limit=2000",
    "--asyncore-use-poll",
    "--channel-timeout=60",
    "--max-request-header-size=32768",
    # Who it is and which version is nobody's business.
    "--ident=",
]
BACKLOG = 1024


def largest_body() -> int:
    """Bytes of a body that are read at all: more than the hub takes, so that it refuses a large file in words."""
    from django.conf import settings

    return 2 * settings.MAX_FILE_BYTES


def main(arguments: list[str]) -> None:
    """Serve the site with more of waitress' options until the process is stopped."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    options, _ = Adjustments.parse_args([*OPTIONS, f"--max-request-body-size={largest_body()}", *arguments])
    host, _, port = options.pop("listen").strip().rpartition(":")
    del options["help"], options["call"]  # of waitress' own command line
    with (
        socket.create_server((host, int(port)), backlog=BACKLOG) as door,
        TemporaryDirectory(prefix="hub-web-") as shared,
    ):
        # What the processes count is told by any of them; read when the site is.
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", shared)
        for end in (signal.SIGTERM, signal.SIGINT):
            signal.signal(end, lambda *_: sys.exit(0))
        watch(door, site(), options)


def site() -> Any:
    """The application with all its pages, read before the fork, so that the processes share the memory."""
    from hub.wsgi import application

    import_module("hub.urls")
    return application


def processes() -> int:
    """How many answer."""
    return int(os.environ.get("HUB_WEB_PROCESSES") or min(4, os.cpu_count() or 1))


def watch(door: socket.socket, application: Any, options: dict[str, Any]) -> None:
    """Keep so many processes answering until this one is told to end; then end them."""
    running: set[int] = set()
    try:
        while True:
            while len(running) < processes():
                running.add(begin(door, application, options))
            running.discard(os.wait()[0])
            time.sleep(0.2)  # one that cannot start must not keep the processor
    finally:
        for pid in running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        for _ in running:
            with suppress(ChildProcessError):
                os.wait()


def begin(door: socket.socket, application: Any, options: dict[str, Any]) -> int:
    """Start one more process that answers; its id."""
    parent = os.getpid()
    pid = os.fork()
    if not pid:
        die_with_parent(signal.SIGKILL, parent)  # at once: whoever starts the site anew needs its door
        answer(door, application, options)
    return pid


def answer(door: socket.socket, application: Any, options: dict[str, Any]) -> NoReturn:
    """Serve until told to end; what was begun may be finished, for five seconds."""
    status = 1
    try:
        with suppress(SystemExit, KeyboardInterrupt):
            waitress.serve(application, sockets=[door], **options)
        status = 0
    except Exception:  # noqa: BLE001 - nothing may come back into what the parent does
        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1:])
