"""Archives are handed out whole or in parts, to whom may have them, for as long as they may."""

import hashlib
import io
import urllib.request
import zipfile

import pytest
from django.core import signing
from django.test import Client

from hub import archives, catalogue
from hub.models import Account, Archive, Dataset, Image
from tests import factories, shelves
from tests.hub.conftest import logged_in
from tests.parts import empty_storage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    empty_storage(settings, tmp_path)


@pytest.fixture
def archive(supplier) -> Archive:
    """An archive of a private dataset of the supplier's."""
    return shelves.packed(shelves.frozen(supplier))


def fetch(archive: Archive, browser=None, owner=None, **headers):
    """Fetch by a link made for `owner`."""
    return (browser or Client()).get(f"/fetch/{archives.link(archive, owner)}", headers=headers)


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


def test_the_whole_archive_arrives_as_it_was_packed(archive, supplier):
    answer = fetch(archive, owner=supplier)
    data = body(answer)
    assert hashlib.sha256(data).hexdigest() == archive.sha256
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None
    assert answer["Content-Length"] == str(archive.size) == str(len(data))
    assert answer["Content-Disposition"] == f'attachment; filename="{archives.filename(archive)}"'
    assert (answer["Content-Type"], answer["Accept-Ranges"]) == ("application/zip", "bytes")
    assert answer["ETag"] == f'"{archive.sha256}"'
    assert not answer.has_header("Content-Encoding")


def test_a_broken_download_goes_on_where_it_stopped(archive, supplier):
    first = body(fetch(archive, owner=supplier, range="bytes=0-999"))
    rest = fetch(archive, owner=supplier, range="bytes=1000-", if_range=f'"{archive.sha256}"')
    assert rest.status_code == 206
    assert rest["Content-Range"] == f"bytes 1000-{archive.size - 1}/{archive.size}"
    assert rest["Content-Length"] == str(archive.size - 1000)
    assert hashlib.sha256(first + body(rest)).hexdigest() == archive.sha256


def test_who_began_with_other_bytes_gets_the_whole(archive, supplier):
    answer = fetch(archive, owner=supplier, range="bytes=1000-", if_range='"another"')
    assert answer.status_code == 200
    assert len(body(answer)) == archive.size


def test_a_range_beyond_the_end_is_answered_in_words(archive, supplier):
    answer = fetch(archive, owner=supplier, range=f"bytes={archive.size}-", accept="application/json")
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{archive.size}"
    assert answer.json()["code"] == "bad_range"
    assert str(archive.size) in answer.json()["title"]


def test_a_head_tells_all_and_sends_nothing(archive, supplier):
    answer = Client().head(f"/fetch/{archives.link(archive, supplier)}")
    assert answer.status_code == 200
    assert answer["Content-Length"] == str(archive.size)
    assert answer["Accept-Ranges"] == "bytes"
    assert answer.content == b""


def test_a_download_counts_once(archive, supplier):
    for part in ("", "bytes=0-99", "bytes=100-199", "bytes=-10"):
        body(fetch(archive, owner=supplier, **({"range": part} if part else {})))
    Client().head(f"/fetch/{archives.link(archive, supplier)}")
    archive.refresh_from_db()
    assert archive.downloads == 2


def test_the_page_makes_a_link_for_who_may_have_it(archive, supplier):
    address = f"/datasets/{Dataset.objects.get().pk}/versions/1/archives/{archive.pk}/link"
    answer = logged_in(supplier).get(address)
    assert answer["Location"].startswith("/fetch/")
    assert answer["Cache-Control"] == "private, no-store"
    assert hashlib.sha256(body(Client().get(answer["Location"]))).hexdigest() == archive.sha256
    assert Client().get(address).status_code == 404


def test_an_archive_of_another_version_is_not_linked(archive, supplier):
    other = shelves.packed(shelves.frozen(supplier, selection={"split": {"seed": 1}}))
    address = f"/datasets/{Dataset.objects.order_by('pk').first().pk}/versions/1/archives/{other.pk}/link"
    assert logged_in(supplier).get(address).status_code == 404


def test_a_link_is_for_whom_it_was_made(archive, supplier):
    assert fetch(archive, logged_in(factories.account()), owner=supplier).status_code == 403
    assert fetch(archive, owner=None).status_code == 403
    Dataset.objects.update(public=True)
    assert len(body(fetch(archive, owner=None))) == archive.size


def test_a_link_ends_with_the_right_to_see(archive, supplier):
    link = archives.link(archive, supplier)
    Account.objects.filter(pk=supplier.pk).update(is_active=False)
    assert Client().get(f"/fetch/{link}").status_code == 403


def test_a_link_ends_with_its_day(archive, supplier, settings):
    link = archives.link(archive, supplier)
    settings.ARCHIVE_LINK_SECONDS = -1
    answer = Client().get(f"/fetch/{link}", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (410, "link_expired")


@pytest.mark.parametrize(
    "token", ["forged", "a:b:c", signing.dumps([1, 0, ""], salt="another")], ids=["word", "parts", "salt"]
)
def test_a_forged_link_opens_nothing(archive, token):
    assert Client().get(f"/fetch/{token}").status_code == 403


def test_a_photo_taken_back_ends_the_links_of_its_archives(archive, supplier):
    link = archives.link(archive, supplier)
    catalogue.withdraw(Image.objects.first())
    answer = Client().get(f"/fetch/{link}", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (410, "archive_gone")
    said = logged_in(supplier).get(Dataset.objects.get().versions.get().get_absolute_url()).content.decode()
    assert "no longer given out" in said


def test_ordering_twice_packs_once(browser, supplier):
    version = shelves.frozen(supplier)
    for _ in range(2):
        answer = browser.post(f"{version.get_absolute_url()}archives/", {"format": "imagefolder", "size": "299"})
        assert answer["Location"] == f"{version.get_absolute_url()}#download"
        factories.work_off()
    assert [(one.side, one.state) for one in Archive.objects.all()] == [(299, "ready")]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"format": "rar", "size": "224"}, "unknown_format"),
        ({"format": "coco", "size": "225"}, "unknown_side"),
        ({}, "unknown_format"),
    ],
)
def test_what_there_is_not_is_not_packed(browser, supplier, wanted, code):
    version = shelves.frozen(supplier)
    answer = browser.post(f"{version.get_absolute_url()}archives/", wanted, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_nothing_is_packed_before_it_is_frozen(browser, supplier):
    made = shelves.named(supplier)
    browser.post(f"/datasets/{made.pk}/freeze/")
    answer = browser.post(f"/datasets/{made.pk}/versions/1/archives/", {"format": "coco", "size": "224"})
    assert answer.status_code == 409


def test_a_bucket_gives_the_bytes_itself(bucket, supplier):
    archive = shelves.packed(shelves.frozen(supplier))
    link = f"/fetch/{archives.link(archive, supplier)}"
    sent_on = Client().get(link)
    assert (sent_on.status_code, sent_on["Location"].startswith(bucket.endpoint_url)) == (302, True)
    with urllib.request.urlopen(sent_on["Location"], timeout=10) as answer:
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{archives.filename(archive)}"'
        assert hashlib.sha256(answer.read()).hexdigest() == archive.sha256
    assert Client().head(link)["Content-Length"] == str(archive.size)
    assert Client().get(link, headers={"range": f"bytes={archive.size}-"}).status_code == 416


def test_a_download_from_a_bucket_that_goes_on_is_counted_once(bucket, supplier):
    archive = shelves.packed(shelves.frozen(supplier))
    link = f"/fetch/{archives.link(archive, supplier)}"
    for asked in ("bytes=0-", "bytes=1000-", "bytes=2000-2999", "bytes=-5"):
        assert Client().get(link, headers={"range": asked}).status_code == 302
    assert Archive.objects.get().downloads == 1
