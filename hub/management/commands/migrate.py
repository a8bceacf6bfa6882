"""`manage.py migrate`, which waits for no lock for long: a hub that runs must not queue up behind it."""

import os
from typing import Any

from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration

# A statement that waits for a table keeps everybody after it waiting, too: rather give up, and come again.
LOCK_TIMEOUT = os.environ.get("HUB_MIGRATE_LOCK_TIMEOUT", "5s")
CANNOT_LOCK = "55P03"


class Command(migrate.Command):
    """Django's, with a limit on how long it waits for locks (docs/migrations.md)."""

    def handle(self, *args: Any, **options: Any) -> None:
        self.connection = connection = connections[options["database"]]
        wait_at_most(connection, LOCK_TIMEOUT)
        try:
            super().handle(*args, **options)
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", "") != CANNOT_LOCK:
                raise
            raise CommandError(
                f"Others held a table for longer than {LOCK_TIMEOUT}, so what waited for it changed nothing; what was"
                " done before stays: run it again. docs/migrations.md says how to find who holds it."
            ) from None
        finally:
            if connection.is_usable():
                with connection.cursor() as cursor:
                    cursor.execute("RESET lock_timeout")

    def migration_progress_callback(self, action: str, migration: Migration | None = None, fake: bool = False) -> None:
        """Django's; before a migration that is not atomic, which nobody queues up behind, the limit goes.

        An index that is built CONCURRENTLY waits for every transaction that began before it. To be cut off then
        would leave it INVALID.
        """
        super().migration_progress_callback(action, migration, fake)
        patient = action in ("apply_start", "unapply_start") and migration is not None and not migration.atomic
        wait_at_most(self.connection, "0" if patient else LOCK_TIMEOUT)


def wait_at_most(connection: BaseDatabaseWrapper, timeout: str) -> None:
    """Let statements of this connection wait so long for a lock, and no longer ("0": as long as it takes)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [timeout])
