"""Models for scripts: lists, figures, files, and what a model says of pictures, as files or as base64."""

import base64
import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from hub import trained as domain
from hub.models import Account
from tests import factories, images, shelves, trained
from tests.hub.test_trying import GREEN, RED, kept

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_once(_storage):
    with trained.answering_at_once():
        yield


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def files(*pictures: bytes) -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(f"{n}.png", data) for n, data in enumerate(pictures)]


def said(answer) -> list[str]:
    """The likeliest label of each picture, or why there is none."""
    return [one["code"] or one["answers"][0]["label"] for one in answer.json()["pictures"]]


def test_models_are_listed_the_newest_first_and_by_label(stranger):
    version = shelves.frozen(public=True)
    first = trained.model(version)
    dice, egg = shelves.label("Dice"), shelves.label("Egg")
    other = trained.model(version, labels=["Dice", "Egg"], label_ids=[dice.pk, egg.pk])
    listed = stranger.get("/models").json()["items"]
    assert [one["id"] for one in listed] == [other.pk, first.pk]
    assert [one["id"] for one in stranger.get("/models", label="ball").json()["items"]] == [first.pk]
    assert stranger.get("/models", label="nothing").json()["code"] == "unknown_label"
    assert stranger.get("/models", backbone="vgg16").json()["code"] == "unknown_filter"


def test_a_list_of_models_goes_on_where_it_ended(stranger, monkeypatch):
    monkeypatch.setattr("hub.api.models.PAGE", 1)
    version = shelves.frozen(public=True)
    models = [trained.model(version) for _ in range(2)]
    page = stranger.get("/models").json()
    assert [one["id"] for one in page["items"]] == [models[1].pk]
    onward = stranger.get("/models", before=models[1].pk).json()
    assert (page["next"].rsplit("=", 1)[1], onward["next"]) == (str(models[1].pk), None)
    assert [one["id"] for one in onward["items"]] == [models[0].pk]


def test_a_model_tells_its_figures_and_its_files(stranger):
    model = trained.model(public=True)
    told = stranger.get(f"/models/{model.pk}").json()
    assert (told["labels"], told["version"], told["accuracy"]) == (["Ball", "Cube"], model.digest, model.accuracy)
    assert told["metrics"] == model.metrics
    assert told["interval"] == model.metrics["interval"]
    assert {one["name"]: one["sha256"] for one in told["files"]} == dict(model.files.values_list("name", "sha256"))
    assert told["predict"].endswith(f"/api/v1/models/{model.pk}/predict")


def test_a_file_is_fetched_byte_for_byte_and_counted(bob):
    model = trained.model(public=True)
    listed = {one["name"]: one for one in bob.get(f"/models/{model.pk}").json()["files"]}
    answer = bob.get(listed["labels.txt"]["url"].partition("/api/v1")[2])
    assert answer.data == b"Ball\nCube\n"
    assert hashlib.sha256(answer.data).hexdigest() == listed["labels.txt"]["sha256"]
    assert "labels.txt" in answer["Content-Disposition"]
    told = bob.get(f"/models/{model.pk}").json()
    assert (told["downloads"], told["acquirers"]) == (1, 1)
    assert bob.get(f"/models/{model.pk}/files/nothing").status_code == 404


def test_pictures_are_asked_about_as_files_or_as_base64_with_the_same_answer(stranger):
    path = f"/models/{trained.model(public=True).pk}/predict"
    pictures = [images.plain(RED), images.photo(seed=3), images.plain(GREEN)]
    by_form = stranger.send(path, files=files(*pictures))
    by_json = stranger.post(path, {"images": [encoded(data) for data in pictures]})
    assert by_form.status_code == 200
    assert said(by_form)[::2] == ["Ball", "Cube"]
    assert [one["answers"] for one in by_form.json()["pictures"]] == [
        one["answers"] for one in by_json.json()["pictures"]
    ]
    assert [one["name"] for one in by_form.json()["pictures"]] == ["0.png", "1.png", "2.png"]
    assert kept() == []


def test_a_picture_as_large_as_any_goes_through_json(stranger):
    large = images.saved(images.picture(1, (2400, 1800)), "PNG")
    assert len(large) > 5_000_000
    answer = stranger.post(f"/models/{trained.model(public=True).pk}/predict", {"images": [encoded(large)]})
    assert (answer.status_code, answer.json()["pictures"][0]["code"]) == (200, "")


def test_a_broken_picture_has_a_code_and_the_others_their_answers(stranger):
    path = f"/models/{trained.model(public=True).pk}/predict"
    pictures = [images.plain(RED), b"%PDF-1.7", b""]
    assert said(stranger.post(path, {"images": [encoded(data) for data in pictures]})) == [
        "Ball",
        "format_refused",
        "empty",
    ]


def test_a_data_url_is_base64_too(stranger):
    url = f"data:image/png;base64,{encoded(images.plain(GREEN))}"
    assert said(stranger.post(f"/models/{trained.model(public=True).pk}/predict", {"images": [url]})) == ["Cube"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "bad_request"),
        ("[" * 100_000, 400, "bad_request"),
        ("[]", 400, "bad_request"),
        ("{}", 400, "bad_request"),
        ('{"images": "aGk="}', 422, "bad_request"),
        ('{"images": {"0": "aGk="}}', 422, "bad_request"),
        ('{"images": []}', 400, "no_file"),
        ('{"images": [7]}', 422, "bad_request"),
        ('{"images": [null]}', 422, "bad_request"),
        ('{"images": [["aGk="]]}', 422, "bad_request"),
        ('{"images": ["not base64!"]}', 422, "bad_request"),
        ('{"images": ["aGk"]}', 422, "bad_request"),
        ('{"images": ["ä"]}', 422, "bad_request"),
        ('{"images": ["\\ud800"]}', 422, "bad_request"),
        ('{"images": ["' + '", "'.join(["aGk="] * 17) + '"]}', 422, "too_many_pictures"),
        (b"\xff\xfe", 400, "bad_request"),
    ],
)
def test_hostile_bodies_end_in_words(body, status, code, stranger):
    answer = stranger.post(f"/models/{trained.model(public=True).pk}/predict", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert kept() == []


@pytest.mark.parametrize(("count", "status", "code"), [(0, 400, "no_file"), (17, 422, "too_many_pictures")])
def test_files_are_counted_before_they_are_put_aside(count, status, code, stranger):
    answer = stranger.send(f"/models/{trained.model(public=True).pk}/predict", files=files(*[b"x"] * count))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_flood_of_files_is_refused_unread(stranger):
    answer = stranger.send(f"/models/{trained.model(public=True).pk}/predict", files=files(*[b"x"] * 60))
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_a_private_model_answers_its_owner_alone(ada, bob, stranger, supplier):
    path = f"/models/{trained.model(owner=supplier).pk}/predict"
    body = {"images": [encoded(images.plain(RED))]}
    assert said(ada.post(path, body)) == ["Ball"]
    assert [who.post(path, body).status_code for who in (bob, stranger)] == [404, 404]


def test_who_has_a_model_keeps_it(bob):
    model = trained.model(owner=factories.account())
    assert bob.get(f"/models/{model.pk}").status_code == 404
    domain.acquire(model, Account.objects.get(username="bob"))
    assert bob.get(f"/models/{model.pk}").status_code == 200
