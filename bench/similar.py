"""Find those most like a picture among 100,000: by Postgres or by NumPy, exactly or by an index; what is missed?"""

import argparse
import io
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from bench._database import scratch
from bench._table import headline, table
from bench.lookup import timed

NEAREST, BLOCK, PASS = 20, 10_000, 64  # the hub's own figures: of an image, of a search in NumPy, of a job
GOAL = 0.95  # of the true nearest, found
KIND = "halfvec(512)"


@dataclass
class Way:
    """One way to search: milliseconds a question, and the answers, row numbers (questions, 20)."""

    name: str
    ms: float
    found: np.ndarray
    made: float = 0.0  # seconds until it could be asked


def run(argv: list[str]) -> None:
    """Fill a table of our own, ask it in every way, compare with all of it compared in float32."""
    parser = argparse.ArgumentParser(prog="similar")
    parser.add_argument("--stored", type=int, default=100_000)
    parser.add_argument("--asked", type=int, default=128)
    options = parser.parse_args(argv)
    random = np.random.default_rng(1)
    vectors = features(random, options.stored + options.asked + 2_000)
    stored, asked, late = np.split(vectors, [options.stored, options.stored + options.asked])
    truth = best(asked @ stored.T)
    with scratch("similar"):
        extension()
        filled = timed(lambda: fill(stored))[1]
        plain = timed(lambda: insert(late[:1000], options.stored))[1]
        ways = [in_postgres("Postgres, exact", asked), *in_numpy(stored, asked)]
        built = timed(index)[1]
        ways += [in_postgres(f"Postgres, HNSW, ef {wide}", asked, wide, built) for wide in (40, 100, 200)]
        indexed = timed(lambda: insert(late[1000:], options.stored + 1000))[1]
    report(ways, truth)
    print(f"\n{options.stored:,} rows copied in {filled:.1f} s; the index built in {built:.0f} s")
    print(f"an insert takes {plain:.2f} ms alone and {indexed:.2f} ms with the index: {indexed / plain:.1f} times")
    finest = max(ways[3:], key=lambda way: recall(way.found, truth))
    headline("similar", f"{recall(finest.found, truth):.3f}", f"recall@{NEAREST} by {finest.name}", GOAL)


def features(random: np.random.Generator, count: int) -> np.ndarray:
    """Vectors as pooled deep features are: (count, 512) float32, none negative, of length 1, in crowds within crowds.

    A tree of 30 kinds with 20 sorts each, drawn in 64 dimensions and spread over 512 by a random layer with ReLU.
    """
    kinds = random.standard_normal((30, 64), np.float32)
    sorts = kinds[:, None] + 0.6 * random.standard_normal((30, 20, 64), np.float32)
    points = sorts.reshape(-1, 64)[random.integers(600, size=count)]
    points = points + 0.5 * random.standard_normal((count, 64), np.float32)
    spread = np.maximum(points @ random.standard_normal((64, 512), np.float32), 0)
    return spread / np.linalg.norm(spread, axis=1, keepdims=True)


def best(similar: np.ndarray) -> np.ndarray:
    """The columns of the highest values of each row, the highest first."""
    some = np.argpartition(-similar, NEAREST - 1, axis=1)[:, :NEAREST]
    order = np.argsort(-np.take_along_axis(similar, some, axis=1), axis=1, kind="stable")
    return np.take_along_axis(some, order, axis=1)


def recall(found: np.ndarray, truth: np.ndarray) -> float:
    """The mean share of the true nearest among those found."""
    return statistics.mean(len(set(a) & set(b)) / len(b) for a, b in zip(found, truth, strict=True))


def text(vector: np.ndarray) -> str:
    """A vector as pgvector reads it."""
    return "[" + ",".join(f"{x:.5g}" for x in vector) + "]"


def extension() -> None:
    """pgvector, where the server has it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")


def fill(stored: np.ndarray) -> None:
    """A table of these vectors, as ids 0, 1, 2 …"""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_vector (id bigint PRIMARY KEY, vector {KIND} NOT NULL)")
        cursor.execute("ALTER TABLE bench_vector ALTER COLUMN vector SET STORAGE PLAIN")
        for start in range(0, len(stored), BLOCK):
            lines = (f"{start + n}\t{text(one)}\n" for n, one in enumerate(stored[start : start + BLOCK]))
            cursor.copy_expert("COPY bench_vector FROM STDIN", io.StringIO("".join(lines)))
        cursor.execute("VACUUM ANALYZE bench_vector")


def insert(vectors: np.ndarray, first: int) -> None:
    """A row at a time, in one transaction: after 1,000 of them, seconds are milliseconds for one."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        for number, vector in enumerate(vectors, first):
            cursor.execute("INSERT INTO bench_vector VALUES (%s, %s)", [number, text(vector)])
        transaction.set_rollback(True)


def index() -> None:
    """pgvector's index of neighbours, with its own settings."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("CREATE INDEX bench_hnsw ON bench_vector USING hnsw (vector halfvec_cosine_ops)")


def in_postgres(name: str, asked: np.ndarray, wide: int = 40, made: float = 0.0) -> Way:
    """A question at a time; by the index where there is one."""
    from django.db import connection

    question = "SELECT id FROM bench_vector ORDER BY vector <=> %s::halfvec(512) LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(f"SET hnsw.ef_search = {wide}")

        def ask(vector: np.ndarray) -> list[int]:
            cursor.execute(question, [text(vector), NEAREST])
            return [row[0] for row in cursor.fetchall()]

        ask(asked[0])  # the first reads the table into memory
        return Way(name, *each(asked, ask), made)


def each(asked: np.ndarray, ask: Callable[[np.ndarray], list[int]]) -> tuple[float, np.ndarray]:
    """The median milliseconds of one question, and all answers."""
    answers = [timed(lambda one=one: ask(one)) for one in asked]
    return 1000 * statistics.median(seconds for _, seconds in answers), np.array([found for found, _ in answers])


def in_numpy(stored: np.ndarray, asked: np.ndarray) -> Iterator[Way]:
    """All compared: with the vectors in memory, and read from Postgres in blocks once for every pass of a job."""
    yield Way("NumPy, in memory", *each(asked, lambda one: best(one[None] @ stored.T)[0].tolist()))
    passes = [timed(lambda part=part: streamed(part)) for part in np.split(asked, range(PASS, len(asked), PASS))]
    seconds = sum(seconds for _, seconds in passes)
    yield Way(f"NumPy, read, {PASS} at once", 1000 * seconds / len(asked), np.concatenate([one for one, _ in passes]))


def streamed(asked: np.ndarray) -> np.ndarray:
    """The nearest of each, keeping no more than a block of vectors: its best go on into the next block."""
    names, values = np.zeros((len(asked), 0), int), np.zeros((len(asked), 0), np.float32)
    for ids, vectors in blocks():
        values = np.hstack([values, asked @ vectors.T])
        names = np.hstack([names, np.broadcast_to(ids, (len(asked), len(ids)))])
        kept = best(values)
        names, values = np.take_along_axis(names, kept, 1), np.take_along_axis(values, kept, 1)
    return names


def blocks() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Ids, and vectors as float32, in blocks."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as plain, plain.connection.cursor("bench_blocks") as cursor:
        cursor.itersize = BLOCK
        cursor.execute("SELECT id, substr(halfvec_send(vector), 5) FROM bench_vector")
        while rows := cursor.fetchmany(BLOCK):
            data = np.frombuffer(b"".join(row[1] for row in rows), ">f2")
            yield np.array([row[0] for row in rows]), data.astype(np.float32).reshape(len(rows), -1)


def report(ways: list[Way], truth: np.ndarray) -> None:
    """A line for every way, its time also as a share of the exact one's in Postgres."""
    rows = [
        (way.name, f"{way.ms:.2f}", f"{way.ms / ways[0].ms:.3f}", f"{recall(way.found, truth):.3f}", f"{way.made:.0f}")
        for way in ways
    ]
    table(("way", "ms a question", "of exact", f"recall@{NEAREST}", "s to build"), rows)
