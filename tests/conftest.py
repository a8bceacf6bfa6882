"""One real Postgres and one real Redis for a test session; a Redis database and a folder per xdist worker."""

import atexit
import gc
import os
import shutil
import tempfile
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import django
from django.conf import settings

from hub import embedded

pytest_plugins = ["tests.s3"]

session = ExitStack()


def pytest_xdist_setupnodes(specs: list) -> None:
    """Give every worker its own environment before it reads any settings."""
    for number, spec in enumerate(specs, start=1):
        spec.env = surroundings(number)


def pytest_collection_finish() -> None:
    """Let the collector leave alone what stays: walking all libraries again and again is an eighth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_unconfigure() -> None:
    session.close()


def start_servers() -> None:
    """Run the servers that `DATABASE_URL` and `REDIS_URL` do not name, and name them to everything below."""
    files = tempfile.TemporaryDirectory(prefix="hub-tests-", dir=in_memory(), ignore_cleanup_errors=True)
    os.environ["HUB_TEST_FILES"] = session.enter_context(files)
    for number in count():
        where = embedded.home() / "tests" / str(number)
        try:
            # No fsync: what a power cut may ruin here is rebuilt by the next session.
            session.enter_context(embedded.running(where, durable=False))
        except embedded.AlreadyRunning:
            continue  # another session's; ours keeps the next number
        os.environ.setdefault("DATABASE_URL", embedded.database_url(where))
        os.environ.setdefault("REDIS_URL", embedded.redis_url(where))
        return


def in_memory() -> str | None:
    """A folder in memory, where there is room: each stored file is synced, and a busy disk takes its time for that."""
    shared = "/dev/shm"
    return shared if Path(shared).is_dir() and shutil.disk_usage(shared).free > 4 * 1024**3 else None


def surroundings(number: int) -> dict[str, str]:
    """The environment of one test process: its Redis databases (queues and cache) and its files."""
    files = Path(os.environ["HUB_TEST_FILES"], str(number))
    files.mkdir(exist_ok=True)
    return {"REDIS_URL": embedded.other_database(embedded.redis_url(), 2 * number), "HUB_HOME": str(files)}


if "PYTEST_XDIST_WORKER" not in os.environ:
    atexit.register(session.close)
    start_servers()
    os.environ.update(surroundings(0))
    os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"

# Now, because conftest files below this one import models before pytest-django would set Django up.
django.setup()
# Slow on purpose where it guards something: half a second for every form with a password in it.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
