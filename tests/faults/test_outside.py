"""What is outside the hub: the mail server, the geocoder, the clock."""

import time
from importlib import resources

import pytest

from tests.faults import doing, harness, proof, waiting

pytestmark = [pytest.mark.faults, pytest.mark.slow]


def told(hub: harness.Hub) -> None:
    """Let two minutes pass, after which suppliers are told of their batches, and ring for that as beat does."""
    hub.rows("UPDATE hub_submission SET decided_at = decided_at - interval '2 minutes'")
    hub.ring("upkeep.announce", queue="upkeep")


def test_mail_server_and_geocoder_may_be_down(hub, table):
    hub.letters.close()
    hub.geocoder.status = 503
    doing.give(hub, 20, placed=6)
    hub.settled(120, "mail")
    told(hub)
    mails = "SELECT count(*) FROM hub_job WHERE kind = 'mail' AND state = 'queued' AND error <> ''"
    waiting.until(lambda: hub.value(mails), 60, "a mail waits")
    assert hub.rows("SELECT DISTINCT source FROM hub_place") == [("offline",)]
    hub.letters.open()
    begun = time.monotonic()
    hub.settled(240)
    table.since("mail server and geocoder down", begun)
    batches = hub.value("SELECT count(*) FROM hub_batch WHERE accepted > 0")
    assert len(hub.letters.ids()) == len(set(hub.letters.ids())) == batches
    proof.prove(hub)
    hub.geocoder.status = 200


def library() -> str:
    """Where libfaketime lies; skips where there is none for this machine."""
    try:
        found = resources.files("libfaketime") / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"
    except ModuleNotFoundError:
        found = None
    if found is None or not found.is_file():
        pytest.skip("libfaketime is not here: no clock can be put wrong.")
    return str(found)


@pytest.mark.parametrize("minutes", ["+10", "-10"])
def test_a_clock_may_be_ten_minutes_off(hub, table, minutes):
    wrong = {"LD_PRELOAD": library(), "FAKETIME": f"{minutes}m", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    hub.end("ingest", "web")
    hub.start("ingest", "web", **wrong)
    begun = time.monotonic()
    doing.give(hub, 20)
    hub.kill("ingest")
    hub.start("ingest", **wrong)
    hub.settled(150, "mail")
    table.since(f"the clocks of web and worker {minutes} minutes off, a worker killed", begun)
    proof.prove(hub)
    assert hub.value("SELECT max(attempt) FROM hub_job WHERE kind = 'ingest'") <= 2
    hub.end("ingest", "web")
    hub.start("ingest", "web")
