"""The supervisor: one end for all of its processes, and nothing left behind however that end comes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hub.embedded import REPO

SUPERVISED = """
import os, sys
from hub.supervisor import Supervisor
supervisor = Supervisor(errand="errand")
for name, script in zip(sys.argv[1::2], sys.argv[2::2]):
    supervisor.add(name, ["sh", "-c", script], dict(os.environ))
print("ended:", supervisor.run({}), flush=True)
"""


class Running:
    """A supervisor under test; all it starts carries `mark` in its environment."""

    def __init__(self, mark: str, scripts: dict[str, str]) -> None:
        self.mark = mark
        words = [word for pair in scripts.items() for word in pair]
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISED, *words],
            cwd=REPO, env=os.environ | {"SUPERVISED": mark}, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def read_until(self, *words: str) -> list[str]:
        """The lines up to where all the words have come, in any order."""
        assert self.process.stdout is not None
        lines: list[str] = []
        too_long = threading.Timer(30, self.process.kill)
        too_long.start()
        for line in self.process.stdout:
            lines.append(line.rstrip())
            if all(any(word in line for line in lines) for word in words):
                too_long.cancel()
                return lines
        raise AssertionError(f"{words} never came: {lines}")

    def processes(self) -> list[int]:
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                found += [int(path.parent.name)] * (f"SUPERVISED={self.mark}".encode() in path.read_bytes())
        return found


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], Running]]:
    started: list[Running] = []

    def start(scripts: dict[str, str]) -> Running:
        started.append(Running(f"{tmp_path}-{len(started)}", scripts))
        return started[-1]

    yield start
    for running in started:
        with running.process:
            running.process.kill()


def gone(running: Running) -> bool:
    deadline = time.monotonic() + 20
    while running.processes() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not running.processes()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_stops_everything(run: Callable, how: signal.Signals) -> None:
    running = run({"web": "exec sleep 600", "worker": "exec sleep 600"})
    running.read_until("web started", "worker started")
    running.process.send_signal(how)
    running.read_until("ended: None")
    assert running.process.wait() == 0
    assert gone(running)


def test_killed_outright_it_takes_its_processes_along(run: Callable) -> None:
    running = run({"web": "echo here; exec sleep 600", "worker": "exec sleep 600"})
    running.read_until("here")
    running.process.kill()
    running.process.wait()
    assert gone(running)


def test_a_process_that_ends_by_itself_ends_the_rest_and_is_named(run: Callable) -> None:
    running = run({"web": "exec sleep 600", "worker": "exit 3"})
    assert running.read_until("ended:")[-1] == "ended: worker"
    assert gone(running)


def test_the_errand_may_end_without_ending_the_rest(run: Callable) -> None:
    running = run({"errand": "echo done", "web": "sleep 1; echo still here; exec sleep 600"})
    running.read_until("still here")
    running.process.send_signal(signal.SIGINT)
    running.read_until("ended: None")


def test_every_line_says_whose_it_is(run: Callable) -> None:
    running = run({"web": "echo first; echo second >&2; exec sleep 600"})
    assert running.read_until("web    | first", "web    | second")
