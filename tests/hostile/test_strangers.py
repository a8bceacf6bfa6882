"""Ids of other people, wherever a request may name one: they are not there, and nothing of theirs changes."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from hub import models
from hub.models import Account, Batch, IdempotencyKey, Image, Job, Notice, Token
from hub.people import notices
from hub.reviewing.sealing import Sealed, seal
from tests import factories, images, shelves, trained
from tests.hub.addresses import addresses, house
from tests.hub.api.conftest import Script
from tests.hub.api.test_access import addresses as routes
from tests.hub.conftest import logged_in
from tests.parts import empty_storage

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json", "HTTP_ACCEPT": "application/json"}
MISSING = 999_999_999


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    empty_storage(settings, tmp_path)


@pytest.fixture
def bob(db) -> Account:
    return factories.account(username="bob", plan="premium")


@pytest.fixture
def adas(supplier) -> dict[str, Any]:
    """One of everything of ada's, all private (tests/hub/addresses.py)."""
    return house(supplier)


def kept() -> dict[str, Any]:
    """What the database holds of what people own."""
    kinds = ("Archive", "Batch", "Dataset", "DatasetVersion", "Doubt", "Image", "Job", "Submission", "TrainingRequest")
    rows = {kind: list(getattr(models, kind)._base_manager.order_by("pk").values()) for kind in kinds}
    return rows | {"Token": list(Token.objects.values_list("pk", "account", "name").order_by("pk"))}


def test_ids_of_others_in_addresses_and_bodies_are_not_there(adas, bob, supplier):
    """To the API: what ada has is as good as nothing, and stays as it is."""
    script, own = Script(bob), factories.batch(bob)
    version, label = adas["versions/digest"], Batch.objects.get(pk=adas["batches/pk"]).label
    before = kept()
    asked = {
        "a file into a batch": script.send(f"/batches/{adas['batches/pk']}/files", file=_file()),
        "a version to train on": script.post(
            "/trainings", {"version": version, "backbone": "scratch", "method": "full"}
        ),
        "its first digits": script.post(
            "/trainings", {"version": version[:12], "backbone": "scratch", "method": "full"}
        ),
        "a version to pack": script.post(f"/versions/{version}/archives", {"format": "coco"}),
        "a dataset to freeze": script.post(f"/datasets/{adas['datasets/pk']}/versions"),
        "an archive": script.get(f"/archives/{adas['archives/archive']}"),
        "a training to cancel": script.delete(f"/trainings/{adas['trainings/pk']}"),
        "a model to try": script.send(f"/models/{adas['models/pk']}/predict", files=_file()),
        "a job": script.get(f"/jobs/{Job.objects.filter(kind='freeze').first().pk}"),
    }
    assert {what: answer.status_code for what, answer in asked.items()} == dict.fromkeys(asked, 404)
    assert kept() == before
    assert not own.submissions.exists()
    assert label.slug == "valve"


def _file():
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("photo.jpg", images.photo(seed=9))


def test_ids_of_others_in_the_forms_of_the_site_are_not_there(adas, bob):
    browser, version = logged_in(bob), adas["versions/digest"]
    mine = shelves.frozen(bob, selection={"split": {"seed": 1}})
    address = f"/datasets/{mine.dataset_id}/versions/1/archives"
    before = kept()
    asked = {
        "an archive under another's version": browser.get(f"{address}/{adas['archives/archive']}/link"),
        "a version to train on": browser.post(f"/trainings/new/?version={version}", {"backbone": "scratch"}),
        "a picture of no test of this model": browser.post(f"/models/{adas['models/pk']}/doubt/", {"image": "0" * 64}),
        "a token": browser.post(f"/account/tokens/{adas['tokens/pk']}/take-back/"),
        "files for a batch": browser.post(f"/batches/{adas['batches/pk']}/files.json", {"file": _file()}),
        "a photo of a batch": browser.post(f"/images/{adas['images/sha256']}/withdraw/"),
    }
    assert {what: answer.status_code for what, answer in asked.items()} == dict.fromkeys(asked, 404)
    assert kept() == before


def test_a_form_that_names_an_owner_or_a_right_is_not_believed(supplier, bob):
    factories.label("Valve")
    browser = logged_in(bob)
    more = {"supplier": supplier.pk, "owner": supplier.pk, "account": supplier.pk, "id": 1, "pk": 1, "is_staff": "on"}
    more |= {"plan": "premium", "drawn": "on", "trusted_at": "2026-01-01", "total": 5, "public": "", "muted": "x"}
    browser.post("/give/", {"label": "valve", "licence": "CC0-1.0", "precision": "open", "file": _file(), **more})
    browser.post("/account/tokens/", {"name": "t", "scopes": ["read"], "sha256": "0" * 64, "hint": "x", **more})
    browser.post(
        "/account/", {"credit": "Bob", "username": "ada", "suspended_at": "", "email": "x@example.org", **more}
    )
    assert [(one.supplier, one.drawn) for one in Batch.objects.all()] == [(bob, False)]
    assert [one.account for one in Token.objects.all()] == [bob]
    bob.refresh_from_db()
    assert (bob.username, bob.is_staff, bob.email, bob.credit) == ("bob", False, "", "Bob")
    refused = Script(bob).post("/batches", {"label": "valve", "licence": "CC0-1.0", "supplier": supplier.pk})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_request")


def test_an_idempotency_key_of_another_gives_nothing_of_theirs_away(supplier, bob):
    factories.label("Valve")
    asked = {"label": "valve", "licence": "CC0-1.0"}
    first = Script(supplier).post("/batches", asked, key="the same")
    second = Script(bob).post("/batches", asked, key="the same")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]
    assert Batch.objects.get(pk=second.json()["id"]).supplier == bob
    assert IdempotencyKey.objects.count() == 2


def test_a_key_of_one_token_answers_another_token_of_the_same_account_alone(supplier):
    factories.label("Valve")
    asked = {"label": "valve", "licence": "CC0-1.0"}
    made = Script(supplier).post("/batches", asked, key="k").json()["id"]
    Token.objects.update(name="old")
    assert Script(supplier).post("/batches", asked, key="k").json()["id"] == made
    Token.objects.filter(name="script").update(name="older")
    assert Script(supplier, ["read"]).post("/batches", asked, key="k").json()["code"] == "scope_needed"


def test_a_question_put_to_one_is_answered_by_nobody_else(adas, bob, supplier):
    asked = Sealed(Image.objects.get(sha256=adas["images/sha256"]).pk, 1, gold=False)
    browser, token = logged_in(bob), seal(supplier, asked)
    said = json.dumps([{"token": token, "pick": "valve", "shows": "yes"}])
    answer = browser.post("/review/answers.json", {"answers": said}, HTTP_ACCEPT="application/json")
    assert not any(result["kept"] for result in answer.json()["results"])
    assert browser.get(f"/review/{token}/1024.jpg").status_code == 403
    assert browser.post("/review/undo.json", **JSON).status_code == 409


def test_what_is_told_to_one_stays_unseen_and_unmuted_by_others(supplier, bob):
    about = {"labels": [{"name": "Valve", "slug": "valve", "images": 1}]}
    notices.tell(supplier, "labels_ready", "valve", about)
    browser = logged_in(bob)
    browser.post("/notices/seen/", {"account": supplier.pk, "pk": Notice.objects.get().pk})
    browser.post("/account/mails/", {"mail": [], "account": supplier.pk})
    assert "Valve" not in browser.get("/notices/").content.decode()
    assert notices.unseen(supplier) == 1
    supplier.refresh_from_db()
    assert not supplier.muted


def test_a_moderator_decides_only_what_waits(adas):
    """Ids of photos that nobody asked about, in the form of a queue, change nothing."""
    browser = logged_in(factories.moderator())
    before = kept()
    asked = adas["submissions/pk"]
    for form in ({"shown": str(asked)}, {"only": "", "bad": [asked], "reason": "private"}, {"shown": str(MISSING)}):
        browser.post("/moderation/held/decide/", form)
    for path in (f"/submissions/{asked}/settle/", f"/submissions/{asked}/appeal/decide/"):
        browser.post(path, {"right": "both", "answer": "grant"})
    assert kept() == before


# --- Counting through ids ---


def told(answer) -> tuple[int, str]:
    """A refusal without what differs each time: tokens of forms, and the address that was asked."""
    if answer.status_code < 400:
        answer.getvalue()  # to its end, which closes its file
        return answer.status_code, ""
    return answer.status_code, re.sub(
        r"name=\"csrf[^>]*>|next=[^\"']*|[0-9a-f]{64}|\d{4,}", "", answer.content.decode()
    )


def test_a_page_of_another_is_answered_like_one_that_is_not_there(adas, bob):
    nowhere = {name: MISSING if isinstance(value, int) else value for name, value in adas.items()}
    nowhere |= {"review/side": 1024, "images/side": 224, "versions/digest": "0" * 64, "heat/sha256": "0" * 64}
    foreign = [
        one
        for one in addresses()
        if not one.name.startswith(("admin:", "account_")) and one.path(adas) != one.path(nowhere)
    ]
    assert len(foreign) > 20
    differ = []
    for one in foreign:
        for browser in (logged_in(bob), Client()):
            for method in (browser.get, browser.post):
                found = told(method(one.path(adas), HTTP_ACCEPT="application/json"))
                if found[0] in (403, 404) and found != told(method(one.path(nowhere), HTTP_ACCEPT="application/json")):
                    differ.append(one.name)
    assert sorted(set(differ)) == []


def test_a_route_of_the_api_answers_about_another_as_about_nothing(adas, bob):
    ids = {"batches": "batches/pk", "datasets": "datasets/pk", "archives": "archives/archive", "models": "models/pk"}
    ids |= {"trainings": "trainings/pk", "versions": "versions/digest"}
    for script in (Script(bob), Script()):
        for path, method in routes():
            noun = path.split("/")[1]
            if "{" not in path or noun not in ids:
                continue
            said = [
                told(
                    _asked(
                        script,
                        method,
                        path,
                        adas[ids[noun]] if real else (MISSING if noun != "versions" else "f" * 64),
                        adas,
                    )
                )
                for real in (True, False)
            ]
            assert said[0] == said[1], path
            assert said[0][0] in (401, 404), path


def _asked(script: Script, method: str, path: str, id: Any, adas: dict[str, Any]):
    for name in ("pk", "id", "old", "new"):
        path = path.replace(f"{{{name}}}", str(id))
    path = path.replace("{number}", "1").replace("{sha256}", adas["images/sha256"]).replace("{name}", "labels.txt")
    if method == "post":
        return script.post(path, {"format": "coco", "size": "224"} if path.endswith("archives") else {})
    return getattr(script, method)(path)


def test_a_private_model_is_tried_doubted_and_fetched_by_nobody_else(supplier, bob):
    model = trained.model(owner=supplier)
    browser, address = logged_in(bob), f"/models/{model.pk}"
    for path in ("/", "/errors/?truth=0&guess=0", "/files/model-float16.tflite", "/files/labels.txt"):
        assert browser.get(address + path).status_code == 404
        assert Client().get(address + path, headers={"range": "bytes=0-0"}).status_code == 404
    assert browser.post(f"{address}/try/", {"file": _file()}).status_code == 404
    model.refresh_from_db()
    assert model.downloads == 0
