"""What every answer carries, and what the hub says when a part of it is away."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from redis.exceptions import RedisError

from hub import reasons
from hub.problems import problem
from hub.storage import Away
from tests import factories, images


@pytest.mark.parametrize("address", ["/", "/labels/", "/accounts/login/", "/nothing", "/healthz", "/labels.json"])
def test_every_answer_carries_the_security_headers(db, address):
    answer = Client().get(address)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


NAMED = "name scope id field known value shares n label groups split missing format side size number".split()  # noqa: SIM905
NAMED += "backbone method most needed times well epoch file doing note thing used".split()  # noqa: SIM905


def test_every_code_has_words_and_advice():
    for code in reasons.REASONS:
        assert "?" not in reasons.words(code, dict.fromkeys(NAMED, "x")), code
        assert reasons.advice(code).endswith(".")


def test_every_code_of_imaging_has_words():
    from workers.imaging import CODES

    assert set(CODES) <= set(reasons.REASONS)


def test_every_way_a_training_fails_has_words():
    core = settings.BASE_DIR / "workers" / "backbones"
    raised = {code for file in core.glob("*.py") for code in re.findall(r'Failure\("(\w+)"', file.read_text())}
    # Fetching weights is no part of a training.
    assert raised - {"weights_unreachable"} <= set(reasons.REASONS)
    assert "empty_split" in raised


def test_a_script_is_answered_in_problem_json_and_a_person_in_words(rf):
    asked = problem(rf.get("/", HTTP_ACCEPT="application/json"), 413, "too_large")
    assert asked["Content-Type"] == "application/problem+json"
    assert b"larger than 20 MB" in asked.content
    assert b"larger than 20 MB" in problem(rf.get("/"), 413, "too_large").content


@pytest.mark.parametrize("trouble", [OperationalError("gone"), Away("gone"), RedisError("gone")])
def test_a_part_that_is_away_is_503_with_retry_after(db, monkeypatch, trouble):
    def fail(*_):
        raise trouble

    monkeypatch.setattr("hub.browse.stats", fail)
    answer = Client().get("/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")


@pytest.mark.parametrize("address", ["/", "/mine/", "/batches/1/files.json"])
def test_where_the_session_cannot_be_read_it_is_503_as_well(browser, monkeypatch, address):
    """What fails around the views, in a middleware, is no view's matter."""

    def fail(*_):
        raise OperationalError("gone")

    monkeypatch.setattr("django.contrib.auth.middleware.get_user", fail)
    browser.raise_request_exception = False
    answer = browser.post(address)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")


def test_storage_away_loses_no_upload_silently(browser, supplier, monkeypatch):
    from hub import storage
    from tests.hub.test_giving import JSON, upload

    def fail(*_, **__):
        raise OSError("disk full")

    batch = factories.batch(supplier)
    monkeypatch.setattr(storage.storages["originals"], "save", fail)
    answer = browser.post(f"/batches/{batch.pk}/files.json", {"file": upload(images.photo(seed=1))}, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (503, "away")
    assert not batch.submissions.exists()


def test_with_the_broker_away_a_file_is_received_all_the_same(browser, supplier, monkeypatch):
    from kombu.exceptions import OperationalError as BrokerAway

    from tests.hub.test_giving import JSON, upload
    from workers.celery import app

    def fail(*_, **__):
        raise BrokerAway("gone")

    batch = factories.batch(supplier)
    monkeypatch.setattr(app, "send_task", fail)
    answer = browser.post(f"/batches/{batch.pk}/files.json", {"file": upload(images.photo(seed=1))}, **JSON)
    assert answer.status_code == 201
    factories.work_off()
    assert batch.submissions.get().state == "accepted"


def test_readiness_names_each_part_and_the_oldest_job(db):
    factories.given(images.photo(seed=1))
    state = Client().get("/readyz").json()
    assert state["ok"]
    assert {state[part] for part in ("database", "broker", "cache", "storage")} == {True}
    assert state["oldest_job_seconds"] >= 0


def settings_say(command: list[str], **env: str) -> subprocess.CompletedProcess:
    """Run manage.py in surroundings of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "DATABASE_URL", "REDIS_URL", "HUB_HOME") if name in os.environ}
    command = [sys.executable, "manage.py", *command]
    return subprocess.run(command, env=kept | env, capture_output=True, text=True, check=False, timeout=60)


def test_the_hub_refuses_to_start_on_a_default_secret_when_debug_is_off():
    refused = settings_say(["check"], HUB_DEBUG="0")
    assert refused.returncode != 0
    assert "HUB_SECRET_KEY" in refused.stderr


def test_production_settings_pass_the_deployment_check():
    production = {
        "HUB_DEBUG": "0",
        "HUB_SECRET_KEY": "k" * 30 + "abcdefghijklmnopqrstuvwxyz",
        "HUB_HOSTS": "hub.example",
    }
    checked = settings_say(["check", "--deploy", "--fail-level", "WARNING"], **production)
    assert checked.returncode == 0, checked.stderr


def test_a_head_of_a_picture_tells_its_length_and_sends_nothing(browser, supplier):
    image = factories.checked(images.photo(seed=1), factories.batch(supplier)).image
    whole, head = (getattr(browser, method)(f"/images/{image.sha256}/224.jpg") for method in ("get", "head"))
    assert head["Content-Length"] == str(len(b"".join(whole.streaming_content)))
    assert (head.status_code, head.streaming, head.content) == (200, False, b"")
