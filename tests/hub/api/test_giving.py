"""Batches and files, as a script gives them; and POSTs sent again."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from hub import storage
from hub.models import Batch, IdempotencyKey, Image, Submission
from tests import factories, images

pytestmark = pytest.mark.django_db
OPEN = {"label": "valve", "licence": "CC-BY-4.0"}


@pytest.fixture(autouse=True)
def valve(db):
    return factories.label("Valve")


def photo(seed=1, name="valve.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, images.photo(seed=seed), "image/jpeg")


def opened(script, **fields) -> int:
    return script.post("/batches", OPEN | fields).json()["id"]


def test_a_photo_goes_in_and_its_answer_comes_back(ada):
    batch = ada.post("/batches", OPEN | {"place": "41.15, -8.61", "precision": "region"})
    assert (batch.status_code, batch["Location"]) == (201, batch.json()["url"])
    pk = batch.json()["id"]
    sent = ada.send(f"/batches/{pk}/files", file=photo(), sha256=storage.digest_of(images.photo(seed=1)))
    assert (sent.status_code, sent.json()["state"], sent["Location"]) == (202, "received", sent.json()["job"])
    assert ada.get(f"/batches/{pk}").json()["done"] is False
    factories.work_off()
    told = ada.get(f"/batches/{pk}").json()
    assert (told["done"], told["counts"]["accepted"], told["open"]) == (True, 1, 49)
    assert told["submissions"][0]["image"].endswith(Image.objects.get().sha256)
    job = ada.get(sent.json()["job"].split("/api/v1")[1]).json()
    assert (job["state"], job["about"]) == ("done", told["url"])


def test_a_refused_file_says_why_in_words(ada):
    pk = opened(ada)
    ada.send(f"/batches/{pk}/files", file=SimpleUploadedFile("a.jpg", images.truncated(images.photo(seed=1))))
    factories.work_off()
    [row] = ada.get(f"/batches/{pk}").json()["submissions"]
    assert (row["state"], row["reason"], row["words"]) == ("rejected", "truncated", "The end of the file is missing.")


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"label": "Valve"}, "unknown_label", None),
        ({"label": "nothing"}, "unknown_label", None),
        ({"label": "valve\0"}, "unknown_label", None),
        ({"licence": "MIT"}, "bad_request", "data.licence"),
        ({"precision": "exact"}, "bad_request", "data.precision"),
        ({"supplier": 1}, "bad_request", "data.supplier"),
        ({"label": None}, "bad_request", "data.label"),
    ],
)
def test_a_batch_that_cannot_be_is_refused_in_words(wrong, code, field, ada):
    answer = ada.post("/batches", OPEN | wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert field is None or answer.json()["about"]["field"] == field
    assert Batch.objects.count() == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000, b'{"name": "\\ud800"}'])
def test_a_body_that_is_no_object_is_refused(body, ada):
    answer = ada.post("/batches", body)
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] == "bad_request"


def test_files_are_refused_before_anything_is_kept(ada):
    pk = opened(ada)
    for fields, code in (
        ({}, "no_file"),
        ({"file": photo(), "sha256": "0" * 64}, "changed_on_the_way"),
        ({"file": photo(), "sha256": "x"}, "bad_digest"),
        ({"file": photo(), "label": "nothing"}, "unknown_label"),
        ({"file": SimpleUploadedFile("a.jpg", b"")}, "empty"),
    ):
        assert ada.send(f"/batches/{pk}/files", **fields).json()["code"] == code
    assert Submission.objects.count() == 0


def test_what_need_not_be_sent_is_known(ada, bob, supplier):
    factories.checked(images.photo(seed=1), factories.batch(supplier))
    factories.checked(images.truncated(images.photo(seed=2)), factories.batch(supplier))
    here, refused, new = (
        storage.digest_of(data)
        for data in (images.photo(seed=1), images.truncated(images.photo(seed=2)), images.photo(seed=3))
    )
    factories.label("Tap")

    def known(script, label="valve"):
        answer = script.post("/files/known", {"label": label, "sha256": [here, refused, new]})
        return {item["sha256"]: (item["state"], item["reason"]) for item in answer.json()}

    assert known(ada) == {here: ("duplicate", "same_bytes"), refused: ("rejected", "truncated")}
    assert known(bob) == {here: ("duplicate", "same_bytes")}
    assert known(ada, "tap") == {}
    assert ada.post("/files/known", {"label": "valve", "sha256": ["x"]}).json()["code"] == "bad_digest"
    assert ada.post("/files/known", {"label": "valve", "sha256": [new] * 501}).status_code == 422


def test_a_post_sent_again_does_nothing_twice(ada):
    first, second = (ada.post("/batches", OPEN, key="one") for _ in range(2))
    assert (second.status_code, second.json(), second["Location"]) == (201, first.json(), first["Location"])
    assert Batch.objects.count() == 1
    pk = first.json()["id"]
    sent = [ada.send(f"/batches/{pk}/files", file=photo(), key="two") for _ in range(2)]
    assert sent[0].json() == sent[1].json()
    assert ada.send(f"/batches/{pk}/files", file=photo(seed=2), key="two").json()["code"] == "key_reused"


def test_a_key_is_good_for_one_request_of_one_account(ada, bob):
    ada.post("/batches", OPEN, key="one")
    other = ada.post("/batches", OPEN | {"licence": "CC0-1.0"}, key="one")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert bob.post("/batches", OPEN, key="one").status_code == 201
    assert ada.post("/batches", OPEN, key="x" * 81).status_code == 400


def test_a_refusal_is_not_kept(ada):
    assert ada.post("/batches", OPEN | {"label": "tap"}, key="one").status_code == 422
    factories.label("Tap")
    assert ada.post("/batches", OPEN | {"label": "tap"}, key="one").status_code == 201


def test_a_request_in_progress_is_not_begun_again_until_it_is_given_up(ada):
    ada.post("/batches", OPEN, key="one")
    IdempotencyKey.objects.update(status=None, body=None)
    assert ada.post("/batches", OPEN, key="one").json()["code"] == "key_in_use"
    IdempotencyKey.objects.update(created_at=timezone.now() - timezone.timedelta(minutes=5))
    assert ada.post("/batches", OPEN, key="one").status_code == 201
    assert IdempotencyKey.objects.get().status == 201


def test_keys_are_forgotten_after_a_day(ada):
    ada.post("/batches", OPEN, key="one")
    IdempotencyKey.objects.update(created_at=timezone.now() - timezone.timedelta(hours=25))
    ada.post("/batches", OPEN, key="two")
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["two"]
