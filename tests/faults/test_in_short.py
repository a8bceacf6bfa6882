"""The fault suite in short, for make test: one small hub, and what befalls a hub most often. `make faults` does all."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

from tests.faults import doing, harness, proof, waiting
from tests.faults.pictures import picture


def lapse(hub: harness.Hub) -> None:
    """Let the time pass after which the sweeper rings again, and ring for the sweeper as beat does."""
    hub.rows("UPDATE hub_job SET announced_at = announced_at - interval '30 s' WHERE state = 'queued'")
    hub.ring("upkeep.sweep", queue="upkeep")


def swept(hub: harness.Hub, seconds: float) -> None:
    """Wait until no job is left while the sweeper comes every second."""

    def nothing_left() -> bool:
        lapse(hub)
        time.sleep(0.7)
        return not hub.live()

    waiting.until(nothing_left, seconds, "no job is left")


def five_pairs(hub: harness.Hub) -> None:
    """Two suppliers send the same picture at the same moment, five times."""
    first, second = hub.suppliers[:2]
    with ThreadPoolExecutor(2) as pool:
        for n in range(5):
            same = picture(9_000_000 + n)
            list(pool.map(lambda one, n=n, same=same: one.give(same, f"{n}.jpg", "cube"), (first, second)))


def test_a_hub_loses_nothing_whatever_is_killed_forgotten_or_said_twice():
    """To start a process takes seconds: each is killed at most once."""
    with harness.running(lease=3) as hub:
        hub.start("crash-ingest", "web", CRASH_AT="after hub.storage.put#2")
        doing.give(hub, 1)
        assert hub.wait("crash-ingest") == -signal.SIGKILL
        assert (hub.home / "CRASHED").read_text() == "after hub.storage.put#2\n"
        hub.start("all")
        doing.give(hub, 3)
        hub.broker().flushall()  # what was said is forgotten
        five_pairs(hub)
        for child in hub.children("all"):
            os.kill(child, signal.SIGKILL)
        for (job,) in hub.rows("SELECT id FROM hub_job WHERE state = 'queued' AND kind = 'ingest' LIMIT 3"):
            hub.ring("ingest.ingest", job, queue="ingest", times=10)
        hub.kill("web")
        hub.start("web")
        doing.give(hub, 3)
        swept(hub, 60)
        states = dict(hub.rows("SELECT state, count(*) FROM hub_submission GROUP BY 1"))
        assert states == {"accepted": 12, "duplicate": 5}
        proof.prove(hub)
