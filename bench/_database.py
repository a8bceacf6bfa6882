"""A database of a benchmark's own, on servers of its own unless some are named, gone when it ends."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import django


@contextmanager
def scratch(name: str, keep: str = "") -> Iterator[str]:
    """Inside the block the hub's default database is an empty, migrated one, whose name (`hub_bench_…`) it gives.

    `keep`: a folder in which servers, database and files stay, and are found again.
    """
    from hub import embedded

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    with _home(keep) as home:
        os.environ["HUB_HOME"] = home
        with embedded.running():
            django.setup()
            with _database(name, keep=bool(keep)):
                yield f"hub_bench_{name}"


@contextmanager
def _home(keep: str) -> Iterator[str]:
    if keep:
        os.makedirs(keep, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as home:
        os.chmod(home, 0o711)  # as root, Postgres runs as somebody else, who must come through
        yield home


@contextmanager
def _database(name: str, *, keep: bool) -> Iterator[None]:
    from django.db import connection, connections

    own = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"hub_bench_{name}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False, keepdb=keep)
    try:
        yield
    finally:
        connections.close_all()
        connection.creation.destroy_test_db(own, verbosity=0, keepdb=keep)
        connection.settings_dict["NAME"] = own
