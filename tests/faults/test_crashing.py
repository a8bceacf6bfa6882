"""A worker that is killed at each step of an ingest, an export and a training; then an ordinary one takes over."""

import signal
import time

import pytest

from tests.faults import doing, harness, proof
from tests.faults.pictures import picture

pytestmark = [pytest.mark.faults, pytest.mark.slow]
INGEST = (
    "before hub.jobs.claim", "after hub.jobs.claim", "before hub.submissions.claim_incoming",
    "after workers.ingest.read", "before hub.storage.put", "after hub.storage.put#3", "after workers.ingest.store",
    "before hub.catalogue.admit", "before hub.jobs.finish", "after hub.jobs.finish", "before hub.places.lookup",
    "after hub.catalogue.admit", "after hub.moderation.holding.grow", "before workers.celery.ring",
    "before hub.catalogue.relatives", "before hub.catalogue.relate", "after hub.catalogue.relate",
)  # fmt: skip
FREEZE = (
    "before hub.freezing.take", "after hub.freezing.take", "after hub.freezing.describe", "before hub.storage.put",
    "after hub.storage.put", "before hub.freezing.settle", "after hub.freezing.settle", "after hub.freezing.freeze",
)  # fmt: skip
PACK = (
    "before hub.archives.start", "after hub.archives.start", "before hub.storage.put_packed",
    "after hub.storage.put_packed", "before hub.archives.finish", "before hub.archives._tell",
    "after hub.archives.finish",
)  # fmt: skip
SWEEPER = ("upkeep", "beat")
# Two by two: a job has three attempts.
TRAINING = (
    ("before hub.progress.start", "after hub.progress.phase#2"),
    ("after hub.progress.epoch", "before workers.training_files.write"),
    ("after workers.training_files.write", "after hub.progress.finish"),
)


@pytest.fixture(scope="module")
def hub():
    """The site alone: each trial starts the worker it kills, and those that take over.

    The sweeper only with these: it would ring for what was killed, and the next to be killed would be killed by that.
    """
    with harness.running() as made:
        made.start("web")
        yield made


def killed_at(hub: harness.Hub, queue: str, where: str) -> None:
    """Run a worker until it is killed at a step, and see that it was."""
    mark = hub.home / "CRASHED"
    mark.unlink(missing_ok=True)
    hub.start(f"crash-{queue}", CRASH_AT=where)
    assert hub.wait(f"crash-{queue}", 180) == -signal.SIGKILL
    assert mark.read_text().startswith(where)


def taken_over(hub: harness.Hub, table, what: str, *parts: str) -> None:
    """Let ordinary workers go on; all is well in the end."""
    begun = time.monotonic()
    hub.start(*parts, *SWEEPER)
    hub.settled(300, "mail")
    table.since(what, begun)
    proof.prove(hub)
    hub.end(*parts, *SWEEPER)


def test_an_ingest_goes_on_from_whatever_step_it_was_killed_at(hub, table):
    for where in INGEST:
        doing.give(hub, 1, placed=1)
        killed_at(hub, "ingest", where)
    taken_over(hub, table, f"a worker killed at each of {len(INGEST)} steps of an ingest", "ingest")
    assert hub.rows("SELECT DISTINCT state FROM hub_submission") == [("accepted",)]


def test_a_picture_that_always_kills_its_child_fails_and_harms_no_neighbour(hub, table):
    begun = time.monotonic()
    bad, around = hub.suppliers[0].give(picture(66_666), "bad.jpg"), doing.give(hub, 12)
    hub.start("crash-ingest", *SWEEPER, CRASH_FOR=bad.sha256)
    hub.settled(240, "mail")
    table.since("a picture that kills its child at each of three attempts", begun)
    assert (hub.home / "CRASHED").read_text().endswith("xxx")
    assert hub.value("SELECT attempt FROM hub_job WHERE kind = 'ingest' AND subject = %s", bad.id) == 3
    assert hub.value("SELECT reason FROM hub_submission WHERE id = %s", bad.id) == "our_failure"
    states = hub.rows("SELECT DISTINCT state FROM hub_submission WHERE id = ANY (%s)", [one.id for one in around])
    assert states == [("accepted",)]
    proof.prove(hub, failed=[bad.id])
    hub.end("crash-ingest", *SWEEPER)
    hub.ledger.given.remove(bad)


def test_an_export_goes_on_from_whatever_step_it_was_killed_at(hub, table):
    hub.start("ingest", *SWEEPER)
    doing.catalogue(hub)
    hub.end("ingest", *SWEEPER)
    versions = []
    for seed, where in enumerate(FREEZE):
        versions.append(doing.frozen(hub, doing.dataset(hub, f"Killed {seed}", seed)))
        killed_at(hub, "export", where)
    taken_over(hub, table, f"a worker killed at each of {len(FREEZE)} steps of a freeze", "export")
    found = [doing.version(hub, pk) for pk in versions]
    assert {state for state, _, _ in found} == {"ready"}
    archives = []
    for (_, digest, _), where in zip(found, PACK, strict=False):
        archives.append(doing.packed(hub, digest))
        killed_at(hub, "export", where)
    taken_over(hub, table, f"a worker killed at each of {len(PACK)} steps of a pack", "export")
    states = hub.rows("SELECT DISTINCT state FROM hub_archive WHERE id = ANY (%s)", archives)
    assert states == [("ready",)]


def test_a_training_goes_on_from_whatever_step_it_was_killed_at(hub, table):
    digest = hub.value("SELECT digest FROM hub_datasetversion WHERE state = 'ready' ORDER BY id LIMIT 1")
    report(hub)
    for seed, steps in enumerate(TRAINING):
        pk = doing.training(hub, digest, seed)
        job = hub.value("SELECT id FROM hub_job WHERE kind = 'train' AND subject = %s", pk)
        for where in steps:
            killed_at(hub, "training", where)
            hub.rows("UPDATE hub_job SET lease_until = now() WHERE kind = 'train' AND state = 'running'")
            hub.ring("training.train", job, queue="training")
        taken_over(hub, table, f"a worker killed {' and '.join(steps)}", "training")
        assert hub.value("SELECT state FROM hub_trainingrequest WHERE id = %s", pk) == "ready"


def report(hub: harness.Hub) -> None:
    """A training worker says at its start what can be trained: wait until one has."""
    hub.start("training")
    known = "SELECT count(*) FROM hub_backbone WHERE name = 'scratch' AND available"
    harness.wait_until(lambda: hub.value(known), 120, "a network can be trained")
    hub.end("training")
