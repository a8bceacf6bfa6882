"""Load a file of `sql/` and run it with named parameters."""

from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection

SQL_DIR = Path(__file__).resolve().parent.parent / "sql"


@cache
def load(name: str) -> str:
    """The text of `sql/<name>.sql`."""
    return (SQL_DIR / f"{name}.sql").read_text()


def rows(name: str, **params: Any) -> list[dict[str, Any]]:
    """What `sql/queries/<name>.sql` answers, a dict per row."""
    with connection.cursor() as cursor:
        cursor.execute(load(f"queries/{name}"), params)
        columns = [column.name for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def call(function: str, *args: Any) -> None:
    """Run a function of the schema for what it does. `function` is never user input."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({', '.join(['%s'] * len(args))})", args)
