"""What one request, or one piece of work, asks of the database: time, queries, and the rows it reads."""

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

# Tables count the rows that scans gave, indexes the entries they gave: an index-only scan counts too. Of this
# transaction alone; what parallel workers read is theirs, so none may help while rows are counted.
ROWS = """
SELECT coalesce(sum(pg_stat_get_xact_tuples_returned(oid)), 0)::bigint
FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace
"""
LONGEST = 5.0  # seconds for one line, from when on it is asked no more
MANY = 10_000  # rows: whoever reads more for one answer will be slow one day, however fast it is today


@dataclass
class Seen:
    """What was asked, by whom, how it was answered; milliseconds of each time, and what one time took of Postgres."""

    name: str
    who: str
    status: str
    took: list[float]
    sql: float
    rows: int
    goal: float
    asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def late(self) -> float:
        return sorted(self.took)[min(len(self.took) - 1, int(len(self.took) * 0.95))]

    @property
    def marks(self) -> str:
        """Why a reader should look: slower than its goal, or reading more than an answer holds."""
        return " ".join(mark for mark, is_so in (("SLOW", self.late > self.goal), ("READS", self.rows > MANY)) if is_so)


def watched(name: str, act: Callable[[], Any], times: int, goal: float, who: str = "", *, keep: bool = True) -> Seen:
    """Do it once, counting; then so many times by the clock. What takes seconds, less often.

    Unless `keep`, what it did is undone each time.
    """
    status, queries, rows = counted(act)
    took = list(_clocked(act, times, keep=keep)) or [0.0]
    spent = 1000 * sum(float(query["time"]) for query in queries)
    return Seen(name, who, str(status), took, spent, rows, goal, queries)


def _clocked(act: Callable[[], Any], times: int, *, keep: bool) -> Iterator[float]:
    """Milliseconds of each time: of so many, or as many as fit into some seconds."""
    until = time.monotonic() + LONGEST
    for _ in range(times):
        yield timed(act, keep=keep)
        if time.monotonic() > until:
            return


def counted(act: Callable[[], Any]) -> tuple[Any, list[dict[str, str]], int]:
    """What it answers, its queries with their seconds, and the rows they read; all of it is undone."""
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        before = read()
        with CaptureQueriesContext(connection) as captured:
            answer = act()
        rows = read() - before
        transaction.set_rollback(True)
    queries = [one for one in captured.captured_queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    return answer, queries, rows


def read() -> int:
    """Rows this transaction has read so far."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(ROWS)
        return cursor.fetchone()[0]


def timed(act: Callable[[], Any], *, keep: bool = True) -> float:
    """Milliseconds of it; undone unless `keep`."""
    from django.db import transaction

    if keep:
        start = time.perf_counter()
        act()
        return (time.perf_counter() - start) * 1000
    with transaction.atomic():
        start = time.perf_counter()
        act()
        took = (time.perf_counter() - start) * 1000
        transaction.set_rollback(True)
    return took


def report(title: str, seen: Iterable[Seen], explain: float = 0) -> list[Seen]:
    """Print a line for each as it comes; with `explain`, also the plans of queries that took so many ms."""
    head = f"{'as':<10}{'answer':>9}{'p50 ms':>10}{'p95 ms':>10}{'SQL ms':>9}{'queries':>9}{'rows':>12}{'goal':>8}"
    print(f"\n{title:<52}{head}")
    marked = []
    for one in seen:
        told = f"{one.name[:51]:<52}{one.who:<10}{one.status:>9}{statistics.median(one.took):>10,.1f}{one.late:>10,.1f}"
        told += f"{one.sql:>9,.0f}{len(one.asked):>9,}{one.rows:>12,}{one.goal:>8,.0f} {one.marks}"
        print(told.rstrip(), flush=True)
        if explain:
            show(one, explain)
        marked += [one] if one.marks else []
    return marked


def show(one: Seen, least: float) -> None:
    """The slow queries of one line and their plans."""
    for query in one.asked:
        if float(query["time"]) * 1000 >= least and query["sql"].lstrip().upper().startswith(("SELECT", "WITH", "--")):
            plan(one.name, query)


def plan(name: str, query: dict[str, str]) -> None:
    """One query that somebody of this name asked, and its plan."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + "\n" + query["sql"].replace("%", "%%"), [])
        lines = "\n".join(row for (row,) in cursor.fetchall())
    print(f"\n{name}, {query['time']} s: {query['sql'][:1500]}\n{lines}")
