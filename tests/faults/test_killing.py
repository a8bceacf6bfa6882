"""kill -9 of whatever there is, fifty times at random, while pictures, an export and a training are in flight."""

import random
import time

import pytest

from tests.faults import doing, harness, proof, waiting
from tests.faults.test_crashing import report

pytestmark = [pytest.mark.faults, pytest.mark.slow]
WORKERS = ("ingest", "export", "upkeep")
SEED = 6
# Further archives, asked for after so many kills: so that an export is in flight all the while.
MORE = {12: ("imagefolder", "224"), 24: ("webdataset", "299"), 36: ("imagefolder", "original")}


@pytest.fixture(scope="module")
def busy(hub):
    """The hub with a dataset frozen, and a worker that can train."""
    doing.catalogue(hub)
    report(hub)
    hub.usual += ("training",)
    hub.start("training")
    version = doing.frozen(hub, doing.dataset(hub, "Busy"))
    hub.settled(120, "mail")
    return hub, doing.version(hub, version)[1]


def in_flight(hub: harness.Hub, digest: str, seed: int) -> tuple[int, int, int]:
    """A freeze, a pack and a training that have just been asked for: their ids."""
    version = doing.frozen(hub, doing.dataset(hub, f"In flight {seed}", seed + 100))
    archive = doing.packed(hub, digest, "webdataset", ("1024", "original")[seed % 2])
    return version, archive, doing.training(hub, digest, seed)


def kill_something(hub: harness.Hub, chance: random.Random) -> None:
    """One of: a pool's child, a worker, the site, the schedule. A worker, site or schedule starts again at once.

    A worker that is not yet whole again is spared: to be killed at its start each time would harm nothing.
    """
    while True:
        worker = chance.choice(WORKERS)
        what = chance.choice(["child", "child", worker, worker, "web", "beat"])
        if what == "child" and hub.kill_child(worker):
            return
        if what in ("web", "beat") or (what == worker and hub.children(worker)):
            hub.kill(what)
            hub.start(what)
            return


def asked_again(hub: harness.Hub, archives: list[int]) -> None:
    """An archive whose packing was killed three times has failed, and says so: its owner asks once more."""
    state = "SELECT digest, format, side FROM hub_archive WHERE id = ANY (%s) AND state = 'failed'"
    for digest, format, side in hub.rows(state, archives):
        assert doing.packed(hub, digest, format, str(side or "original")) in archives
    hub.settled(120, "mail")


def test_whatever_is_killed_fifty_times_at_random(busy, table):
    hub, digest = busy
    version, archive, training = in_flight(hub, digest, 1)
    giving = doing.Giving(hub, 300)
    chance = random.Random(SEED)
    archives = [archive]
    for n in range(49):
        time.sleep(chance.uniform(0.3, 1.2))
        kill_something(hub, chance)
        if n in MORE:
            archives.append(doing.packed(hub, digest, *MORE[n]))
    learning = "SELECT count(*) FROM hub_job WHERE kind = 'train' AND state = 'running'"
    waiting.until(lambda: hub.value(learning), 120, "it is being trained")
    assert hub.kill_child("training")
    giving.done(200)
    begun = time.monotonic()
    hub.settled(300, "mail")
    table.since("kill -9, 50 times at random, 300 pictures, an export and a training in flight", begun)
    asked_again(hub, archives)
    assert doing.version(hub, version)[0] == "ready"
    assert hub.rows("SELECT DISTINCT state FROM hub_archive WHERE id = ANY (%s)", archives) == [("ready",)]
    assert hub.value("SELECT state FROM hub_trainingrequest WHERE id = %s", training) == "ready"
    proof.prove(hub, twice_mailed=True)


def test_everything_is_told_to_end_in_the_middle_of_everything(busy, table):
    hub, digest = busy
    version, archive, training = in_flight(hub, digest, 2)
    giving = doing.Giving(hub, 60)
    time.sleep(4)
    begun = time.monotonic()
    names = list(hub.processes)
    hub.end(*names, within=100)
    ended = time.monotonic() - begun
    begun = time.monotonic()
    hub.start(*names)
    giving.done(200)
    hub.settled(300, "mail")
    table.since("SIGTERM of everything in the middle of it", begun, ended_within=round(ended))
    assert doing.version(hub, version)[0] == "ready"
    assert hub.value("SELECT state FROM hub_archive WHERE id = %s", archive) == "ready"
    assert hub.value("SELECT state FROM hub_trainingrequest WHERE id = %s", training) == "ready"
    proof.prove(hub, twice_mailed=True)


def test_a_photo_is_taken_back_while_it_is_packed_and_learnt_from(busy, table):
    hub, _ = busy
    version = doing.frozen(hub, doing.dataset(hub, "Taken back", 300))
    hub.settled(200, "mail")
    digest = doing.version(hub, version)[1]
    training = doing.training(hub, digest, 3, epochs=8)
    first = doing.packed(hub, digest, "webdataset", "original")
    running = "SELECT count(*) FROM hub_trainingrequest WHERE id = %s AND phase <> ''"
    waiting.until(lambda: hub.value(running, training), 120, "it is being trained")
    taken = doing.take_back(hub, version)
    begun = time.monotonic()
    hub.settled(300, "mail")
    table.since("a photo withdrawn during an export and a training", begun)
    state, reason = hub.rows("SELECT state, reason FROM hub_trainingrequest WHERE id = %s", training)[0]
    assert (state, reason) == ("failed", "images_withdrawn")
    assert hub.value("SELECT state FROM hub_archive WHERE id = %s", first) == "stale"
    assert hub.value("SELECT count(*) FROM hub_image WHERE sha256 = %s AND withdrawn_at IS NULL", taken) == 0
    proof.prove(hub, twice_mailed=True)
