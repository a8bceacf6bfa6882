"""An object store that answers wrongly, slowly, half or not at all; and a disk that is full."""

import time

import httpx
import pytest

from tests.faults import disks, doing, harness, proof, waiting
from tests.faults.proxy import SLOW

pytestmark = [pytest.mark.faults, pytest.mark.slow]
ILL = 20  # seconds; nobody waits as long for an attempt that failed


@pytest.mark.parametrize("mode", ["500", "503", "403", "slow", "cut", "refuse"])
def test_a_store_that_is_ill_costs_time_and_nothing_else(hub, table, mode):
    doing.give(hub, 6)
    giving = ill(hub, mode, 12)
    begun = time.monotonic()
    giving.done(200)
    hub.settled(240, "mail")
    table.since(f"object store: {NAMES[mode]} for {ILL} s", begun)
    proof.prove(hub)
    assert hub.rows("SELECT id FROM hub_job WHERE state = 'failed'") == []


NAMES = {
    "500": "answers 500", "503": "answers 503", "403": "answers 403", "slow": f"answers after {SLOW:.0f} s",
    "cut": "breaks off in the middle of a body", "refuse": "resets every connection", "wrong": "gives other bytes",
}  # fmt: skip


def ill(hub: harness.Hub, mode: str, count: int) -> doing.Giving:
    """Let the store be ill for a while, during which people give."""
    met = hub.wall.met
    hub.wall.mode = mode
    giving = doing.Giving(hub, count)
    time.sleep(ILL)
    hub.wall.mode = "pass"
    assert hub.wall.met > met
    return giving


def test_bytes_the_store_gives_wrong_are_never_believed(hub, table):
    doing.catalogue(hub)
    versions = [doing.frozen(hub, doing.dataset(hub, f"Wrong {n}", n)) for n in range(2)]
    hub.settled(120, "mail")
    before = hub.value("SELECT count(*) FROM hub_submission WHERE state = 'rejected'")
    hub.wall.mode = "wrong"
    archives = [doing.packed(hub, doing.version(hub, pk)[1]) for pk in versions]
    giving = ill(hub, "wrong", 12)
    begun = time.monotonic()
    giving.done(120)
    hub.settled(240, "mail")
    table.since(f"object store: {NAMES['wrong']} for {ILL} s", begun)
    proof.prove(hub)
    assert hub.value("SELECT count(*) FROM hub_submission WHERE state = 'rejected'") == before
    assert hub.rows("SELECT DISTINCT state FROM hub_archive WHERE id = ANY (%s)", archives) == [("ready",)]


def test_a_full_disk_is_said_and_waited_out(table):
    with harness.running(bucket=False) as hub, disks.small(hub, 8):
        hub.start("web", "beat", "upkeep")
        doing.give(hub, 20)
        disks.fill(hub)
        hub.start("ingest")
        met = "SELECT count(*) FROM hub_job WHERE error LIKE '%No space left%'"
        waiting.until(lambda: hub.value(met), 60, "a worker met the full disk")
        giving = doing.Giving(hub, 10)
        waiting.until(lambda: hub.ledger.answers[503], 60, "a supplier was told to come later")
        assert httpx.get(f"{hub.url}/labels/ball/", timeout=20).status_code == 200
        begun = time.monotonic()
        disks.make_room(hub)
        giving.done(100)
        hub.settled(200, "mail")
        table.since("a full disk under local files, until room was made", begun)
        proof.prove(hub)
        assert hub.rows("SELECT id FROM hub_job WHERE state = 'failed'") == []
