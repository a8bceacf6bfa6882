"""The hub's own Celery app with steps that kill: `CRASH_AT="before hub.storage.put" celery -A tests.faults.crashing`.

CRASH_AT: `before` or `after`, the function, and `#2` for its second call; several are parted by semicolons. Where a
step is reached the child of the pool gets SIGKILL, and the next child ends at the next step; at the last the worker is
killed, too. The file CRASHED in HUB_HOME has a line for each. With CRASH_FOR, the SHA-256 of a picture, the child is
killed at every attempt at this picture (`CRASH_AT` is of no use then).
"""

import functools
import importlib
import itertools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery.signals import worker_process_init

from workers.celery import app

__all__ = ["app"]
# Loaded by tasks as they need them: here at once, so that every name a step goes by is there to be exchanged.
LAZY = ("workers.imaging", "workers.archives", "workers.nearest", "workers.training_files", "workers.training_rows")
BORDERS = ("hub", "workers")


def die(where: str, *, worker: bool) -> None:
    """Write down where, then end this child, and the worker above it, at this very moment."""
    with crashed().open("a") as file:
        file.write(f"{where}\n")
    if worker:
        os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def crashed() -> Path:
    """Where it is written down."""
    return Path(os.environ["HUB_HOME"], "CRASHED")


def crash_at(step: str, *, worker: bool) -> None:
    """Exchange the function under every name it has in the hub by one that kills at its so manyth call."""
    when, function = step.split(" ", 1)
    path, _, number = function.partition("#")
    for lazy in LAZY if "training" in path else LAZY[:3]:
        importlib.import_module(lazy)
    module, name = path.rsplit(".", 1)
    original = getattr(importlib.import_module(module), name)
    exchange(
        original, killing(original, when == "after", int(number or 1), functools.partial(die, step, worker=worker))
    )


def killing(original: Callable, after: bool, call: int, kill: Callable[[], None]) -> Callable:
    calls = itertools.count(1)

    @functools.wraps(original)
    def step(*arguments: Any, **named: Any) -> Any:
        here = next(calls) == call  # counted on entry: several threads may be inside at once
        answer = original(*arguments, **named) if after or not here else None
        if here:
            kill()
        return answer

    return step


def exchange(original: Callable, other: Callable) -> None:
    """Put `other` wherever a module of the hub names `original`."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in BORDERS:
            for key, value in list(vars(module).items()):
                if value is original:
                    setattr(module, key, other)


def crash_for(sha256: str) -> None:
    """Kill whoever reads the picture of this digest."""
    from hub import storage
    from workers import ingest

    read = ingest.read

    def reading(data: bytes) -> Any:
        if storage.digest_of(data) == sha256:
            die(f"read {sha256}", worker=False)
        return read(data)

    exchange(read, reading)


@worker_process_init.connect
def arm(**_: Any) -> None:
    """In the child, because what learns must not be loaded before a fork."""
    app.loader.import_default_modules()
    steps = os.environ.get("CRASH_AT", "").split(";")
    done = len(crashed().read_text().splitlines()) if crashed().exists() else 0
    if step := steps[min(done, len(steps) - 1)]:
        crash_at(step, worker=step == steps[-1])
    if digest := os.environ.get("CRASH_FOR"):
        crash_for(digest)


app.conf.worker_proc_alive_timeout = 120  # loading all that takes its time
