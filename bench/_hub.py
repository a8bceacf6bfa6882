"""A whole hub for a benchmark: the processes of `make run` on a scratch database, and what each of them costs."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.simulate import surroundings

TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 180  # seconds to start in, on a machine that does other things too
# What a load of pages and photos never rings for; they would only take memory.
IDLE = ("hub", "training", "predict")


@contextmanager
def serving(port: int) -> Iterator[dict[str, subprocess.Popen]]:
    """Inside the block the hub of the scratch database answers on 127.0.0.1; its processes by name."""
    from hub.management.commands import up

    environment = up.environment() | surroundings(os.environ["HUB_HOME"])
    started: dict[str, subprocess.Popen] = {}
    try:
        for name, command in up.processes(port).items():
            if name not in IDLE:
                started[name] = start(command, environment, log_of(name))
        if not up.answers(f"http://127.0.0.1:{port}/readyz", PATIENCE):
            raise SystemExit(log_of("web").read_text())
        wait_for_workers(len(started.keys() - {"web", "beat"}), environment["REDIS_URL"])
        yield started
    finally:
        stop(started.values())


def wait_for_workers(number: int, redis: str, seconds: float = PATIENCE) -> None:
    """Wait until so many workers answer: what is measured is work, not the start."""
    from celery import Celery

    from hub import embedded

    deadline = time.monotonic() + seconds
    with Celery("bench", broker=embedded.broker_url(redis), set_as_current=False) as app:
        while len(app.control.ping(timeout=1)) < number:
            if time.monotonic() > deadline:
                raise SystemExit("The workers did not start.")


def start(command: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen:
    """A process that ends with this one, and writes to a log."""
    from hub.servers import die_with_parent

    with log.open("ab") as out:
        return subprocess.Popen(command, env=environment, stdout=out, stderr=out, preexec_fn=die_with_parent)


def log_of(name: str) -> Path:
    """Where a process of the hub writes."""
    return Path(os.environ["HUB_HOME"], "logs", f"{name}.log")


def stop(processes) -> None:
    """End them politely, and after half a minute by force."""
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Costs:
    """CPU seconds of each process with its children, of the servers and of ourselves, since it was made."""

    def __init__(self, processes: dict[str, subprocess.Popen]) -> None:
        self.pids = {name: process.pid for name, process in processes.items()} | servers_of(os.getpid())
        self.before = self._now()

    def _now(self) -> dict[str, float]:
        times = os.times()
        return {name: seconds(pid) for name, pid in self.pids.items()} | {"generator": times.user + times.system}

    def so_far(self) -> dict[str, float]:
        """Seconds by name."""
        return {name: spent - self.before[name] for name, spent in self._now().items()}


def servers_of(parent: int) -> dict[str, int]:
    """The process of each server that this one started."""
    named = {pid: Path(f"/proc/{pid}/comm").read_text().strip() for pid in children(parent)}
    known = {"postgres": "postgres", "redis-server": "redis"}
    return {known[name]: pid for pid, name in named.items() if name in known}


def children(pid: int) -> list[int]:
    """The processes whose parent is `pid`, whichever of its threads made them."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, task.read_text().split())
    return found


def seconds(pid: int) -> float:
    """CPU seconds of a process and all below it, those that ended included."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:15])) / TICKS + sum(map(seconds, children(pid)))
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
