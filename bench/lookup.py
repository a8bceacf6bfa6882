"""Find near-duplicates among a million stored fingerprints: how fast, and is none missed?"""

import argparse
import io
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench._database import scratch

GOAL_NEAR, GOAL_WIDE = 20.0, 100.0  # ms, median
DISTANCES = (1, 15, 16, 24, 30, 31, 32, 40, 48, 60, 75, 90)


@dataclass
class Question:
    """A fingerprint to look up, and its mirror image; one of them lies `bits` from a stored one, if planted."""

    fingerprint: bytes
    mirrored: bytes
    bits: int = 256


def run(argv: list[str]) -> None:
    """Fill a database of our own, ask, compare with a full scan made in NumPy."""
    parser = argparse.ArgumentParser(prog="lookup")
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--asked", type=int, default=200)
    options = parser.parse_args(argv)
    random = np.random.default_rng(1)
    stored = correlated(random, options.stored)
    with scratch("lookup"):
        print(f"{options.stored:,} fingerprints stored in {timed(lambda: fill(stored))[1]:.0f} s")
        near = measure(stored, random, options.asked)
    print(f"lookup: {near:.1f} ms (goal {GOAL_NEAR:.0f})")


def correlated(random: np.random.Generator, count: int) -> np.ndarray:
    """Fingerprints as perceptual hashes are: (count, 32) uint8, half of the bits set, neighbours not independent."""
    out = np.empty((count, 32), np.uint8)
    for start in range(0, count, 50_000):
        noise = random.standard_normal((min(50_000, count - start), 16, 16), np.float32)
        noise[:, 1:] += 0.25 * noise[:, :-1]
        noise[:, :, 1:] += 0.25 * noise[:, :, :-1]
        flat = noise.reshape(len(noise), 256)
        out[start : start + len(flat)] = np.packbits(flat > np.median(flat, axis=1, keepdims=True), axis=1)
    return out


def fill(stored: np.ndarray) -> None:
    """Store the fingerprints of images 1, 2, 3 … that need not exist here."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE hub_mirror DROP CONSTRAINT hub_mirror_image_id_fkey")
        cursor.execute("ALTER TABLE hub_fingerprint DROP CONSTRAINT hub_fingerprint_image_id_fkey")
        cursor.execute("DROP INDEX fingerprints_by_band")
        for start in range(0, len(stored), 100_000):
            cursor.copy_expert("COPY hub_fingerprint FROM STDIN", lines(stored[start : start + 100_000], start + 1))
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(
            "CREATE INDEX fingerprints_by_band ON hub_fingerprint USING gin (hub_bands(bits)) WITH (fastupdate = off)"
        )
        cursor.execute("VACUUM ANALYZE hub_fingerprint")


def lines(stored: np.ndarray, first: int) -> io.StringIO:
    text = (np.unpackbits(stored, axis=1) + ord("0")).tobytes().decode()
    return io.StringIO("".join(f"{first + i}\t{text[256 * i : 256 * (i + 1)]}\n" for i in range(len(stored))))


def measure(stored: np.ndarray, random: np.random.Generator, asked: int) -> float:
    """Print a table of times and completeness; the median of the near lookup in ms."""
    from django.conf import settings

    print(f"\n{'lookup':<24}{'median ms':>10}{'p95 ms':>10}{'goal':>8}   found of planted, and equal to a full scan")
    plan = (
        ("near", settings.DUPLICATE_BITS, asked, GOAL_NEAR),
        ("alike", settings.REVIEW_BITS, 60, GOAL_WIDE),
        ("alike", settings.RELATED_BITS, 60, GOAL_WIDE),
    )
    medians = []
    for name, most, count, goal in plan:
        questions = planted(stored, random, count)
        times, found = zip(*(timed_ask(name, q, most) for q in questions), strict=True)
        middle, late = statistics.median(times), sorted(times)[int(len(times) * 0.95)]
        told = completeness(stored, questions, found, most)
        print(f"{name + ' to ' + str(most):<24}{middle:>10.1f}{late:>10.1f}{goal:>8.0f}   {told}")
        medians.append(middle)
    return medians[0]


def planted(stored: np.ndarray, random: np.random.Generator, count: int) -> list[Question]:
    """Half strangers, half neighbours of a stored one at every distance in turn, some only by their mirror image."""
    questions = []
    for i in range(count):
        asked = [correlated(random, 1)[0], correlated(random, 1)[0]]
        bits = DISTANCES[i // 2 % len(DISTANCES)] if i % 2 else 256
        if bits < 256:
            flips = np.zeros(256, np.uint8)
            flips[random.choice(256, bits, replace=False)] = 1
            asked[i // 2 % 2] = stored[random.integers(len(stored))] ^ np.packbits(flips)
        questions.append(Question(asked[0].tobytes(), asked[1].tobytes(), bits))
    return questions


def timed_ask(name: str, question: Question, most: int) -> tuple[float, list[tuple[int, int]]]:
    """Milliseconds, and what the query of `sql/queries` answers."""
    from hub import catalogue, sql

    asked = {"plain": catalogue.bits(question.fingerprint), "mirrored": catalogue.bits(question.mirrored)}
    above = {"above": 0} if name == "alike" else {}
    rows, seconds = timed(lambda: sql.rows(name, **asked, **above, most=most, limit=20))
    return seconds * 1000, [(row["image_id"], row["bits"]) for row in rows]


def completeness(stored: np.ndarray, questions: list[Question], found, most: int) -> str:
    """How many of the planted neighbours were found, and of how many questions every answer equals a full scan's."""
    due = [i for i, question in enumerate(questions) if question.bits <= most]
    hits = sum(bool(found[i]) for i in due)
    equal = sum(list(found[i]) == scan(stored, q, most) for i, q in enumerate(questions))
    return f"{hits}/{len(due)}, {equal}/{len(questions)}"


def scan(stored: np.ndarray, question: Question, most: int) -> list[tuple[int, int]]:
    """The same answer by comparing everything."""
    words = stored.view(np.uint64)
    apart = np.full(len(stored), 256, np.int64)
    for asked in (question.fingerprint, question.mirrored):
        different = words ^ np.frombuffer(asked, np.uint64)
        apart = np.minimum(apart, popcount(different))
    hits = np.flatnonzero(apart <= most)
    return sorted(((int(i) + 1, int(apart[i])) for i in hits), key=lambda hit: hit[::-1])[:20]


def popcount(words: np.ndarray) -> np.ndarray:
    if hasattr(np, "bitwise_count"):
        return np.bitwise_count(words).sum(axis=1, dtype=np.int64)
    return np.unpackbits(words.view(np.uint8), axis=1).sum(axis=1, dtype=np.int64)


def timed(act: Callable):
    """What `act` answers, and the seconds it took."""
    start = time.perf_counter()
    return act(), time.perf_counter() - start
