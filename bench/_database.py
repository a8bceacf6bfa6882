"""A database of a benchmark's own on the hub's server, dropped when it ends."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import django


@contextmanager
def scratch(name: str) -> Iterator[None]:
    """Inside the block the hub's default database is an empty, migrated one called `hub_bench_<name>`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    django.setup()
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
