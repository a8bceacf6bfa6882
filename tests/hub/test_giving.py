import hashlib
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from hub import catalogue, outcomes
from hub.models import Batch, Image, Job, Place, Submission
from tests import factories, images
from tests.hub.conftest import logged_in

JSON = {"HTTP_ACCEPT": "application/json"}
FORM = {"label": "valve", "licence": "CC-BY-4.0", "precision": "open"}


def upload(data: bytes, name: str = "photo.jpg", content_type: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type)


@pytest.fixture
def batch(supplier):
    return factories.batch(supplier)


@pytest.fixture
def send(browser, batch):
    """Send one file to the batch as the page does."""

    def send(data: bytes, **fields):
        file = upload(data, fields.pop("name", "photo.jpg"))
        return browser.post(f"/batches/{batch.pk}/files.json", {"file": file, **fields}, **JSON)

    return send


def test_a_photo_goes_from_the_page_into_the_catalogue(browser, supplier):
    factories.label()
    made = browser.post("/give/", FORM, **JSON)
    assert made.status_code == 201
    answer = browser.post(made.json()["files"], {"file": upload(images.photo(seed=1))}, **JSON)
    assert (answer.status_code, answer.json()["state"]) == (201, "received")
    factories.work_off()
    status = browser.get(made.json()["status"]).json()
    assert status["done"]
    assert status["counts"]["accepted"] == 1
    image = Image.objects.get()
    assert status["submissions"][0]["image"]["url"] == image.get_absolute_url()
    assert (image.supplier, image.licence, image.credit) == (supplier, "CC-BY-4.0", "ada")


def test_without_javascript_one_file_goes_in_and_its_page_says_so(browser):
    factories.label()
    answer = browser.post("/give/", {**FORM, "file": upload(images.photo(seed=1))}, follow=True)
    assert answer.redirect_chain == [(Batch.objects.get().get_absolute_url(), 302)]
    assert Submission.objects.get().state == "received"
    assert "photo.jpg" in answer.content.decode()


def test_without_javascript_a_form_without_a_file_says_what_is_missing(browser):
    factories.label()
    answer = browser.post("/give/", FORM)
    assert answer.status_code == 422
    assert "Choose a photo first." in answer.content.decode()
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("forged", "code"),
    [
        ({"label": "no-such-label"}, "unknown_label"),
        ({"licence": "ALL-RIGHTS"}, "bad_request"),
        ({"precision": "exact"}, "bad_request"),
        ({"place_text": "x" * 121}, "bad_request"),
        ({"label": "{{7*7}}"}, "unknown_label"),
    ],
)
def test_a_forged_field_opens_no_batch(browser, forged, code):
    factories.label()
    answer = browser.post("/give/", {**FORM, **forged}, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not Batch.objects.exists()


def test_the_supplier_of_a_batch_is_whoever_is_logged_in_whatever_the_form_says(browser, supplier):
    factories.label()
    browser.post("/give/", {**FORM, "supplier": factories.account().pk, "credit": "somebody else"}, **JSON)
    assert (Batch.objects.get().supplier, Batch.objects.get().credit) == (supplier, "ada")


def test_a_file_the_browser_saw_differently_is_refused_and_leaves_nothing(send):
    answer = send(images.photo(seed=1), sha256="0" * 64)
    assert (answer.status_code, answer.json()["code"]) == (422, "changed_on_the_way")
    assert not Submission.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.parametrize("digest", ["xyz", "0" * 63, "../../etc/passwd", "' OR 1=1"])
def test_a_digest_that_is_none_is_refused(send, digest):
    answer = send(images.photo(seed=1), sha256=digest)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_digest")


def test_an_empty_file_is_refused(send):
    assert send(b"").json()["code"] == "empty"
    assert not Submission.objects.exists()


def test_a_request_without_a_file_is_refused(browser, batch):
    answer = browser.post(f"/batches/{batch.pk}/files.json", {}, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "no_file")


def test_a_body_too_large_is_refused_unread(browser, batch, settings):
    settings.MAX_FILE_BYTES = 100_000
    answer = browser.post(f"/batches/{batch.pk}/files.json", {"file": upload(b"x" * 200_000)}, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not Submission.objects.exists()


def test_the_fifty_first_file_is_refused_and_the_others_stay(send, batch, settings):
    settings.MAX_BATCH_FILES = 2
    assert [send(images.photo(seed=seed)).status_code for seed in (1, 2)] == [201, 201]
    answer = send(images.photo(seed=3))
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_files")
    assert batch.submissions.count() == 2


def test_the_same_file_sent_twice_has_one_answer(send):
    first, second = send(images.photo(seed=1)), send(images.photo(seed=1))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert Job.objects.count() == 1


def test_a_refused_file_never_harms_its_neighbours(send, batch):
    for data in (images.photo(seed=1), images.truncated(images.photo(seed=2)), images.photo(seed=3)):
        send(data)
    factories.work_off()
    assert list(batch.submissions.order_by("id").values_list("state", flat=True)) == [
        "accepted",
        "rejected",
        "accepted",
    ]
    batch.refresh_from_db()
    assert (batch.accepted, batch.rejected, batch.received) == (2, 1, 0)


def test_each_photo_may_have_a_label_of_its_own(send, batch):
    gate = factories.label("Gate valve", batch.label)
    send(images.photo(seed=1), label=gate.slug)
    factories.work_off()
    assert Image.objects.get().image_labels.get(direct=True).label == gate


def test_an_unknown_label_of_one_photo_is_refused(send):
    assert send(images.photo(seed=1), label="nonsense").json()["code"] == "unknown_label"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("a\r\nSet-Cookie: x.jpg", "aSet-Cookie: x.jpg"),
        ("<script>alert(1)<!--.jpg", "<script>alert(1)<!--.jpg"),
        ("C:\\photos\\cat.jpg", "cat.jpg"),
    ],
)
def test_a_hostile_file_name_is_kept_as_harmless_text(batch, browser, name, shown):
    given = factories.given(images.photo(seed=1), batch, filename=name)
    assert given.filename == shown
    assert "<script>alert" not in browser.get(f"/batches/{batch.pk}/").content.decode()


def test_a_file_name_of_five_thousand_characters_is_shortened(batch):
    assert len(factories.given(images.photo(seed=1), batch, filename="é" * 5000 + ".jpg").filename) <= 120


def precheck(browser, batch, *files) -> dict:
    address = f"/batches/{batch.pk}/precheck.json"
    return browser.post(address, json.dumps({"files": files}), content_type="application/json", **JSON)


def test_what_is_here_is_not_sent_again(browser, batch):
    here = images.photo(seed=1)
    factories.checked(here)
    known = {"sha256": hashlib.sha256(here).hexdigest(), "filename": "here.jpg"}
    unknown = {"sha256": "a" * 64, "filename": "new.jpg"}
    answers = precheck(browser, batch, known, unknown).json()["answers"]
    assert answers[0]["state"] == "duplicate"
    assert answers[0]["twin"]["url"] == Image.objects.get().get_absolute_url()
    assert answers[1] is None
    assert batch.submissions.get().filename == "here.jpg"


def test_what_is_here_under_another_label_is_sent_all_the_same(browser, supplier):
    here = images.photo(seed=1)
    factories.checked(here)
    other = factories.batch(supplier, factories.label("Bird"))
    known = {"sha256": hashlib.sha256(here).hexdigest(), "filename": "here.jpg"}
    assert precheck(browser, other, known).json()["answers"] == [None]


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"files": 3}', '{"files": [{"filename": 3}]}', '{"files": [[]]}', "\x00"]
)
def test_a_precheck_nobody_can_read_is_refused(browser, batch, body):
    answer = browser.post(f"/batches/{batch.pk}/precheck.json", body, content_type="application/json", **JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_a_near_duplicate_is_kept_or_dropped_by_its_supplier_alone(supplier, batch):
    twin = factories.checked(images.photo(seed=2)).image
    submission = factories.given(images.photo(seed=1), batch)
    Job.objects.all().delete()
    outcomes.decide(submission.pk, "review", "near_duplicate", twin=twin)
    assert logged_in(factories.account()).post(f"/submissions/{submission.pk}/keep/").status_code == 404
    owner = logged_in(supplier)
    assert owner.post(f"/submissions/{submission.pk}/keep/", **JSON).json()["state"] == "received"
    factories.work_off()
    submission.refresh_from_db()
    assert submission.state == "accepted"
    assert owner.post(f"/submissions/{submission.pk}/drop/", **JSON).json()["code"] == "already_decided"


def test_a_photo_in_review_is_seen_by_its_supplier_and_by_nobody_else(supplier, batch, monkeypatch):
    monkeypatch.setattr("django.conf.settings.DUPLICATE_BITS", -1)
    monkeypatch.setattr("django.conf.settings.REVIEW_BITS", 255)
    factories.checked(images.photo(seed=1))
    submission = factories.checked(images.photo(seed=2), batch)
    assert (submission.state, submission.reason) == ("review", "near_duplicate")
    seen = logged_in(supplier).get(submission.preview)
    assert b"".join(seen.streaming_content).startswith(b"\xff\xd8")
    assert logged_in(factories.account()).get(submission.preview).status_code == 404


def test_a_typed_town_is_looked_up_and_a_hidden_batch_keeps_none(browser):
    factories.label()
    browser.post("/give/", {**FORM, "place_text": "  Lyon,  FRANCE "}, **JSON)
    assert Place.objects.get().query == "lyon, france"
    assert Job.objects.get().kind == "locate"
    browser.post("/give/", {**FORM, "precision": "hidden", "place_text": "12 Secret Lane"}, **JSON)
    assert not Place.objects.filter(query__contains="secret").exists()


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "{{ 7*7 }}", "=cmd()", "\u0000\r\n", "%s%s%n", "'; DROP TABLE hub_place; --"]
)
def test_hostile_place_text_is_kept_as_harmless_text(browser, text):
    factories.label()
    assert browser.post("/give/", {**FORM, "place_text": text}, **JSON).status_code in (201, 422)
    factories.work_off()
    assert browser.get("/mine/").status_code == 200
    assert Place.objects.filter(source="unknown").count() == Place.objects.count()


def test_a_copy_of_a_file_in_the_same_batch_has_an_answer_of_its_own(send, batch):
    send(images.photo(seed=1), name="first.jpg")
    send(images.photo(seed=1), name="copy.jpg")
    factories.work_off()
    first, copy = batch.submissions.order_by("id")
    assert (first.state, copy.state, copy.reason) == ("accepted", "duplicate", "same_bytes")
    assert copy.twin == first.image


@pytest.mark.parametrize("reason", ["never_arrived", "withdrawn"])
def test_a_file_that_did_not_come_or_was_taken_back_may_be_given_again(send, batch, reason):
    send(images.photo(seed=1))
    factories.work_off()
    submission = batch.submissions.get()
    if reason == "withdrawn":
        catalogue.withdraw(submission.image)
    else:
        outcomes.decide(submission.pk, "rejected", reason)
        Image.objects.all().delete()
    assert send(images.photo(seed=1)).json()["state"] == "received"
    factories.work_off()
    submission.refresh_from_db()
    assert (submission.state, submission.image.withdrawn_at) == ("accepted", None)


def test_a_lying_content_type_changes_nothing(browser, batch):
    file = upload(images.photo(seed=1, format="PNG"), "photo.exe", "text/html")
    browser.post(f"/batches/{batch.pk}/files.json", {"file": file}, **JSON)
    factories.work_off()
    assert Image.objects.get().format == "PNG"


@pytest.mark.parametrize("file", [{"sha256": None}, {"sha256": "", "label": "\ud800"}, {"sha256": False}])
def test_odd_json_is_answered(browser, batch, file):
    assert precheck(browser, batch, {"filename": "a", **file}).status_code in (200, 400, 422)


def test_one_claim_is_reviewed_once_however_often_it_is_made(supplier):
    factories.checked(images.photo(seed=1))
    batch = factories.batch(supplier, factories.label("Bird"))
    states = [factories.checked(images.photo(seed=1), batch, filename=f"{n}.jpg").state for n in range(3)]
    assert states == ["review", "duplicate", "duplicate"]


def test_what_waits_for_a_withdrawn_twin_is_checked_again(supplier):
    first = factories.checked(images.photo(seed=1))
    waiting = factories.checked(images.photo(seed=1), factories.batch(supplier, factories.label("Bird")))
    assert waiting.state == "review"
    catalogue.withdraw(first.image)
    factories.work_off()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.image.supplier) == ("accepted", supplier)


def test_an_account_opens_no_end_of_empty_batches(browser, supplier, monkeypatch):
    monkeypatch.setattr("hub.submissions.MAX_EMPTY_BATCHES", 2)
    factories.label()
    codes = [browser.post("/give/", FORM, **JSON).status_code for _ in range(3)]
    assert codes == [201, 201, 429]


def test_who_is_new_reads_beforehand_that_a_moderator_looks_first(client, db):
    client.force_login(factories.account(trusted_at=None))
    assert "a moderator looks at your first 20 photos" in client.get("/give/").text
    client.force_login(factories.account())
    assert "a moderator looks at your first" not in client.get("/give/").text


def test_who_is_suspended_reads_on_the_form_that_nothing_is_taken(client, db):
    client.force_login(factories.account(suspended_at=timezone.now(), suspended_for="spam"))
    assert "Your account is suspended" in client.get("/give/").text
