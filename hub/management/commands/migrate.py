"""`manage.py migrate`, which waits for no lock for long: a hub that runs must not queue up behind it."""

import os
from typing import Any

from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections

# A statement that waits for a table keeps everybody after it waiting, too: rather give up, and come again.
LOCK_TIMEOUT = os.environ.get("HUB_MIGRATE_LOCK_TIMEOUT", "5s")
CANNOT_LOCK = "55P03"


class Command(migrate.Command):
    """Django's, with a limit on how long it waits for locks (docs/migrations.md)."""

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
        try:
            super().handle(*args, **options)
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", "") != CANNOT_LOCK:
                raise
            raise CommandError(
                f"Others held a table for longer than {LOCK_TIMEOUT}, so this migration changed nothing: run it again."
                " docs/migrations.md says how to find who holds it."
            ) from None
        finally:
            if connection.is_usable():
                with connection.cursor() as cursor:
                    cursor.execute("RESET lock_timeout")
