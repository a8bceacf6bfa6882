"""A worker's child killed at each step of an ingest, an export and a training; then ordinary workers take over."""

import signal
import time
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from tests.faults import doing, harness, proof, waiting
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
# Two by two: a job has three attempts, and an account one training at a time.
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
        made.usual = ("web",)
        made.start(*made.usual)
        yield made


def killed_at(hub: harness.Hub, queue: str, steps: Sequence[str], ask: Callable[[int], object]) -> list:
    """Have a worker's child killed at each step of another job, which `ask` makes; what it returned for each."""
    mark = hub.home / "CRASHED"
    mark.write_text("")
    hub.start(f"crash-{queue}", CRASH_AT=";".join(steps))
    asked = []
    for n, step in enumerate(steps):
        asked.append(ask(n))
        waiting.until(lambda n=n: len(mark.read_text().splitlines()) > n, 180, f"killed {step}")
    assert hub.wait(f"crash-{queue}") == -signal.SIGKILL
    assert mark.read_text().splitlines() == list(steps)
    return asked


def taken_over(hub: harness.Hub, table, what: str, *parts: str) -> None:
    """Let ordinary workers go on; all is well in the end."""
    begun = time.monotonic()
    hub.start(*parts, *SWEEPER)
    hub.settled(300, "mail")
    table.since(what, begun)
    proof.prove(hub)
    hub.end(*parts, *SWEEPER)


def test_an_ingest_goes_on_from_whatever_step_it_was_killed_at(hub, table):
    killed_at(hub, "ingest", INGEST, lambda _: doing.give(hub, 1, placed=1))
    taken_over(hub, table, f"a worker's child killed at each of {len(INGEST)} steps of an ingest", "ingest")
    assert hub.rows("SELECT DISTINCT state FROM hub_submission") == [("accepted",)]


def test_a_picture_that_always_kills_its_child_fails_and_harms_no_neighbour(hub, table):
    begun = time.monotonic()
    bad, around = hub.suppliers[0].give(picture(66_666), "bad.jpg"), doing.give(hub, 12)
    (hub.home / "CRASHED").unlink(missing_ok=True)
    hub.start("crash-ingest", *SWEEPER, CRASH_FOR=bad.sha256)
    hub.settled(240, "mail")
    table.since("a picture that kills its child at each of three attempts", begun)
    assert (hub.home / "CRASHED").read_text() == f"read {bad.sha256}\n" * 3
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
    versions = killed_at(hub, "export", FREEZE, lambda n: doing.frozen(hub, doing.dataset(hub, f"Killed {n}", n)))
    taken_over(hub, table, f"a worker's child killed at each of {len(FREEZE)} steps of a freeze", "export")
    found = [doing.version(hub, pk) for pk in versions]
    assert {state for state, _, _ in found} == {"ready"}
    archives = killed_at(hub, "export", PACK, lambda n: doing.packed(hub, found[n][1]))
    taken_over(hub, table, f"a worker's child killed at each of {len(PACK)} steps of a pack", "export")
    states = hub.rows("SELECT DISTINCT state FROM hub_archive WHERE id = ANY (%s)", archives)
    assert states == [("ready",)]


def test_a_training_goes_on_from_whatever_step_it_was_killed_at(hub, table):
    digest = ready_version(hub)
    report(hub)
    for seed, steps in enumerate(TRAINING):
        killed_at(hub, "training", steps, partial(ask_or_ask_again, hub, digest, seed))
        taken_over(hub, table, f"a training's process killed {' and '.join(steps)}", "training")
        newest = "SELECT state FROM hub_trainingrequest ORDER BY id DESC LIMIT 1"
        assert hub.value(newest) == "ready"


def ask_or_ask_again(hub: harness.Hub, digest: str, seed: int, attempt: int) -> None:
    """Ask for a training; then ring for its next attempt, as the sweeper does once the lease has run out."""
    if attempt == 0:
        doing.training(hub, digest, seed)
        return
    hub.rows("UPDATE hub_job SET lease_until = now() WHERE kind = 'train' AND state = 'running'")
    job = hub.value("SELECT max(id) FROM hub_job WHERE kind = 'train'")
    hub.ring("training.train", job, queue="training")


def ready_version(hub: harness.Hub) -> str:
    """The digest of a frozen version: what another trial left, or a new one."""
    ready = "SELECT digest FROM hub_datasetversion WHERE state = 'ready' ORDER BY id LIMIT 1"
    if not hub.rows(ready):
        hub.start("ingest", "export", *SWEEPER)
        doing.catalogue(hub)
        doing.frozen(hub, doing.dataset(hub, "To learn from"))
        hub.settled(120, "mail")
        hub.end("ingest", "export", *SWEEPER)
    return hub.value(ready)


def report(hub: harness.Hub) -> None:
    """A training worker says at its start what can be trained: wait until one has."""
    hub.start("training")
    known = "SELECT count(*) FROM hub_backbone WHERE name = 'scratch' AND available"
    waiting.until(lambda: hub.value(known), 120, "a network can be trained")
    hub.end("training")
