"""Who may ask what: every address of the API, tried by everybody; and tokens' scopes."""

import pytest
from django.db import transaction
from django.test import Client

from hub import jobs
from hub.api import api
from hub.models import Job
from hub.problems import Refused
from tests import factories, images, trained
from tests.hub.api.conftest import Script, frozen
from tests.hub.deciding import people, statuses

pytestmark = pytest.mark.django_db
JOB = "/jobs/{job}"
# Method and address: what each role gets (tests/hub/deciding.py), where the dataset is private.
DECISIONS = {
    "GET /labels": statuses(200),
    "GET /labels/valve": statuses(200),
    "GET /labels/valve/negatives": statuses(200),
    "GET /images": statuses(200),
    "GET /images/{image}": statuses(200),
    "GET /batches": statuses(200, stranger=401),
    "POST /batches": statuses(201, stranger=401),
    "GET /batches/{batch}": statuses(200, 404, 401),
    "POST /batches/{batch}/files": statuses(400, 404, 401),
    "POST /files/known": statuses(422, stranger=401),
    "POST /selections/preview": statuses(422, stranger=401),
    "GET /datasets": statuses(200),
    "POST /datasets": statuses(422, stranger=401),
    "GET /datasets/{dataset}": statuses(200, 404),
    "GET /datasets/{dataset}/versions": statuses(200, 404),
    "POST /datasets/{dataset}/versions": statuses(202, 404, 401),
    "GET /datasets/{dataset}/versions/1": statuses(200, 404),
    "GET /versions/{id}": statuses(200, 404),
    "GET /versions/{id}/manifest": statuses(200, 404),
    "GET /versions/{id}/members": statuses(200, 404),
    "GET /versions/{id}/diff/{id}": statuses(200, 404),
    "GET /versions/{id}/diff/{id}/changes": statuses(200, 404),
    "GET /versions/{id}/files/{image}": statuses(200, 404),
    "GET /versions/{id}/archives": statuses(200, 404),
    "POST /versions/{id}/archives": statuses(200, 404, 401),
    "GET /archives/{archive}": statuses(200, 404),
    "GET /models": statuses(200),
    "GET /models/{model}": statuses(200, 404),
    "GET /models/{model}/files/labels.txt": statuses(200, 404),
    "POST /models/{model}/predict": statuses(400, 404),
    "GET /trainings": statuses(200, stranger=401),
    "POST /trainings": statuses(403, stranger=401, premium=422),
    "GET /trainings/{training}": statuses(200, 404, 401),
    "DELETE /trainings/{training}": statuses(409, 404, 401),
    "GET /wanted": statuses(200),
    "GET /quotas": statuses(200, stranger=401),
    "GET /jobs/{train}": statuses(200, 404, 401),
    "GET /jobs/{ingest}": statuses(200, 404, 401),
    "GET /jobs/{freeze}": statuses(200, 404, 401),
    "GET /jobs/{pack}": statuses(200, 404, 401),
    "GET /jobs/{relate}": statuses(404, stranger=401),
}
# The same, where it is public: those that differ.
PUBLIC = {
    name: statuses(told["owner"], 200)
    for name, told in DECISIONS.items()
    if name.startswith(("GET /datasets/", "GET /versions/", "GET /archives/", "GET /models/"))
} | {
    "POST /datasets/{dataset}/versions": statuses(202, 403, 401),
    "POST /versions/{id}/archives": statuses(200, stranger=401),
    "POST /models/{model}/predict": statuses(400),
    "GET /jobs/{pack}": statuses(200, stranger=401),
}


@pytest.fixture
def house(ada, supplier, stocked):
    """One of everything of ada's; what its addresses are filled with."""

    def build(public: bool) -> dict:
        given = factories.checked(images.photo(seed=1), factories.batch(supplier))
        version = frozen(supplier, public=public)
        archive = ada.post(f"/versions/{version.digest}/archives").json()
        factories.work_off()
        job = {kind: Job.objects.filter(kind=kind).first().pk for kind in ("ingest", "relate", "freeze", "pack")}
        training = trained.asked(trained.model(version), supplier)
        job["train"] = jobs.open_job(Job.Kind.TRAIN, training.pk).pk
        member = version.members.first().image
        return job | {
            "batch": given.batch_id,
            "dataset": version.dataset_id,
            "id": version.digest,
            "image": member.sha256,
            "archive": archive["id"],
            "model": training.model_id,
            "training": training.pk,
        }

    return build


def asked(script: Script, line: str, filled: dict):
    method, path = line.format(**filled).split()
    body = {"label": "valve", "licence": "CC0-1.0"} if path == "/batches" else {}
    return script.post(path, body) if method == "POST" else getattr(script, method.lower())(path)


@pytest.mark.parametrize("public", [False, True], ids=["private", "public"])
def test_each_address_answers_whom_it_should(public, house, ada, supplier):
    filled = house(public)
    expected = DECISIONS | (PUBLIC if public else {})
    scripts = {role: Script(who) if who != supplier else ada for role, who in people(supplier).items()}
    got = {line: {role: tried(script, line, filled) for role, script in scripts.items()} for line in expected}
    assert got == expected


def tried(script: Script, line: str, filled: dict) -> int:
    """The status of an answer; what was done for it is undone."""
    with transaction.atomic():
        status = asked(script, line, filled).status_code
        transaction.set_rollback(True)
    return status


def test_no_address_is_without_a_decision():
    names = {"pk": "{}", "slug": "valve", "number": "1", "old": "{}", "new": "{}", "id": "{}", "sha256": "{}"}
    names["name"] = "labels.txt"
    known = {f"{method.upper()} {path.format(**names)}" for path, method in addresses()}
    assert known == {_anonymous(line) for line in DECISIONS}


def addresses() -> list[tuple[str, str]]:
    paths = api.get_openapi_schema()["paths"]
    return [(path.removeprefix("/api/v1"), method) for path, methods in paths.items() for method in methods]


def _anonymous(line: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in line.split("/"))


SCOPES = {
    "GET /batches": {"read", "give"},
    "POST /batches": {"give"},
    "POST /files/known": {"give"},
    "GET /labels": {"read", "give", "datasets"},
    "GET /datasets": {"read", "datasets"},
    "POST /selections/preview": {"read", "datasets"},
    "POST /datasets": {"datasets"},
    "POST /versions/00000000/archives": {"datasets"},
    "GET /versions/00000000": {"read", "datasets"},
    "GET /models": {"read", "datasets"},
    "POST /models/0/predict": {"read", "datasets"},
    "GET /trainings": {"read", "datasets"},
    "DELETE /trainings/0": {"datasets"},
}


@pytest.mark.parametrize("line", SCOPES)
def test_a_token_does_what_its_scopes_say_and_no_more(line):
    factories.label("Valve")
    for scope in ("read", "give", "datasets"):
        answer = asked(Script(factories.account(), [scope]), line, {})
        allowed = answer.status_code != 403
        assert allowed == (scope in SCOPES[line]), scope
        if not allowed:
            assert answer.json()["code"] == "scope_needed"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer dih_x",
        "Bearer",
        "Basic YTpi",
        "dih_x",
        "Bearer \udcff".encode().decode("latin1") if False else "Bearer é",
    ],
)
def test_a_token_that_is_not_good_is_refused_even_where_strangers_are_not(header, db):
    answer = Client().get("/api/v1/labels", headers={"authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "unknown_token")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_token_taken_back_opens_nothing(ada, supplier):
    assert ada.get("/batches").status_code == 200
    supplier.tokens.all().delete()
    assert ada.get("/batches").json()["code"] == "unknown_token"


def test_a_log_in_is_no_token(browser):
    assert browser.get("/api/v1/batches").json()["code"] == "token_needed"


def test_nothing_is_kept_by_caches_for_others(ada):
    answer = ada.get("/batches")
    assert (answer["Cache-Control"], answer["Vary"]) == ("private, no-cache", "Authorization")


@pytest.mark.parametrize("path", ["/nothing", "/labels/", "/batches/99999999999999999999"])
def test_what_is_not_there_is_a_problem_too(path, ada, settings):
    for settings.DEBUG in (False, True):
        answer = ada.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json"), settings.DEBUG


def test_the_wrong_method_is_a_problem_too(ada):
    answer = ada.post("/labels")
    assert (answer.status_code, answer.json()["code"], answer["Allow"]) == (405, "wrong_method", "GET")


def test_a_failure_of_ours_shows_nothing_of_it(ada, monkeypatch, settings):
    settings.DEBUG = True
    monkeypatch.setattr("hub.labels.tiles", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ada.get("/labels")


def test_an_outage_is_answered_with_when_to_come_back(ada, monkeypatch):
    def away(*_):
        raise Refused("away", 503)

    monkeypatch.setattr("hub.labels.tiles", away)
    assert ada.get("/labels").json()["code"] == "away"
