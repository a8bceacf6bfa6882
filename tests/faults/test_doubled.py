"""Messages that come ten times, workers that sleep through their lease, people who give the same at once."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults import doing, harness, proof, waiting
from tests.faults.pictures import picture

pytestmark = [pytest.mark.faults, pytest.mark.slow]
TASKS = {"ingest": ("ingest.ingest", "ingest"), "relate": ("ingest.relate", "ingest")}
TASKS |= {"freeze": ("export.freeze", "export"), "pack": ("export.pack", "export")}
TASKS |= {"locate": ("places.locate", "places"), "mail": ("upkeep.mail", "upkeep")}


def ten_times(hub: harness.Hub) -> int:
    """Ring ten times for every job there is, whatever its state; how many jobs."""
    jobs = hub.rows("SELECT id, kind FROM hub_job WHERE kind = ANY (%s)", list(TASKS))
    for job, kind in jobs:
        hub.ring(TASKS[kind][0], job, queue=TASKS[kind][1], times=10)
    return len(jobs)


def test_a_message_may_come_ten_times(hub, table):
    hub.end("ingest", "export")
    doing.give(hub, 60, placed=10)
    rung = ten_times(hub)
    hub.start("ingest", "export")
    begun = time.monotonic()
    hub.settled(200, "mail")
    version = doing.frozen(hub, doing.dataset(hub, "Ten times"))
    ten_times(hub)
    hub.settled(200, "mail")
    digest = doing.version(hub, version)[1]
    doing.packed(hub, digest)
    ten_times(hub)
    hub.settled(200, "mail")
    table.since("every message delivered ten times, to three workers at once", begun, jobs=rung)
    proof.prove(hub)
    assert hub.value("SELECT max(attempt) FROM hub_job WHERE kind <> 'mail'") == 1


def test_a_worker_that_slept_through_its_lease_writes_nothing(hub, table):
    hub.end("ingest")
    doing.give(hub, 12)
    hub.start("ingest")
    running = "SELECT count(*) FROM hub_job WHERE state = 'running' AND kind = 'ingest'"
    waiting.until(lambda: hub.value(running), 60, "a worker is at work")
    hub.pause("ingest")
    asleep = hub.rows("SELECT id FROM hub_job WHERE state = 'running' AND kind = 'ingest'")
    assert asleep
    time.sleep(hub.lease + 1)
    hub.processes["sleeper"] = hub.processes.pop("ingest")
    begun = time.monotonic()
    hub.start("ingest")
    hub.settled(120, "mail")
    hub.go_on("sleeper")
    time.sleep(5)  # now it writes, if it is let
    table.since("a worker stopped for longer than its lease, then continued", begun)
    taken = hub.rows("SELECT attempt, state FROM hub_job WHERE id = ANY (%s)", [job for (job,) in asleep])
    assert set(taken) == {(2, "done")}
    assert "superseded" in (hub.home / "logs" / "ingest.log").read_text()
    proof.prove(hub)
    hub.end("sleeper")


def test_a_hundred_pairs_give_the_same_at_the_same_moment(hub, table):
    first, second = hub.suppliers[:2]
    begun = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        for n in range(100):
            same = picture(5_000_000 + n)
            both = list(pool.map(lambda one, n=n, same=same: one.give(same, f"{n}.jpg", "cube"), (first, second)))
            assert both[0].id != both[1].id
    hub.settled(200, "mail")
    table.since("100 pairs of suppliers sending the same picture at the same moment", begun)
    ids = [given.id for given in hub.ledger.given[-200:]]
    states = hub.rows("SELECT state, reason, count(*) FROM hub_submission WHERE id = ANY (%s) GROUP BY 1, 2", ids)
    assert sorted(states) == [("accepted", "", 100), ("duplicate", "same_bytes", 100)]
    proof.prove(hub)
