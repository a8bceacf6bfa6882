"""The processes of a hub that is tried: those of `make run`, in an environment of their own, started and killed."""

import os
import signal
import subprocess
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hub import embedded, servers
from hub.management.commands import up
from tests.faults import giving, waiting

if TYPE_CHECKING:
    from tests.faults.harness import Hub

# Every queue in one worker: for trials that have no seconds to spare.
ALL = ("-Q", "ingest,places,upkeep,export", "-c", "2", "-n", "all@%h")


def environment(hub: "Hub", *, bucket: bool) -> dict[str, str]:
    """What every process of this hub is told."""
    given = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "S3_", "PYTEST"))}
    given |= {
        "PYTHONUNBUFFERED": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "DJANGO_SETTINGS_MODULE": "hub.settings",
        "DATABASE_URL": hub.database,
        "REDIS_URL": hub.redis_url,
        "HUB_HOME": str(hub.home),
        "HUB_DEBUG": "0",
        "HUB_HTTP": "1",
        "HUB_FIND_STATIC": "1",
        "HUB_LOG": "text",
        "HUB_HOSTS": "127.0.0.1",
        "HUB_ORIGIN": hub.url,
        "HUB_SECRET_KEY": "only-for-a-hub-that-is-thrown-away-" + "0" * 30,
        "HUB_JOB_LEASE_SECONDS": str(hub.lease),
        "HUB_FETCH_WEIGHTS": "0",
        "NOMINATIM_URL": hub.geocoder.url,
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(hub.letters.port),
        "EMAIL_USE_TLS": "0",
    }
    if bucket:
        given |= {
            "S3_ENDPOINT_URL": hub.wall.url,
            "S3_BUCKET": hub.bucket.name,
            "S3_ACCESS_KEY_ID": hub.bucket.access_key,
            "S3_SECRET_ACCESS_KEY": hub.bucket.secret_key,
        }
    return given


def command(hub: "Hub", name: str) -> list[str]:
    """How a process is started: as `make run` does; `all` is a worker of every queue but training and predict.

    `crash-<queue>` is a worker with one child, which is killed at CRASH_AT: see tests/faults/crashing.py.
    """
    known = up.processes(hub.port)
    known["beat"][known["beat"].index("-s") + 1] = str(hub.home / "beat-schedule")
    worker = known["ingest"][: known["ingest"].index("-Q")]
    known["all"] = [*worker, *ALL]
    if name.startswith("crash-"):
        queue = name.removeprefix("crash-")
        crashing = [*worker, "-Q", queue, "-c", "1", "-n", f"{name}@%h"]
        crashing[crashing.index("workers")] = "tests.faults.crashing"
        return ["env", "HUB_INGEST_CHILD_BYTES=0", *crashing] if queue == "training" else crashing
    return known[name]


class Processes:
    """What a Hub does with its processes, which go by their names in `make run`."""

    home: Path
    url: str

    def __init__(self) -> None:
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment: dict[str, str] = {}
        self.inside: list[str] = []  # what every process is started with: see tests/faults/disks.py
        self.exits: dict[str, list[int]] = {}
        self.usual: tuple[str, ...] = ()  # what runs between two trials

    def start(self, *names: str, **environment: str) -> None:
        """Start processes of the hub by their names in `make run`; further environment for all of them."""
        for name in names:
            line = command(self, name)  # type: ignore[arg-type]
            with (self.home / "logs" / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    [*self.inside, *line],
                    env=self.environment | environment,
                    cwd=embedded.REPO,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=partial(servers.die_with_parent, signal.SIGKILL),
                )
        if "web" in names:
            self.answers()

    def kill(self, name: str) -> None:
        """kill -9 of the process itself; the children of a worker notice by themselves."""
        self._signal(name, signal.SIGKILL)
        self.wait(name)

    def end(self, *names: str, within: float = 60) -> None:
        """SIGTERM, and wait until they have ended."""
        for name in names:
            self._signal(name, signal.SIGTERM)
        for name in names:
            self.wait(name, within)

    def pause(self, name: str) -> None:
        """SIGSTOP for the process and its children."""
        os.killpg(self.processes[name].pid, signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        """SIGCONT."""
        os.killpg(self.processes[name].pid, signal.SIGCONT)

    def wait(self, name: str, seconds: float = 60) -> int:
        """Wait until a process ends; its exit status, which is kept in `exits`."""
        status = self.processes[name].wait(seconds)
        self.exits.setdefault(name, []).append(status)
        del self.processes[name]
        return status

    def children(self, name: str) -> list[int]:
        """The children of a process, such as those of a worker's pool."""
        pid = self.processes[name].pid
        with suppress(FileNotFoundError):
            return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return []

    def kill_child(self, name: str) -> bool:
        """kill -9 of one child of a pool; False when it has none at this moment."""
        for child in self.children(name)[:1]:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
                return True
        return False

    def _signal(self, name: str, what: signal.Signals) -> None:
        self.processes[name].send_signal(what)

    def answers(self, seconds: float = 60) -> None:
        """Wait until the site answers."""
        waiting.until(lambda: giving.status(f"{self.url}/healthz") == 200, seconds, "the site answers")
