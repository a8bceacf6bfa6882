"""A database of a benchmark's own, on servers of its own unless some are named, gone when it ends."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import django


@contextmanager
def scratch(name: str) -> Iterator[str]:
    """Inside the block the hub's default database is an empty, migrated one, whose name (`hub_bench_…`) it gives."""
    from hub import embedded

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as home:
        os.chmod(home, 0o711)  # as root, Postgres runs as somebody else, who must come through
        os.environ["HUB_HOME"] = home
        with embedded.running():
            django.setup()
            with _database(name):
                yield f"hub_bench_{name}"


@contextmanager
def _database(name: str) -> Iterator[None]:
    from django.db import connection, connections

    own = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"hub_bench_{name}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connections.close_all()
        connection.creation.destroy_test_db(own, verbosity=0)
        connection.settings_dict["NAME"] = own
