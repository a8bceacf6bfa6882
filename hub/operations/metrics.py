"""What Prometheus scrapes: the domain's numbers are read when asked for, so every web process says the same."""

import os
from collections.abc import Callable, Iterator, Mapping

from django.utils import timezone
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from hub import jobs
from hub.models import Job
from hub.operations import auditing, backup, figures, ledger, pauses

Parts = Mapping[str, bool]
Numbers = Mapping[str, int] | None


def page(parts: Parts, listening: Callable[[], Numbers], lengths: Callable[[], Numbers]) -> bytes:
    """All metrics, in Prometheus' text format: `parts` that work, and what the broker says of workers and queues."""
    registry = CollectorRegistry()
    registry.register(_Hub(parts, listening, lengths))
    return generate_latest(_of_web_processes()) + generate_latest(registry)


def _of_web_processes() -> CollectorRegistry:
    """What this process counted; what all of them did, where PROMETHEUS_MULTIPROC_DIR names a folder they share."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


def gauge(name: str, about: str, labels: list[str], rows: Mapping) -> GaugeMetricFamily:
    """A metric with its values by their labels: one, or a tuple of them."""
    made = GaugeMetricFamily(name, about, labels=labels)
    for values, number in rows.items():
        made.add_metric([values] if isinstance(values, str) else list(values), number)
    return made


class _Hub:
    """Asks the database once for each number; without a database it only says so."""

    def __init__(self, parts: Parts, listening: Callable[[], Numbers], lengths: Callable[[], Numbers]) -> None:
        self.parts, self.listening, self.lengths = parts, listening, lengths

    def describe(self) -> list:
        return []  # nothing is asked when it is registered

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield gauge("hub_part_up", "Whether a part answers.", ["part"], self.parts)
        if self.parts.get("broker"):
            yield gauge("hub_workers", "Workers that listen to a queue.", ["queue"], self.listening() or {})
            yield gauge("hub_queue_length", "Messages waiting in a queue.", ["queue"], self.lengths() or {})
        if self.parts.get("database"):
            yield from _of_jobs()
            yield from _of_files()
            yield from _of_audits()
            yield from _of_backups()
            paused = {what.value: int(bool(row)) for what, row in pauses.everything()}
            yield gauge("hub_paused", "Whether operators have paused it.", ["what"], paused)
            yield gauge("hub_database_bytes", "Size of the database.", [], {(): figures.database()[0]})


def _of_jobs() -> Iterator[GaugeMetricFamily]:
    n, ages = ledger.counted(), jobs.oldest_ages()
    each = {(kind, state): n.get((kind, state), 0) for kind in Job.Kind.values for state in ledger.LIVE}
    yield gauge("hub_jobs", "Jobs that are not done.", ["kind", "state"], each)
    waited = {kind: ages.get(kind, 0.0) for kind in Job.Kind.values}
    yield gauge("hub_oldest_job_seconds", "How long the oldest job that is due waits.", ["kind"], waited)
    yield gauge("hub_mail_failed", "Mails that could not be sent.", [], {(): n.get(("mail", "failed"), 0)})


def _of_files() -> Iterator[GaugeMetricFamily]:
    decided = {(state, reason): n for state, reason, n in figures.outcomes(figures.DAY)}
    yield gauge("hub_submissions", "Files decided in the last 24 hours.", ["state", "reason"], decided)
    yield gauge("hub_images", "Live images.", [], {(): figures.images()})
    stored = {row.alias: row.bytes_stored for row in figures.storage()}
    yield gauge("hub_storage_bytes", "Bytes stored, as rows said within the hour.", ["alias"], stored)


def _of_audits() -> Iterator[GaugeMetricFamily]:
    """Without any audit there is no age: an alert on its absence says so."""
    if last := auditing.last():
        broken = {rule.name: 0 for rule in auditing.audit.INVARIANTS}
        broken |= {name: found["count"] for name, found in last.breaches.items()}
        yield gauge("hub_audit_breaches", "Breaches the last audit found.", ["invariant"], broken)
        age = (timezone.now() - last.finished_at).total_seconds() if last.finished_at else 0
        yield gauge("hub_audit_age_seconds", "Since the last audit ended.", [], {(): age})


def _of_backups() -> Iterator[GaugeMetricFamily]:
    """Before the first backup there is no age either."""
    if (age := backup.age()) is not None:
        yield gauge("hub_backup_age_seconds", "Since the last backup ended.", [], {(): age})
