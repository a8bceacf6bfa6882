"""What is wrong at this moment, in words: the gravest first, each with the tab that tells more."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from hub.models import Audit
from hub.operations.ledger import Row

# A job that is due and waits for longer is late.
LATE = 300
PARTS = {
    "database": "The database does not answer.",
    "broker": "Redis does not answer: nothing is rung for; uploads go on.",
    "cache": "The cache does not answer: nobody can log in.",
    "storage": "The store of photos does not answer: uploads are refused, jobs wait.",
}
# What waits while nobody listens to a queue.
WAITS = {
    "ingest": "photos are not checked",
    "places": "places stay without a name",
    "export": "datasets are neither frozen nor packed",
    "training": "models are not trained",
    "predict": "nobody can try a model",
    "upkeep": "no mail leaves, and what was lost is not rung for again",
}


def all_of(
    parts: Mapping[str, bool], rows: list[Row], listening: Mapping[str, int] | None, audit: Audit | None
) -> list[tuple[str, str]]:
    """(sentence, tab) for whatever somebody should look at now."""
    return [*_parts(parts), *_workers(listening), *_jobs(rows), *_audit(audit)]


def _parts(parts: Mapping[str, bool]) -> Iterator[tuple[str, str]]:
    yield from ((PARTS[name], "overview") for name, works in parts.items() if not works)


def _workers(listening: Mapping[str, int] | None) -> Iterator[tuple[str, str]]:
    for queue, n in (listening or {}).items():
        if not n:
            yield f"Nobody listens to {queue}: {WAITS[queue]}.", "workers"


def _jobs(rows: list[Row]) -> Iterator[tuple[str, str]]:
    late = max(rows, key=lambda row: row.oldest)
    if late.oldest > LATE:
        yield f"A job has waited for {lasting(late.oldest)}: {late.title.lower()}.", "jobs"
    if failed := sum(row.failed for row in rows):
        yield f"{failed:,} job{'' if failed == 1 else 's'} failed for good.", "failed"


def _audit(last: Audit | None) -> Iterator[tuple[str, str]]:
    if last is None or last.finished_at is None:
        yield "No audit was done yet.", "audit"
        return
    if last.breaches:
        n = len(last.breaches)
        yield f"The last audit found {n} rule{'' if n == 1 else 's'} broken.", "audit"
    if timezone.now() - last.started_at > 2 * timedelta(hours=settings.AUDIT_HOURS):
        yield f"The last audit is {lasting((timezone.now() - last.started_at).total_seconds())} old.", "audit"


def lasting(seconds: float) -> str:
    """So long, in the largest unit that says it."""
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            n = int(seconds // length)
            return f"{n} {unit}{'' if n == 1 else 's'}"
    n = int(seconds)
    return f"{n} second{'' if n == 1 else 's'}"
