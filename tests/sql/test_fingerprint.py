"""The lookups in SQL find exactly what comparing everything in Python finds."""

import random

import pytest
from django.db import connection
from django.db.models.functions import Now

from hub import sql
from hub.models import Removal

pytestmark = pytest.mark.django_db
NEWEST = 9223372036854775807


def bits(number: int) -> str:
    return f"{number:0256b}"


def flipped(chance: random.Random, number: int, count: int) -> int:
    for place in chance.sample(range(256), count):
        number ^= 1 << place
    return number


def distance(a: int, b: int) -> int:
    return (a ^ b).bit_count()


@pytest.fixture
def stored():
    """Two thousand fingerprints of images 1, 2, 3 …, which need not exist here; 60 are neighbours of the first."""
    chance = random.Random(1)
    numbers = [chance.getrandbits(256) for _ in range(1940)]
    numbers += [flipped(chance, numbers[0], n) for n in range(1, 61)]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "INSERT INTO hub_fingerprint SELECT n, b::bit(256) FROM unnest(%s) WITH ORDINALITY AS t(b, n)",
            [[bits(number) for number in numbers]],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    return dict(enumerate(numbers, start=1))


def due(stored: dict[int, int], plain: int, mirrored: int, most: int) -> list[tuple[int, int]]:
    apart = {pk: min(distance(plain, number), distance(mirrored, number)) for pk, number in stored.items()}
    return sorted(((pk, n) for pk, n in apart.items() if n <= most), key=lambda hit: (hit[1], hit[0]))


def found(name: str, plain: int, mirrored: int, most: int, **more) -> list[tuple[int, int]]:
    asked = {"plain": bits(plain), "mirrored": bits(mirrored), "most": most, "limit": 1000}
    return [(row["image_id"], row["bits"]) for row in sql.rows(name, **asked, **more)]


@pytest.mark.parametrize("seed", range(6))
def test_the_near_lookup_is_complete_to_31_bits(stored, seed):
    chance = random.Random(seed)
    asked = flipped(chance, stored[1], seed), chance.getrandbits(256)
    for plain, mirrored in (asked, asked[::-1]):
        hits = due(stored, plain, mirrored, 31)
        assert len(hits) > 10
        assert found("near", plain, mirrored, 31) == hits


def test_the_worst_spread_of_31_bits_is_found(stored):
    """Two bits in fifteen bands and one in the last: no band is equal, one differs by one bit."""
    worst = stored[500]
    for band in range(16):
        worst ^= 0b11 << 16 * band if band else 0b1
    assert distance(worst, stored[500]) == 31
    assert found("near", worst, 0, 31) == [(500, 31)]


@pytest.mark.parametrize("most", [31, 48, 90])
def test_the_wide_lookup_is_complete_to_any_distance(stored, most):
    chance = random.Random(most)
    plain, mirrored = chance.getrandbits(256), flipped(chance, stored[1], 3)
    assert found("alike", plain, mirrored, most, above=0) == due(stored, plain, mirrored, most)
    newer = {pk: number for pk, number in stored.items() if pk > 1960}
    assert found("alike", plain, mirrored, most, above=1960) == due(newer, plain, mirrored, most)


def test_relatives_are_older_images_near_either_fingerprint(stored):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO hub_mirror VALUES (1999, %s::bit(256))", [bits(stored[77])])
    older = {pk: number for pk, number in stored.items() if pk < 1999}
    hits = [(row["image_id"], row["bits"]) for row in sql.rows("relatives", image=1999, most=90, near=48, limit=1000)]
    assert hits == due(older, stored[1999], stored[77], 90)
    assert (77, 0) in hits


def test_a_search_newer_than_the_newest_reads_almost_nothing(stored):
    """It runs inside the catalogue's lock, so it must not scan."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE hub_fingerprint")
        cursor.execute(
            "EXPLAIN SELECT FROM hub_fingerprint WHERE image_id > 1990 AND image_id < %s"
            " AND bit_count(bits # %s::bit(256)) <= 48",
            [NEWEST, bits(0)],
        )
        assert "Index Scan" in cursor.fetchall()[0][0]


def test_what_was_taken_down_is_found_to_31_bits_by_either_fingerprint():
    chance = random.Random(5)
    asked = chance.getrandbits(256)
    pairs = [(flipped(chance, asked, n), chance.getrandbits(256)) for n in range(60)]
    pairs += [pair[::-1] for pair in pairs] + [(chance.getrandbits(256), chance.getrandbits(256)) for _ in range(300)]
    rows = Removal.objects.bulk_create(
        Removal(sha256=f"{n:064x}", fingerprint=plain.to_bytes(32), mirrored=mirrored.to_bytes(32))
        for n, (plain, mirrored) in enumerate(pairs)
    )
    Removal.objects.create(sha256="f" * 64)  # one without a fingerprint
    Removal.objects.filter(pk=rows[0].pk).update(lifted_at=Now())
    near = [row.pk for row, pair in zip(rows, pairs, strict=True) if min(distance(asked, one) for one in pair) <= 31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT id FROM hub_removed_near(%s::bit(256), 31) ORDER BY id", [bits(asked)])
        assert [pk for (pk,) in cursor.fetchall()] == near[1:]
    assert len(near) == 64


def test_no_lookup_by_bands_reads_a_list_of_what_its_index_does_not_know():
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname ~ '^(fingerprint|removal)s_by_.*band$'")
        assert cursor.fetchall() == [(["fastupdate=off"],)] * 3
