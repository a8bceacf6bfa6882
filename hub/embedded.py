"""The hub's own Postgres and Redis: found in Python packages, run beside the hub, stopped with it.

Settings ask this module where the servers are, so it knows nothing of Django and imports no server
package (importing those starts things). What `DATABASE_URL` or `REDIS_URL` name is never started here.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from hub import servers
from hub.unprivileged import CannotStart, is_root, make_home, open_to_all, private_folder

REPO = Path(__file__).resolve().parent.parent
LONGEST_SOCKET_FOLDER = 80  # the kernel takes 107 bytes, of which Postgres adds up to 22


class AlreadyRunning(CannotStart):
    """Another process runs the hub of this home."""


def home() -> Path:
    """The folder of everything an embedded hub keeps: pg/, redis/, files/, logs/."""
    if given := os.environ.get("HUB_HOME"):
        return Path(given).expanduser().absolute()
    if is_root() and not open_to_all(REPO):
        return Path("/var/lib/deep-images-hub", _short(REPO))
    return REPO / ".hub"


def database_url(where: Path | None = None) -> str:
    """Where the embedded Postgres of a home is, or will be once it runs."""
    return f"postgres://hub@{quote(str(_sockets(where or home())), safe='')}/hub"


def redis_url(where: Path | None = None) -> str:
    """The Redis to use, in redis-py's words: `REDIS_URL`, or the embedded one of a home."""
    return os.environ.get("REDIS_URL") or f"unix://{quote(str(_redis_socket(where or home())))}?db=0"


def broker_url(url: str = "") -> str:
    """A Redis (that to use, unless named) in the words of Celery's kombu, which spells Unix sockets differently."""
    return (url or redis_url()).replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")


def cache_url() -> str:
    """The next database of the same Redis, so that emptying the cache never empties the queues."""
    return other_database(redis_url(), 1)


def other_database(url: str, further: int) -> str:
    """The same Redis, so many databases further on."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        socket, _, number = url.partition("?db=")
        return f"{socket}?db={int(number or 0) + further}"
    return urlunsplit(parts._replace(path=f"/{int(parts.path.strip('/') or 0) + further}"))


@contextmanager
def running(where: Path | None = None, *, durable: bool = True) -> Iterator[dict[str, servers.Server]]:
    """Run the servers that are not provided from outside, ready on entry and gone on exit.

    Gives the servers it runs, by name. `durable=False` turns fsync off, for tests. Raises `CannotStart` with the
    reason.
    """
    where = where or home()
    mine = {}
    with ExitStack() as stack:
        make_home(where)
        stack.enter_context(_only_one(where))
        private_folder(_sockets(where))
        if not os.environ.get("DATABASE_URL"):
            mine["postgres"] = stack.enter_context(servers.postgres(where, _sockets(where), durable=durable))
        if not os.environ.get("REDIS_URL"):
            mine["redis"] = stack.enter_context(servers.redis(where, _redis_socket(where), durable=durable))
        yield mine


@contextmanager
def _only_one(where: Path) -> Iterator[None]:
    # lockf, not flock: its lock is not inherited by the processes the supervisor forks, so it ends with it.
    with (where / "lock").open("a+") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning(f"The hub in {where} is running already. Stop it first, or set HUB_HOME.") from None
        yield


def _sockets(where: Path) -> Path:
    beside = where / "run"
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER:
        return beside
    # Not TMPDIR: a command in another terminal must arrive at the same folder. It is private, its owner is checked.
    return Path("/tmp", f"deep-images-hub-{_short(where)}")  # noqa: S108  # nosec B108


def _redis_socket(where: Path) -> Path:
    return _sockets(where) / "redis.sock"


def _short(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
