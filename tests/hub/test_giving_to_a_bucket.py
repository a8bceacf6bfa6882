"""The same page with a bucket behind it: the browser PUTs straight to S3, over real HTTP with real signatures."""

import hashlib
import json
import urllib.error
import urllib.request

import pytest
from django.core.files.storage import storages

from hub import storage
from hub.models import Image, Submission
from tests import factories, images
from tests.hub.conftest import logged_in

JSON = {"HTTP_ACCEPT": "application/json", "content_type": "application/json"}


@pytest.fixture
def batch(bucket, supplier):
    return factories.batch(supplier)


def slot(browser, batch, data: bytes, **fields) -> dict:
    """Ask for room for one file, as the page does."""
    asked = {"filename": "photo.jpg", "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "label": None}
    return browser.post(f"/batches/{batch.pk}/slots.json", json.dumps(asked | fields), **JSON).json()


def put(link: dict, data: bytes, **headers) -> int:
    """PUT bytes as the browser does; the status."""
    request = urllib.request.Request(link["url"], data, link["headers"] | headers, method="PUT")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def outcome(browser, opened: dict) -> Submission:
    """Say that the bytes arrived, let a worker look, and see what became of them."""
    browser.post(opened["arrived"])
    factories.work_off()
    return Submission.objects.get(pk=opened["submission"]["id"])


def test_a_photo_goes_through_the_bucket_into_the_catalogue(browser, batch, bucket):
    data = images.photo(seed=1)
    opened = slot(browser, batch, data)
    assert put(opened["put"], data) == 200
    submission = outcome(browser, opened)
    assert (submission.state, submission.incoming) == ("accepted", "")
    slot_name = opened["put"]["url"].split("?")[0].rsplit("/", 1)[-1]
    assert slot_name not in dict(storages["incoming"].walk())
    image = Image.objects.get()
    assert (bucket.folder / "originals" / storage.key(image.sha256)).read_bytes() == data
    picture = browser.get(f"/images/{image.sha256}/224.jpg")
    with urllib.request.urlopen(picture["Location"]) as answer:
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert hashlib.sha256(answer.read()).hexdigest() == image.renditions.get(side=224).sha256


def test_other_bytes_than_declared_are_refused(browser, batch):
    opened = slot(browser, batch, images.photo(seed=1))
    other = images.photo(seed=2)[: len(images.photo(seed=1))].ljust(len(images.photo(seed=1)), b"\0")
    put(opened["put"], other)
    submission = outcome(browser, opened)
    assert (submission.state, submission.reason) == ("rejected", "changed_on_the_way")
    assert not Image.objects.exists()


def test_bytes_that_never_came_are_said_to_be_missing(browser, batch):
    submission = outcome(browser, slot(browser, batch, images.photo(seed=1)))
    assert (submission.state, submission.reason) == ("rejected", "never_arrived")


def test_a_slot_for_too_much_or_nothing_is_not_opened(browser, batch):
    assert slot(browser, batch, b"x", size=10**9)["code"] == "too_large"
    assert slot(browser, batch, b"x", size=0)["code"] == "empty"
    assert slot(browser, batch, b"x", size="many")["code"] == "bad_request"
    assert not batch.submissions.exists()


def test_asking_twice_for_one_file_opens_one_slot(browser, batch):
    data = images.photo(seed=1)
    assert slot(browser, batch, data)["submission"]["id"] == slot(browser, batch, data)["submission"]["id"]


def test_a_slot_takes_nothing_under_a_forged_signature(browser, batch):
    opened = slot(browser, batch, images.photo(seed=1))
    forged = {**opened["put"], "url": opened["put"]["url"].replace("X-Amz-Signature=", "X-Amz-Signature=0")}
    assert put(forged, images.photo(seed=1)) == 403


def test_what_comes_after_the_check_changes_nothing(browser, batch):
    data = images.photo(seed=1)
    opened = slot(browser, batch, data)
    put(opened["put"], data)
    submission = outcome(browser, opened)
    put(opened["put"], images.photo(seed=2))
    browser.post(opened["arrived"])
    factories.work_off()
    assert storage.get("originals", storage.key(submission.sha256)) == data
    assert Submission.objects.get().state == "accepted"


def test_an_original_leaves_the_bucket_as_an_attachment_under_our_name(browser, batch):
    data = images.photo(seed=1)
    opened = slot(browser, batch, data)
    put(opened["put"], data)
    image = outcome(browser, opened).image
    answer = browser.get(f"/images/{image.sha256}/original")
    with urllib.request.urlopen(answer["Location"]) as sent:
        assert sent.headers["Content-Disposition"] == f'attachment; filename="{image.sha256[:16]}.jpg"'


def test_a_stranger_says_nothing_arrived(browser, batch):
    opened = slot(browser, batch, images.photo(seed=1))
    assert logged_in(factories.account()).post(opened["arrived"]).status_code == 404


def test_the_bucket_lists_what_it_holds(bucket):
    storage.put("renditions", "ab/cd/abcd.jpg", b"x")
    assert "ab/cd/abcd.jpg" in dict(storages["renditions"].walk())
