"""Migrations beside a hub that runs: they wait for nobody's table for long, and for an index as long as it takes."""

import threading
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from hub import counts
from hub.management.commands import migrate
from tests.parts import committed, in_threads


@committed
def test_migrate_gives_up_on_a_table_others_hold_and_changes_nothing(monkeypatch):
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "100ms")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(CommandError, match=r"for longer than 100ms.*run it again"):
            in_threads(1, lambda number: call_command("migrate", verbosity=0))
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


CONCURRENT = {
    "0011_indexes_at_scale": ["fullest_labels", "removals_by_band", "removals_by_mirrored_band"],
    "0013_operations_indexes": ["jobs_not_done_by_kind", "submissions_by_decision"],
    "0015_indexes_of_few_rows": ["labels_given_most", "submissions_by_preview", "submissions_not_looked_at"],
}


def run_again(name: str) -> None:
    """Do one migration of the hub's once more, as `manage.py migrate` does those that are not done."""
    command = migrate.Command()
    command.verbosity, command.connection = 0, connection
    executor = MigrationExecutor(connection, command.migration_progress_callback)
    executor.recorder.record_unapplied("hub", name)
    state = executor.loader.project_state([("hub", name)], at_end=False)
    executor.apply_migration(state, executor.loader.get_migration("hub", name))


def valid(names: list[str]) -> list[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid::regclass::text = ANY (%s)", [names])
        return [row[0] for row in cursor.fetchall()]


@committed
@pytest.mark.parametrize("name", CONCURRENT)
def test_an_index_that_was_cut_off_is_built_anew_by_the_next_run(name):
    names = CONCURRENT[name]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid::regclass::text = ANY (%s)", [names[-1:]]
        )
    assert sorted(valid(names)) == [False] + [True] * (len(names) - 1)
    run_again(name)
    assert valid(names) == [True] * len(names)


@committed
def test_an_index_is_not_cut_off_while_it_waits_for_those_who_write(monkeypatch):
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "100ms")
    names = CONCURRENT["0013_operations_indexes"]
    written, waited = threading.Event(), []

    def write_or_build(number: int) -> None:
        if number == 0:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("LOCK TABLE hub_job IN ROW EXCLUSIVE MODE")
                written.set()
                waited.append(over.wait(0.5))  # far longer than others may be waited for
        else:
            written.wait(10)
            run_again("0013_operations_indexes")
            over.set()

    over = threading.Event()
    in_threads(2, write_or_build)
    assert waited == [False]
    assert valid(names) == [True, True]


@committed
def test_the_view_of_counts_is_replaced_while_somebody_counts():
    """An admission, which holds the catalogue's lock and then reads the view, and the migration: no deadlock."""
    locked, begun = threading.Event(), threading.Event()

    def admit_or_migrate(number: int) -> None:
        if number == 0:
            with transaction.atomic(), connection.cursor() as cursor:
                counts.lock()
                locked.set()
                begun.wait(10)
                until_somebody_waits()
                cursor.execute("SELECT count(*) FROM hub_image_stat")
        else:
            locked.wait(10)
            begun.set()
            run_again("0010_counts_at_scale")

    in_threads(2, admit_or_migrate)


def until_somebody_waits(seconds: float = 5) -> None:
    """Until another of this database waits for a lock."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE NOT granted AND datname = current_database()"
            )
            if cursor.fetchone() != (0,):
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")
