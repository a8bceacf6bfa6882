"""New migrations keep the rules of docs/migrations.md: no lock a million rows would feel, no break with older code."""

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations import RunPython
from django.db.migrations.loader import MigrationLoader

from tests.parts import committed

# The hub was not in use before: what these did to it, nobody felt.
BEFORE = "0008"
# Contract steps and small tables, by migration and rule, and why they hurt nobody.
ALLOWED = {
    (
        "0010_counts_at_scale",
        "rows are filled in batches, not in one statement",
    ): "a row a label, of which there are few",
}
# Beside these a migration that is not atomic, and so may wait for as long as it takes, locks others out.
ALONE = re.compile(r"(?:CREATE|DROP) (?:UNIQUE )?INDEX CONCURRENTLY")
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
        if not migration.atomic:
            found += [
                ("what waits without end keeps nobody waiting", one)
                for one in _split(sql)
                if not ALONE.match(one.strip())
            ]
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
