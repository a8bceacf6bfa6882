"""Every operation of the API, asked whatever its own description allows and what it does not (schemathesis)."""

import logging
from collections.abc import Callable
from contextlib import nullcontext

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings, strategies
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from hub import tokens
from hub.wsgi import application
from tests import trained
from tests.hub.addresses import house
from tests.parts import empty_storage

pytestmark = pytest.mark.django_db
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
IDS = {
    "batches": "batches/pk", "datasets": "datasets/pk", "versions": "versions/digest", "archives": "archives/archive",
    "models": "models/pk", "trainings": "trainings/pk", "images": "images/sha256", "labels": "slug",
}  # fmt: skip


@pytest.fixture
def asked(supplier, settings, tmp_path, monkeypatch) -> Callable[[int], list[str]]:
    """What was wrong with the answers to so many questions to each operation, about things that are there or not."""
    empty_storage(settings, tmp_path)
    settings.RATES = dict.fromkeys(settings.RATES, 0)
    filled = house(supplier)
    secret = tokens.make(supplier, "script", ["read", "give", "datasets"])[1]
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)

    def ask(times: int) -> list[str]:
        schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
        operations = [result.ok() for result in schema.get_all_operations()]
        assert len(operations) > 35
        return [wrong for one in operations for wrong in _wrong(one, times, filled, secret)]

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)  # which would end the transaction of this test
    yield ask
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def _wrong(operation, times: int, filled: dict, secret: str) -> list[str]:
    """What was wrong with the answers of one operation: nothing, or the first thing."""
    kinds = [operation.as_strategy(generation_mode=mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]

    @settings(
        max_examples=times,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(strategies.one_of(kinds), strategies.booleans(), strategies.booleans(), strategies.booleans())
    def put(case, there: bool, known: bool, kept: bool) -> None:
        if there:
            _about_what_is_there(case, operation.path, filled)
        headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {secret}"} if known else {})
        headers |= {"Idempotency-Key": "a key"} if kept else {}
        with transaction.atomic(), trained.answering_at_once() if "predict" in operation.path else nullcontext():
            answer = case.call(headers=headers)
            transaction.set_rollback(True)
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == ["application/problem+json"]

    try:
        put()
    except (FailureGroup, Exception) as failure:  # noqa: BLE001  the other operations are asked all the same
        return [f"{operation.label}: {failure}"]
    return []


def _about_what_is_there(case, path: str, filled: dict) -> None:
    """Put ids of what is there into the path of a question."""
    value = filled.get(IDS.get(path.split("/")[-1 if "{" not in path else 1], ""), 1)
    for name in ("pk", "id", "old", "new", "slug"):
        if f"{{{name}}}" in path:
            case.path_parameters[name] = value
    if "{sha256}" in path:
        case.path_parameters["sha256"] = filled["images/sha256"]


def test_whatever_is_asked_is_answered_as_described(asked):
    assert not (wrong := asked(4)), "\n\n".join(wrong)


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""])
def test_an_empty_form_under_a_key_is_answered_as_without(supplier, kind):
    headers = {"authorization": f"Bearer {tokens.make(supplier, 'script', ['give'])[1]}"}
    for more in ({}, {"idempotency-key": "a key"}):
        answer = Client().post("/api/v1/batches", b"", content_type=kind, headers=headers | more)
        assert answer.status_code in (400, 422)
        assert answer.json()["code"] == "bad_request"


@pytest.mark.slow
@pytest.mark.hostile
def test_whatever_is_asked_hundreds_of_times_is_answered_as_described(asked):
    assert not (wrong := asked(100)), "\n\n".join(wrong)
