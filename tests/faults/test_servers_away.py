"""Redis and Postgres killed, emptied, and gone for a while."""

import time

import httpx
import pytest

from tests.faults import doing, harness, proof

pytestmark = [pytest.mark.faults, pytest.mark.slow]
PAGES = (
    "/", "/labels/", "/labels/ball/", "/mine/", "/give/", "/datasets/", "/models/", "/wanted/", "/accounts/login/",
    "/api/v1/labels", "/api/v1/batches", "/api/v1/images/" + "0" * 64, "/suppliers/supplier0/", "/moderation/",
)  # fmt: skip


def test_redis_may_be_killed_with_three_hundred_waiting(hub, table):
    hub.end("ingest")
    doing.give(hub, 150)
    hub.stop_server("redis")
    doing.give(hub, 150)  # answered all the while
    slowest = max(given.seconds for given in hub.ledger.given[-150:])
    begun = time.monotonic()
    hub.start_server("redis")
    hub.start("ingest")
    hub.settled(120, "mail")
    table.since("Redis killed without persistence, 300 pictures waiting", begun, slowest_upload=round(slowest, 1))
    proof.prove(hub)


def test_redis_may_be_killed_under_workers_that_listen(hub, table):
    doing.give(hub, 30)
    hub.stop_server("redis")
    doing.give(hub, 30)
    begun = time.monotonic()
    hub.start_server("redis")
    hub.settled(120, "mail")
    table.since("Redis killed while workers listened to it", begun)
    proof.prove(hub)
    assert set(hub.processes) == {"web", "ingest", "export", "upkeep", "beat"}
    assert all(process.poll() is None for process in hub.processes.values())


def test_redis_may_forget_everything(hub, table):
    giving = doing.Giving(hub, 60)
    for _ in range(10):
        time.sleep(0.5)
        hub.broker().flushall()
    giving.done(120)
    begun = time.monotonic()
    hub.settled(150, "mail")
    table.since("Redis emptied ten times while 60 pictures came", begun)
    proof.prove(hub)


def test_postgres_may_crash_under_everything(hub, table):
    giving = doing.Giving(hub, 60)
    for _ in range(3):
        time.sleep(2)
        hub.stop_server("postgres")
        hub.start_server("postgres")
    giving.done(200)
    begun = time.monotonic()
    hub.settled(200, "mail")
    table.since("Postgres crashed three times while 60 pictures came", begun)
    proof.prove(hub)


def test_postgres_may_be_gone_for_half_a_minute(hub, table):
    doing.give(hub, 30)
    hub.stop_server("postgres")
    gone = time.monotonic()
    while time.monotonic() < gone + 30:
        later(hub)
        time.sleep(1)
    begun = time.monotonic()
    hub.start_server("postgres")
    hub.settled(200, "mail")
    table.since("Postgres gone for 30 s, 30 pictures waiting", begun)
    proof.prove(hub)
    burnt = hub.rows("SELECT id, kind, error FROM hub_job WHERE state = 'failed'")
    assert burnt == []


def later(hub: harness.Hub) -> None:
    """Every page, the API and /readyz say 503, and all but /readyz when to come back."""
    token = hub.suppliers[0].client.headers["Authorization"]
    for page in PAGES:
        headers = {"Authorization": token} if page.startswith("/api") else {"Cookie": "sessionid=" + "a" * 32}
        answer = httpx.get(hub.url + page, headers=headers, timeout=20)
        assert (page, answer.status_code, answer.headers.get("Retry-After")) == (page, 503, "10")
    sent = httpx.post(f"{hub.url}/api/v1/batches", json={}, headers={"Authorization": token}, timeout=20)
    assert (sent.status_code, sent.headers["Retry-After"]) == (503, "10")
    posted = httpx.post(f"{hub.url}/accounts/login/", data={"login": "a"}, timeout=20)
    assert posted.status_code in (403, 503)  # without its token a form is refused unread
    assert httpx.get(f"{hub.url}/readyz", timeout=20).status_code == 503
    assert httpx.get(f"{hub.url}/healthz", timeout=20).status_code == 200
