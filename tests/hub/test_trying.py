"""Trying a model on the site: what it says of a picture, in words when it says nothing, and no picture is kept."""

from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hub import trying
from tests import factories, images, trained
from tests.hub.conftest import logged_in
from tests.parts import empty_storage
from workers import predict

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}
RED, GREEN = (200, 20, 20), (20, 200, 20)


@pytest.fixture(autouse=True)
def _at_once(settings, tmp_path):
    """The worker answers in this process, as if just started, from storage of its own."""
    empty_storage(settings, tmp_path)
    with trained.answering_at_once():
        yield


def sent(data: bytes, name: str = "photo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def tried(model, *pictures: bytes, who: Client | None = None, **headers):
    """The answer to so many pictures."""
    files = {"file": [sent(data, f"{n}.png") for n, data in enumerate(pictures)]}
    return (who or Client()).post(f"/models/{model.pk}/try/", files, **(headers or JSON))


def kept() -> list[Path]:
    """Files that lie in `incoming`."""
    folder = Path(configured.STORAGES["incoming"]["OPTIONS"]["location"])
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_stranger_learns_what_a_public_model_says():
    model = trained.model(public=True)
    [said] = tried(model, images.plain(RED)).json()["pictures"]
    assert [one["label"] for one in said["answers"]] == model.labels
    assert said["answers"][0]["probability"] > 0.9
    assert sum(one["probability"] for one in said["answers"]) == pytest.approx(1)


def test_five_labels_are_told_of_many_the_likeliest_first():
    labels = [f"Label {n}" for n in range(6)]
    model = trained.model(public=True)
    model.files.filter(name=trying.FILE).delete()
    trained.stored(model, trying.FILE, trained.tflites.by_colour(6))
    type(model).objects.update(labels=labels)
    [said] = tried(model, images.plain(GREEN)).json()["pictures"]
    shares = [one["probability"] for one in said["answers"]]
    assert (len(shares), said["answers"][0]["label"]) == (5, "Label 1")
    assert shares == sorted(shares, reverse=True)


def test_one_broken_picture_among_several_spoils_no_other():
    answer = tried(trained.model(public=True), images.plain(RED), b"GIF89a and more", images.plain(GREEN)).json()
    first, second, third = answer["pictures"]
    assert (first["answers"][0]["label"], third["answers"][0]["label"]) == ("Ball", "Cube")
    assert (second["answers"], second["code"]) == ([], "format_refused")
    assert "GIF" in second["words"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"no picture at all", "not_a_picture"),
        (images.photo(seed=1)[:9000], "truncated"),
        (b"\0" * 500, "only_zeros"),
    ],
)
def test_a_picture_that_cannot_be_read_is_refused_by_the_codes_of_giving(data, code):
    [said] = tried(trained.model(public=True), data).json()["pictures"]
    assert said["code"] == code


def test_no_picture_is_kept_whatever_becomes_of_it():
    model = trained.model(public=True)
    tried(model, images.plain(RED), b"broken")
    assert kept() == []
    model.files.all().delete()
    assert tried(model, images.plain(RED)).json()["code"] == "model_file_gone"
    assert kept() == []


def test_a_private_model_is_there_for_its_owner_alone(supplier):
    model = trained.model(owner=supplier)
    assert tried(model, images.plain(RED), who=logged_in(supplier)).status_code == 200
    for other in (Client(), logged_in(factories.account())):
        assert tried(model, images.plain(RED), who=other).status_code == 404


def test_seventeen_pictures_are_too_many_and_none_is_too_few():
    model = trained.model(public=True)
    answer = tried(model, *[images.plain(RED)] * 17)
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_pictures")
    assert "16" in answer.json()["title"]
    assert tried(model).json()["code"] == "no_file"
    assert len(tried(model, *[images.plain(RED)] * 16).json()["pictures"]) == 16


def test_without_scripts_a_page_answers():
    answer = tried(trained.model(public=True), images.plain(RED), b"broken", HTTP_ACCEPT="text/html")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.index("Ball") < text.index("Cube")
    assert "99.6 %" in text
    assert "This is not a picture we can read." in text


def test_a_file_that_is_not_what_its_row_says_is_never_loaded():
    model = trained.model(public=True)
    file = model.files.get(name=trying.FILE)
    trained.storage.put("artifacts", trained.trained.key(file.sha256), trained.tflites.by_colour(3))
    answer = tried(model, images.plain(RED))
    assert (answer.status_code, answer.json()["code"]) == (503, "model_file_gone")


def test_while_others_wait_the_site_keeps_threads_for_its_pages(monkeypatch):
    monkeypatch.setattr(predict, "WAITING", predict.threading.BoundedSemaphore(1))
    model = trained.model(public=True)
    with predict.WAITING:
        assert tried(model, images.plain(RED)).json()["code"] == "no_predict_worker"
    assert tried(model, images.plain(RED)).status_code == 200
