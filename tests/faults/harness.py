"""A real hub on throw-away servers, whose every part can be killed, stopped, and started again.

    with harness.running() as hub:                      # Postgres, Redis, object store behind a wall, SMTP, geocoder
        hub.start("web", "ingest", "upkeep", "beat")    # the processes of `make run`, by their names there
        giver = hub.suppliers[0]
        giver.give(picture(1), "1.jpg")                 # over HTTP, again and again until it is acknowledged
        hub.kill("ingest")                              # kill -9; also: end (SIGTERM), pause (SIGSTOP), go_on (SIGCONT)
        hub.start("ingest")
        hub.stop_server("redis"); hub.start_server("redis")
        hub.wall.mode = "503"                           # what the object store answers: see tests/faults/proxy.py
        hub.settled(120)                                # wait until no job is left; fails after so many seconds
        proof.prove(hub)                                # audit --deep is clean; nothing is lost, nothing is twice

Needs no pytest, and of Django only that it is set up: `hub.rows(sql)` asks the hub's own database, the ORM another.
Start processes from the main thread: the kernel ends each of them with the thread that started it.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
import redis
from celery import Celery

from hub import embedded, servers, unprivileged
from tests import nominatim, s3
from tests.faults import giving, letters, processes
from tests.faults.proxy import Wall

SERVERS = ("postgres", "redis", "store")
# Long enough for a heartbeat on a busy machine, short enough to wait for.
LEASE = 8


class Hub:
    """The servers and processes of one hub in the folder `home`; see `running`."""

    def __init__(self, home: Path, *, bucket: bool, lease: int) -> None:
        self.home, self.lease = home, lease
        self.database = embedded.database_url(home)
        self.sockets = home / "run"  # where the database's address says, too
        self.redis_socket = self.sockets / "redis.sock"
        self.redis_url = f"unix://{quote(str(self.redis_socket))}?db=0"
        self.up: dict[str, ExitStack] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.inside: list[str] = []  # what every process is started with: see tests/faults/disks.py
        self.exits: dict[str, list[int]] = {}
        self.port, store = s3.free_port(), s3.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        (home / "store" / "hub").mkdir(parents=True)
        self.bucket = s3.Bucket(f"http://127.0.0.1:{store}", "faults", "faults-secret", "hub", home / "store" / "hub")
        self.wall = Wall(store)
        self.letters, self.outside = letters.Letters(), ExitStack()
        self.geocoder = self.outside.enter_context(nominatim.serving())
        self.environment = processes.environment(self, bucket=bucket)
        self.suppliers: list[giving.Supplier] = []
        self.ledger = giving.Ledger()

    # --- servers ---

    def start_server(self, name: str) -> None:
        """Run postgres, redis or store, and wait until it answers."""
        stack = self.up[name] = ExitStack()
        if name == "postgres":
            self.postgres = stack.enter_context(servers.postgres(self.home, self.sockets, durable=False))
        elif name == "redis":
            self.redis = stack.enter_context(servers.redis(self.home, self.redis_socket, durable=False))
        else:
            port = int(self.bucket.endpoint_url.rsplit(":", 1)[1])
            process = s3.serve(self.home / "store", port, self.bucket)
            stack.callback(process.wait)
            stack.callback(process.kill)
            s3.wait_for(port, process)

    def stop_server(self, name: str) -> None:
        """End a server at once: Postgres as in a crash, Redis with all it held."""
        if name == "postgres":
            self.postgres.send_signal(signal.SIGQUIT)
            self.postgres.wait(30)
        elif name == "redis":
            self.redis.kill()
            self.redis.wait(30)
        self.up.pop(name).close()

    # --- processes ---

    def start(self, *names: str, **environment: str) -> None:
        """Start processes of the hub by their names in `make run`; further environment for all of them."""
        for name in names:
            command = processes.command(self, name)
            with (self.home / "logs" / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    [*self.inside, *command],
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
        wait_until(lambda: giving.status(f"{self.url}/healthz") == 200, seconds, "the site answers")

    # --- what is in it ---

    def rows(self, query: str, *values: Any) -> list[tuple]:
        """The answer of the hub's own database, over a connection of its own; a change is committed."""
        connection = psycopg2.connect(host=str(self.sockets), user="hub", dbname="hub")
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(query, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def value(self, query: str, *values: Any) -> Any:
        """The one value of one row."""
        return self.rows(query, *values)[0][0]

    def broker(self) -> redis.Redis:
        """The Redis of its queues."""
        return redis.Redis(unix_socket_path=str(self.redis_socket))

    def ring(self, task: str, *arguments: Any, queue: str, times: int = 1) -> None:
        """Send so many messages of a task, as the site and beat do."""
        address = self.redis_url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
        with Celery("faults", broker=address, set_as_current=False) as app:
            app.conf.task_ignore_result = True
            for _ in range(times):
                app.send_task(f"workers.{task}", arguments, queue=queue)

    def live(self, *besides: str) -> int:
        """How many jobs are queued or running, those of some kinds aside."""
        return self.value(
            "SELECT count(*) FROM hub_job WHERE state IN ('queued', 'running') AND NOT kind = ANY (%s)", list(besides)
        )

    def settled(self, seconds: float, *besides: str) -> float:
        """Wait until no job is left; how many seconds it took. Fails after so many, naming what is left."""
        begun = time.monotonic()
        while self.live(*besides):
            if time.monotonic() - begun > seconds:
                left = self.rows("SELECT kind, state, attempt, error FROM hub_job WHERE state IN ('queued', 'running')")
                raise AssertionError(f"After {seconds} s there are left: {left[:20]}")
            time.sleep(0.2)
        return time.monotonic() - begun

    def manage(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command of manage.py, to its end."""
        return self.python("manage.py", *command)

    def python(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A Python program inside this hub, to its end."""
        return subprocess.run(
            [*self.inside, sys.executable, *command], env=self.environment, cwd=embedded.REPO, check=False, text=True,
            capture_output=True, timeout=300,
        )  # fmt: skip

    def furnish(self, people: int) -> None:
        """Labels, and people with tokens."""
        for command in (("manage.py", "migrate", "-v", "0"), ("-m", "tests.faults.furnish", str(people))):
            done = self.python(*command)
            assert done.returncode == 0, done.stderr
        tokens = json.loads(done.stdout.splitlines()[-1])
        self.suppliers = [giving.Supplier(self.url, name, token, self.ledger) for name, token in tokens.items()]
        self.grace = self.suppliers.pop()

    def close(self) -> None:
        """Kill whatever still runs."""
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for stack in self.up.values():
            stack.close()
        for one in [*self.suppliers, self.grace] if self.suppliers else ():
            one.client.close()
        self.wall.close()
        self.letters.close()
        self.outside.close()


def wait_until(holds, seconds: float, what: str) -> float:
    """Wait until `holds()`; how many seconds it took. Fails after so many."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, f"After {seconds} s still not: {what}"
        time.sleep(0.1)
    return time.monotonic() - begun


@contextmanager
def running(*, people: int = 3, bucket: bool = True, lease: int = LEASE) -> Iterator[Hub]:
    """Servers, an empty hub with `people` suppliers, and none of its processes yet. `bucket`: S3, else local files.

    What its processes said is kept in a folder that is named when the block fails.
    """
    home = Path(tempfile.mkdtemp(prefix="hub-faults-", dir="/var/tmp" if os.access("/var/tmp", os.W_OK) else None))
    home.chmod(0o711 if unprivileged.is_root() else 0o700)
    hub = None
    try:
        unprivileged.make_home(home)
        unprivileged.private_folder(home / "run")
        hub = Hub(home, bucket=bucket, lease=lease)
        for name in SERVERS if bucket else SERVERS[:2]:
            hub.start_server(name)
        hub.furnish(people)
        yield hub
    except BaseException:
        print(f"What the processes of the hub said is in {home}/logs", flush=True)
        keep = True
        raise
    else:
        keep = False
    finally:
        if hub:
            hub.close()
        if not keep:
            shutil.rmtree(home, ignore_errors=True)
