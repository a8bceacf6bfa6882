"""Links that let their holder fetch or send something: that thing, in that way, for that time; and parts of files."""

import hashlib
import json
import re
import urllib.error
import urllib.parse
import urllib.request

import pytest
from django.core import signing
from django.core.files.storage import storages
from django.test import Client

from hub import archives, objects, storage
from hub.models import Image, ModelFile, Submission
from hub.people import notices
from hub.trained import key
from tests import factories, images, shelves, trained
from tests.hub.conftest import logged_in
from tests.hub.test_bucket import fetched, refused
from tests.hub.test_giving_to_a_bucket import outcome, put, slot
from tests.parts import empty_storage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _folders(settings, tmp_path):
    empty_storage(settings, tmp_path)


# --- Sending to the bucket ---


@pytest.fixture
def batch(bucket, supplier):
    return factories.batch(supplier)


def asked(link: str, method: str, data: bytes | None = None, **headers: str) -> int:
    """The status of a request by somebody who has only the link."""
    request = urllib.request.Request(link, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_a_link_to_send_by_neither_reads_nor_deletes_nor_lists(browser, batch):
    data = images.photo(seed=1)
    link = slot(browser, batch, data)["put"]["url"]
    assert asked(link, "PUT", data, **{"Content-Type": "application/octet-stream"}) == 200
    for method in ("GET", "HEAD", "DELETE", "POST"):
        assert refused(asked(link, method)), method
    name = link.split("?")[0].rsplit("/", 1)[-1]
    assert storage.get("incoming", name) == data


def test_a_link_to_send_by_reaches_no_other_key(browser, batch, bucket):
    data = images.photo(seed=4711)  # which nobody else puts into the bucket that tests share
    link = slot(browser, batch, data)["put"]["url"]
    name = link.split("?")[0].rsplit("/", 1)[-1]
    original = storage.key(hashlib.sha256(data).hexdigest())
    for other in (
        f"originals/{original}",
        f"incoming/../originals/{original}",
        "incoming/%2e%2e/originals/x",
        f"incoming/{name}/x",
        "",
    ):
        assert asked(link.replace(f"incoming/{name}", other), "PUT", data) >= 400
    assert not (bucket.folder / "originals" / original).exists()


def test_a_slot_takes_neither_another_size_nor_another_type(browser, batch):
    data = images.photo(seed=1)
    opened = slot(browser, batch, data)
    assert refused(put(opened["put"], data + b"x"))
    assert refused(put(opened["put"], data[:-1]))
    assert refused(put(opened["put"], data, **{"Content-Type": "image/svg+xml"}))
    assert outcome(browser, opened).reason == "never_arrived"


def test_bytes_replaced_before_the_check_are_not_the_ones_declared(browser, batch):
    data = images.photo(seed=1)
    opened = slot(browser, batch, data)
    put(opened["put"], data)
    put(opened["put"], bytes(len(data)))
    assert outcome(browser, opened).reason == "changed_on_the_way"
    assert not Image.objects.exists()


def test_bytes_replaced_after_the_check_change_nothing_and_are_cleared(browser, batch):
    data = images.photo(seed=1)
    opened = slot(browser, batch, data)
    put(opened["put"], data)
    image = outcome(browser, opened).image
    shown = image.renditions.get(side=224).sha256
    for _ in range(2):
        put(opened["put"], bytes(len(data)))
        browser.post(opened["arrived"])
        factories.work_off()
    name = opened["put"]["url"].split("?")[0].rsplit("/", 1)[-1]
    assert storage.digest_of(storage.get("originals", storage.key(image.sha256))) == image.sha256
    assert storage.digest_of(storage.get("renditions", storage.rendition_key(shown))) == shown
    assert [(one.state, one.sha256) for one in Submission.objects.all()] == [("accepted", image.sha256)]
    assert objects.owned("incoming", [name]) == set()  # the upkeep removes it


def test_saying_twice_that_bytes_arrived_opens_one_job(browser, batch):
    data = images.photo(seed=1)
    opened = slot(browser, batch, data)
    put(opened["put"], data)
    for _ in range(3):
        assert browser.post(opened["arrived"]).status_code == 200
    factories.work_off()
    assert Image.objects.count() == 1


def test_what_a_slot_is_called_is_no_key(browser, batch, bucket):
    name = "../../originals/ab/cd/x.jpg"
    opened = slot(browser, batch, images.photo(seed=1), filename=name)
    path = urllib.parse.urlsplit(opened["put"]["url"]).path
    assert re.fullmatch(r"/hub/incoming/[-\w]{43}", path)


def test_a_link_to_read_a_picture_reads_no_other_and_not_as_a_page(bucket):
    storage.put("renditions", storage.rendition_key("ab" * 32), b"<script>")
    storage.put("originals", storage.key("cd" * 32), b"secret")
    link = storages["renditions"].public_url(storage.rendition_key("ab" * 32), {"ResponseContentType": "image/jpeg"})
    assert fetched(link)[2] == b"<script>"
    assert refused(fetched(link.replace("renditions/ab/ab", "originals/cd/cd"))[0])
    assert refused(fetched(link.replace("image%2Fjpeg", "text%2Fhtml"))[0])
    assert refused(asked(link, "PUT", b"x"))
    assert refused(asked(link, "DELETE"))


# --- Links of our own ---


def test_a_link_to_a_file_names_that_file_alone(supplier):
    storage.put("artifacts", "ab/cd/one", b"one")
    storage.put("originals", "ab/cd/one", b"secret")
    link = storages["artifacts"].url("ab/cd/one")
    assert b"".join(Client().get(link).streaming_content) == b"one"
    token = link.rsplit("/", 1)[-1]
    payload, stamp, signature = token.split(":")
    other = signing.dumps(["originals", "ab/cd/one"], salt="hub.file").split(":")[0]
    forged = (
        f"{other}:{stamp}:{signature}", f"{payload}:{stamp}:{signature[:-1]}", f"{payload}:zzzzzz:{signature}",
        f"{token}=", f"{payload}::{signature}", f"{payload}:{stamp}:", token.upper(), "a" * 5000, "..", "%2e%2e%2f",
    )  # fmt: skip
    for one in forged:
        assert Client().get(f"/files/{one}").status_code in (403, 404), one


@pytest.mark.parametrize("name", ["../originals/secret", "/etc/passwd", "..\\secret", "a/../../secret", ""])
def test_even_a_key_that_we_signed_leads_out_of_no_folder(tmp_path, name):
    (tmp_path / "secret").write_text("secret")
    storage.put("originals", "secret", b"secret")
    token = signing.dumps(["artifacts", name], salt="hub.file", compress=False)
    browser = Client(raise_request_exception=False)
    answer = browser.get(f"/files/{token}")
    assert answer.status_code in (400, 404)


def test_a_link_to_a_file_ends_with_its_time(settings):
    storage.put("artifacts", "one", b"one")
    link = storages["artifacts"].url("one")
    settings.SIGNED_URL_SECONDS = -1
    assert Client().get(link).status_code == 403


def test_a_link_of_one_kind_is_none_of_another(supplier):
    archive = shelves.packed(shelves.frozen(supplier))
    notices.tell(supplier, "labels_ready", "x", {"labels": []})
    storage.put("artifacts", "one", b"one")
    kinds = {
        "/fetch/%s": archives.link(archive, supplier),
        "/files/%s": storages["artifacts"].url("one").rsplit("/", 1)[-1],
        "/notices/stop/%s/": notices.stop_token(notices.of(supplier)[0]),
    }
    for address in kinds:
        for other, token in kinds.items():
            answer = Client().get(address % token)
            answer.getvalue()  # to its end, which closes its file
            assert (answer.status_code == 200) == (other == address), (address, other)
    for salt in ("account", "django.core.signing", "password", "session"):
        assert (
            Client()
            .get("/fetch/" + signing.dumps([archive.pk, supplier.pk, archive.sha256[:16]], salt=salt))
            .status_code
            == 403
        )


def test_a_link_to_an_archive_made_for_one_is_of_no_use_to_who_is_somebody_else(supplier):
    archive = shelves.packed(shelves.frozen(supplier))
    pk, owner, sha256 = archive.pk, supplier.pk, archive.sha256[:16]
    link = archives.link(archive, supplier)
    bob = factories.account()
    assert logged_in(bob).get(f"/fetch/{link}").status_code == 403
    for said in ([pk, bob.pk, sha256], [pk, 0, sha256], [pk, owner, "0" * 16], [pk + 1, owner, sha256], [pk], {}, "x"):
        token = signing.dumps(
            said, salt=archives.SALT, compress=False
        )  # as if our key were known: rights are asked anew
        assert Client().get(f"/fetch/{token}").status_code in (403, 410), said


# --- Parts of files ---

RANGES = {
    "none": "",
    "the first byte": "bytes=0-0",
    "the end": "bytes=-1",
    "more than all": "bytes=-999999999999",
    "beyond": "bytes=999999999999-",
    "beyond any number": "bytes=" + "9" * 400 + "-",
    "backwards": "bytes=9-1",
    "below nought": "bytes=-5--1",
    "two": "bytes=0-1,3-4",
    "hundreds, overlapping": "bytes=" + ",".join("0-" for _ in range(1300)),
    "hundreds, one byte each": "bytes=" + ",".join(f"{n}-{n}" for n in range(900)),
    "another unit": "items=0-5",
    "digits of another script": "bytes=٠-٩",
    "nonsense": "bytes=;DROP TABLE",
    "nothing": "bytes=",
    "a dash": "bytes=-",
    "nought from the end": "bytes=-0",
}


@pytest.fixture
def downloads(supplier) -> dict[str, tuple[Client, int]]:
    """Every address that gives a file away, who may fetch it, and how long the file is."""
    image = factories.checked(images.photo(seed=1), factories.batch(supplier)).image
    version = shelves.frozen(supplier, public=True)
    archive, model = shelves.packed(version), trained.model(version)
    file = model.files.get(name="labels.txt")
    storage.put("artifacts", "one", b"0123456789")
    manifest = len(storage.get("artifacts", storage.key(version.digest, ".jsonl")))
    api = f"/api/v1/models/{model.pk}/files/labels.txt"
    return {
        f"/fetch/{archives.link(archive, None)}": (Client(), archive.size),
        f"/models/{model.pk}/files/labels.txt": (Client(), file.size),
        api: (Client(), file.size),
        f"/api/v1/versions/{version.digest}/manifest": (Client(), manifest),
        f"/images/{image.sha256}/original": (logged_in(supplier), image.size),
        f"/images/{image.sha256}/224.jpg": (Client(), image.renditions.get(side=224).size),
        storages["artifacts"].url("one"): (Client(), 10),
    }


def test_no_range_gets_more_than_the_file_or_breaks_anything(downloads):
    for address, (browser, size) in downloads.items():
        for what, header in RANGES.items():
            for method in ("get", "head") if address.startswith(("/fetch/", "/models/")) else ("get",):
                answer = getattr(browser, method)(address, headers={"range": header} if header else {})
                body = b"".join(answer.streaming_content) if answer.streaming else answer.content
                assert answer.status_code in (200, 206, 416), (address, what)
                assert "multipart" not in answer["Content-Type"]
                if answer.status_code != 416:
                    assert int(answer["Content-Length"]) <= size
                    assert len(body) == (0 if method == "head" else int(answer["Content-Length"])), (address, what)


def test_a_file_of_a_model_goes_on_where_it_broke_off(supplier):
    model = trained.model(public=True)
    file = trained.stored(model, "model.onnx", images.photo(seed=1))
    whole = images.photo(seed=1)
    for address in (f"/models/{model.pk}/files/model.onnx", f"/api/v1/models/{model.pk}/files/model.onnx"):
        first = Client().get(address, headers={"range": "bytes=0-99"})
        rest = Client().get(address, headers={"range": "bytes=100-", "if-range": first["ETag"]})
        assert (first.status_code, rest.status_code) == (206, 206)
        assert rest["Content-Range"] == f"bytes 100-{file.size - 1}/{file.size}"
        assert b"".join(first.streaming_content) + b"".join(rest.streaming_content) == whole
        assert first["ETag"] == f'"{file.sha256}"'
        assert "attachment" in first["Content-Disposition"]
        other = Client().get(address, headers={"range": "bytes=100-", "if-range": '"another"'})
        assert (other.status_code, b"".join(other.streaming_content)) == (200, whole)
        beyond = Client().get(address, headers={"range": f"bytes={file.size}-", "accept": "application/json"})
        assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{file.size}")
        assert beyond.json()["code"] == "bad_range"
    # Two began, and two began anew; parts that go on and refusals are no downloads.
    assert ModelFile.objects.get(pk=file.pk).downloads == 4


def test_a_file_of_a_model_that_is_missing_is_told_of_in_words(supplier):
    model = trained.model(public=True)
    file = model.files.get(name="labels.txt")
    storage.delete("artifacts", key(file.sha256))
    for address in (f"/models/{model.pk}/files/labels.txt", f"/api/v1/models/{model.pk}/files/labels.txt"):
        answer = Client().get(address, HTTP_ACCEPT="application/json")
        assert (answer.status_code, json.loads(answer.content)["code"]) == (404, "model_file_gone")
    assert ModelFile.objects.get(pk=file.pk).downloads == 0
