"""New migrations keep the rules of docs/migrations.md: no lock a million rows would feel, no break with older code."""

import re
import threading
import time
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.migrations import RunPython
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from hub import counts
from hub.management.commands import migrate
from tests.parts import committed, in_threads

# The hub was not in use before: what these did to it, nobody felt.
BEFORE = "0008"
# Contract steps and small tables, by migration and rule, and why they hurt nobody.
ALLOWED = {
    (
        "0010_counts_at_scale",
        "rows are filled in batches, not in one statement",
    ): "a row a label, of which there are few",
}
TABLE = r'(?:ONLY\s+)?"?(\w+)"?'
RULES = {
    "an index is built CONCURRENTLY": rf"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).*? ON {TABLE}",
    "a constraint is added NOT VALID, then validated": (
        rf"ALTER TABLE {TABLE} ADD CONSTRAINT (?!.*\bNOT VALID\b)(?!.*\bUSING INDEX\b)"
    ),
    "a new column that may not be null keeps a default (db_default)": (
        rf"ALTER TABLE {TABLE} ADD COLUMN (?!.*\bDEFAULT\b)(?!.*\bNULL\b(?<!NOT NULL)).*NOT NULL"
    ),
    "a default of a column stays for older code (db_default)": rf"ALTER TABLE {TABLE} ALTER COLUMN \S+ DROP DEFAULT",
    "a column keeps its type": rf"ALTER TABLE {TABLE} ALTER COLUMN \S+ (?:SET DATA )?TYPE",
    "no column becomes NOT NULL by a scan": rf"ALTER TABLE {TABLE} ALTER COLUMN \S+ SET NOT NULL",
    "nothing older code reads is dropped or renamed": rf"ALTER TABLE {TABLE} (?:DROP COLUMN|RENAME)|DROP TABLE {TABLE}",
    "rows are filled in batches, not in one statement": rf"^(?:UPDATE|DELETE FROM|INSERT INTO) {TABLE}",
    "no table is locked or written anew": rf"(?:LOCK TABLE|TRUNCATE|CLUSTER|VACUUM FULL)\s+{TABLE}",
}


def broken(sql: str) -> Iterator[tuple[str, str]]:
    """The rules that statements break, each with the statement; a table they make themselves nobody waits for."""
    statements = [" ".join(one.split()) for one in _split(sql)]
    own = {name for one in statements for name in re.findall(rf"CREATE TABLE {TABLE}", one)}
    for one in statements:
        for rule, pattern in RULES.items():
            found = re.search(pattern, one, re.IGNORECASE)
            if found and not {name for name in found.groups() if name} & own:
                yield rule, one


def not_anew(sql: str) -> Iterator[tuple[str, str]]:
    """Indexes built CONCURRENTLY over what a run that was cut off left of them."""
    before = ""
    for one in _split(sql):
        made = re.match(r'\s*CREATE (?:UNIQUE )?INDEX CONCURRENTLY "?(\w+)"?', one)
        if made and before.replace('"', "").split() != ["DROP", "INDEX", "CONCURRENTLY", "IF", "EXISTS", made[1]]:
            yield "an index is dropped before it is built, for one that was cut off", " ".join(one.split())
        before = one


def _split(sql: str) -> list[str]:
    """Statements without comments; the bodies of functions, which a migration only stores, left out."""
    sql = re.sub(r"--[^\n]*", "", re.sub(r"(\$\w*\$).*?\1", "''", sql, flags=re.DOTALL))
    return [one for one in sql.split(";") if one.strip()]


@committed
def test_new_migrations_keep_the_rules():
    loader = MigrationLoader(connection, replace_migrations=False)
    new = [one for (app, name), one in loader.disk_migrations.items() if app == "hub" and name[:4] > BEFORE]
    assert new
    wrong = []
    for migration in sorted(new, key=lambda one: one.name):
        plan = loader.graph.nodes["hub", migration.name]
        sql = "\n".join(loader.collect_sql([(plan, False)]))
        found = list(broken(sql)) + list(not_anew(sql))
        if migration.atomic and any(isinstance(one, RunPython) for one in migration.operations):
            found.append(("rows are filled in batches, not in one statement", "RunPython without atomic = False"))
        wrong += [(migration.name, *one) for one in found if (migration.name, one[0]) not in ALLOWED]
    assert wrong == []


@pytest.mark.parametrize(
    "statement",
    [
        'CREATE INDEX "i" ON "hub_image" ("sha256")',
        'CREATE UNIQUE INDEX "i" ON "hub_image" ("sha256") WHERE "withdrawn_at" IS NULL',
        'ALTER TABLE "hub_image" ADD CONSTRAINT "c" CHECK ("size" > 0)',
        'ALTER TABLE "hub_image" ADD CONSTRAINT "c" UNIQUE ("sha256")',
        'ALTER TABLE "hub_image" ADD COLUMN "n" integer NOT NULL',
        'ALTER TABLE "hub_image" ALTER COLUMN "n" DROP DEFAULT',
        'ALTER TABLE "hub_image" ALTER COLUMN "n" TYPE bigint USING "n"::bigint',
        'ALTER TABLE "hub_image" ALTER COLUMN "n" SET NOT NULL',
        'ALTER TABLE "hub_image" DROP COLUMN "n" CASCADE',
        'ALTER TABLE "hub_image" RENAME COLUMN "n" TO "m"',
        'DROP TABLE "hub_image" CASCADE',
        "UPDATE hub_image SET n = 1",
        "LOCK TABLE hub_image",
    ],
)
def test_a_statement_that_a_million_rows_would_feel_is_found(statement):
    assert len(list(broken(f"{statement};"))) == 1


def test_the_same_on_a_table_of_its_own_and_what_is_done_gently_are_fine():
    gentle = """
    CREATE TABLE "hub_new" ("id" bigint NOT NULL);
    CREATE INDEX "i" ON "hub_new" ("id");
    ALTER TABLE "hub_new" ADD CONSTRAINT "c" CHECK ("id" > 0);
    CREATE INDEX CONCURRENTLY "j" ON "hub_image" ("sha256");
    ALTER TABLE "hub_image" ADD COLUMN "n" integer DEFAULT 1 NOT NULL;
    ALTER TABLE "hub_image" ADD COLUMN "m" integer NULL;
    ALTER TABLE "hub_image" ADD CONSTRAINT "c" CHECK ("size" > 0) NOT VALID;
    ALTER TABLE "hub_image" VALIDATE CONSTRAINT "c";
    ALTER TABLE "hub_image" ADD CONSTRAINT "u" UNIQUE USING INDEX "j";
    CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ UPDATE hub_image SET n = 1; $$;
    """
    assert list(broken(gentle)) == []


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
