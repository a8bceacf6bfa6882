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
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from hub import embedded, servers, unprivileged
from tests import nominatim, s3
from tests.faults import giving, letters, processes, waiting
from tests.faults.contents import Contents
from tests.faults.processes import Processes
from tests.faults.proxy import Wall

SERVERS = ("postgres", "redis", "store")
# Long enough for a heartbeat on a busy machine, short enough to wait for.
LEASE = 8


class Hub(Processes, Contents):
    """The servers and processes of one hub in the folder `home`; see `running`."""

    def __init__(self, home: Path, *, bucket: bool, lease: int) -> None:
        super().__init__()
        self.home, self.lease = home, lease
        self.database = embedded.database_url(home)
        self.sockets = home / "run"  # where the database's address says, too
        self.redis_socket = self.sockets / "redis.sock"
        self.redis_url = f"unix://{quote(str(self.redis_socket))}?db=0"
        self.up: dict[str, ExitStack] = {}
        self.port, store = waiting.port(), waiting.port()
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

    def manage(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command of manage.py, to its end."""
        return self.python("manage.py", *command, **environment)

    def python(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A Python program inside this hub, to its end."""
        line, surroundings = [*self.inside, sys.executable, *command], self.environment | environment
        return subprocess.run(
            line, env=surroundings, cwd=embedded.REPO, check=False, text=True, capture_output=True, timeout=300
        )

    def furnish(self, people: int) -> None:
        """The tables, labels, and people with tokens."""
        done = self.python("-m", "tests.faults.furnish", str(people))
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
