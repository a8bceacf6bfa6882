"""Every hostile request is answered with the status and the code it must be answered with, as a problem."""

import json
import logging
from io import BytesIO
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from hub import archives
from hub.models import Account, Submission
from hub.reviewing.sealing import Sealed, seal
from tests import factories, shelves, trained
from tests.hostile.requests import REQUESTS
from tests.hostile.sent import Asked
from tests.hub.api.conftest import Script
from tests.parts import broken, empty_storage
from tests.stock import stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(settings, tmp_path) -> Account:
    """Whose house it is; she may train."""
    empty_storage(settings, tmp_path)
    return factories.account(username="ada", plan="premium")


@pytest.fixture
def house(ada) -> dict[str, Any]:
    """What fills the addresses: two labels with photos, a packed version, a model of it; and somebody else's batch."""
    shots = [one for name in ("Valve", "Tap") for one in stock(factories.label(name), 20, ada)]
    selection = {"labels": [factories.Label.objects.get(name=name).pk for name in ("Valve", "Tap")]}
    version = shelves.again(shelves.datasets.create(owner=ada, name="A", selection=shelves.read(selection)))
    bob = factories.account(username="bob")
    return {
        "valve": selection["labels"][0],
        "tap": selection["labels"][1],
        "batch": factories.batch(ada).pk,
        "theirs": factories.batch(bob).pk,
        "image": shots[0].sha256,
        "submission": Submission.objects.get(image=shots[0]).pk,
        "dataset": version.dataset_id,
        "version": version.digest,
        "link": f"/fetch/{archives.link(shelves.packed(version), ada)}",
        "model": trained.model(version).pk,
        "sealed": seal(bob, Sealed(shots[0].pk, selection["labels"][0], gold=False)),
    }


@pytest.fixture(autouse=True)
def _without_a_log_of_refusals(monkeypatch):
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)


def filled(data: Any, house: dict[str, Any]) -> Any:
    """The data with `%(…)s` exchanged for what the house has; a value that is nothing else keeps its type."""
    if isinstance(data, dict):
        return {name: filled(value, house) for name, value in data.items()}
    if isinstance(data, list):
        return [filled(value, house) for value in data]
    if isinstance(data, str) and data.startswith("%(") and data.endswith(")s"):
        return house[data[2:-2]]
    return data


def ask(asked: Asked, house: dict[str, Any], scripts: dict[str, str], browser: Client):
    """The answer, read to its end: of the API to a token, of every other address to a browser that takes JSON."""
    method, path = asked.line.split(" ")
    path, data = path % house, filled(asked.data, house)
    headers = asked.headers | (scripts if path.startswith("/api/") else {"Accept": "application/json"})
    if method == "GET":
        return browser.get(path, data or {}, headers=headers)
    if isinstance(data, bytes):
        return browser.post(path, data, content_type="application/json", headers=headers)
    if is_form(path, data or {}):
        fields = {name: value for name, value in (data or {}).items() if value is not None}
        files = {name: BytesIO(value) for name, value in fields.items() if isinstance(value, bytes)}
        return browser.post(path, fields | files, headers=headers)
    return browser.post(path, json.dumps(data), content_type="application/json", headers=headers)


def is_form(path: str, data: dict[str, Any]) -> bool:
    """Whether an address takes a form: pages do, whatever has a file, and the answers of a page that is being left."""
    return "file" in data or "answers" in data or not ("/api/" in path or path.endswith(".json"))


def told(answer) -> tuple[int, str]:
    """The status of an answer, and the code of its problem."""
    body = answer.getvalue()
    is_problem = answer["Content-Type"] == "application/problem+json"
    return answer.status_code, json.loads(body)["code"] if is_problem else ""


def test_every_hostile_request_is_answered_with_its_status_and_code(ada, house):
    scripts, browser = Script(ada).headers, Client(raise_request_exception=False)
    browser.force_login(ada)
    wrong, before = {}, broken()
    for name, asked in REQUESTS.items():
        cache.clear()
        with transaction.atomic():
            answered = told(ask(asked, house, scripts, browser))
            transaction.set_rollback(answered[0] >= 500)
        if answered != (asked.status, asked.code):
            wrong[name] = answered
    assert wrong == {}
    assert broken() == before
