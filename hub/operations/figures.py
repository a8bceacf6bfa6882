"""Numbers for who watches: what became of files lately, what is stored, how large the database is. None is counted
from a big table while somebody waits."""

from contextlib import suppress
from dataclasses import dataclass

from django.core.cache import cache
from django.db import connection
from django.db.models.functions import Now
from redis.exceptions import RedisError

from hub import reasons, sql
from hub.models import LabelStat, StorageUse, Submission

# Within so many seconds the same answer is given to everybody.
FRESH = 60
DAY, WEEK = 24, 7 * 24


@dataclass(frozen=True, slots=True)
class Lately:
    """Files decided in a time: how many, how many were refused, and for which reasons, the commonest first."""

    decided: int
    refused: int
    reasons: list[tuple[str, str, int]]


def outcomes(hours: int) -> list[tuple[str, str, int]]:
    """(state, reason, how many) of the files decided in the last so many hours; up to a minute old."""
    key = f"outcomes-{hours}"
    with suppress(RedisError):
        if (found := cache.get(key)) is not None:
            return found
    found = [(row["state"], row["reason"], row["n"]) for row in sql.rows("outcomes_lately", hours=hours)]
    with suppress(RedisError):
        cache.set(key, found, FRESH)
    return found


def lately(hours: int) -> Lately:
    """The same for people: the reasons of files that were not taken, with their words."""
    found = outcomes(hours)
    refused = [(reason, n) for state, reason, n in found if state == Submission.State.REJECTED]
    told = [(code, reasons.words(code) if code in reasons.REASONS else code, n) for code, n in refused]
    return Lately(sum(n for *_, n in found), sum(n for _, n in refused), told)


def images() -> int:
    """Live images, as the counts have it."""
    return LabelStat.objects.filter(label=None, facet="images", value="").values_list("n", flat=True).first() or 0


def measure_storage() -> None:
    """Add up what rows say is stored. It reads every image once: for the hourly round, not for a page."""
    for row in sql.rows("storage_use"):
        said = {"objects_stored": row["objects"], "bytes_stored": row["bytes"], "measured_at": Now()}
        StorageUse.objects.update_or_create(alias=row["alias"], defaults=said)


def storage() -> list[StorageUse]:
    """What each alias held when that was last added up."""
    return list(StorageUse.objects.order_by("alias"))


def database() -> tuple[int, int, int]:
    """Bytes of the database, its open connections, and how many the server takes in all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_database_size(current_database()),"
            " (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),"
            " current_setting('max_connections')::int"
        )
        return cursor.fetchone()
