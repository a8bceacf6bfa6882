import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.core.management import call_command
from django.db import connection

from hub.operations.postgres import LIBPQ
from tests.parts import empty_storage

numbers = itertools.count(1)


def sql_outside(statement: str) -> None:
    """Run a statement in no transaction, from the database `postgres`."""
    where = {key: value for key, value in connection.get_connection_params().items() if key in LIBPQ}
    where["dbname"] = "postgres"
    with closing(psycopg2.connect(**where)) as outside:
        outside.autocommit = True
        outside.cursor().execute(statement)


@pytest.fixture
def folder(settings, tmp_path) -> Path:
    """Where backups go; the hub's own files lie beside it."""
    empty_storage(settings, tmp_path / "files")
    return tmp_path / "backups"


@pytest.fixture(scope="session")
def migrated_once(django_db_setup, django_db_blocker) -> Iterator[Callable[[], str]]:
    """The name of a database with tables and nothing else, which is made where it is asked for: it takes seconds."""
    made: list[str] = []

    def name() -> str:
        if not made:
            before = connection.settings_dict["NAME"]
            made.append(f"{before}_migrated")
            sql_outside(f'CREATE DATABASE "{made[0]}"')
            connection.settings_dict["NAME"] = made[0]
            call_command("migrate", verbosity=0)
            connection.close()
            connection.settings_dict["NAME"] = before
        return made[0]

    yield name
    for one in made:
        sql_outside(f'DROP DATABASE "{one}" WITH (FORCE)')


@pytest.fixture
def lose_everything(transactional_db, migrated_once, settings, tmp_path) -> Iterator[Callable[..., None]]:
    """Call it, and the hub stands on a new, empty Postgres database (`migrated` or not) and on empty folders."""
    before = connection.settings_dict["NAME"]
    made = []

    def lose(*, migrated: bool = False) -> None:
        connection.close()
        made.append(f"{before}_lost_{next(numbers)}")
        sql_outside(f'CREATE DATABASE "{made[-1]}" TEMPLATE "{migrated_once() if migrated else "template1"}"')
        connection.settings_dict["NAME"] = made[-1]
        if not settings.USES_S3:
            empty_storage(settings, tmp_path / made[-1])

    yield lose
    connection.close()
    connection.settings_dict["NAME"] = before
    for name in made:
        sql_outside(f'DROP DATABASE "{name}" WITH (FORCE)')
