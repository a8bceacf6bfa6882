"""Storage in a bucket, over HTTP, on a server that enforces signatures and their expiry."""

import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
from django.core.files.storage import storages

from hub import storage
from tests.faults.proxy import Wall

KEY = storage.key(storage.digest_of(b"bytes"))


@pytest.fixture
def bucket(settings, s3):
    options = {"bucket_name": s3.name, "access_key": s3.access_key, "secret_key": s3.secret_key}
    settings.S3 = {**settings.S3, **options, "endpoint_url": s3.endpoint_url, "public_url": None}
    named = {
        alias: {"BACKEND": "hub.storage.BucketStorage", "OPTIONS": {"location": alias}}
        for alias in ("originals", "renditions", "incoming")
    }
    settings.STORAGES = {**settings.STORAGES, **named}
    return storages["originals"]


def fetched(url: str, data: bytes | None = None, **headers: str):
    """Status, type and body of a request by somebody who has only the link."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data, named, method="GET" if data is None else "PUT")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def put(url: str, data: bytes) -> int:
    return fetched(url, data, Content_Type="application/octet-stream")[0]


def refused(status: int) -> bool:
    """S3 says 403; rclone says 400 where there is no signature, or an old one."""
    return status in (400, 403)


def with_signature_changed(url: str) -> str:
    at = url.index("X-Amz-Signature=") + len("X-Amz-Signature=")
    return url[:at] + ("0" if url[at] != "0" else "1") + url[at + 1 :]


def test_a_bucket_keeps_and_gives_bytes(bucket, s3):
    storage.put("originals", KEY, b"bytes")
    assert storage.get("originals", KEY) == b"bytes"
    assert bucket.size(KEY) == 5
    assert (s3.folder / "originals" / KEY).read_bytes() == b"bytes"
    assert KEY in dict(bucket.walk())
    bucket.delete(KEY)
    with pytest.raises(FileNotFoundError):
        storage.get("originals", KEY)
    with pytest.raises(FileNotFoundError):
        bucket.size(KEY)


def test_a_bucket_is_read_only_by_a_signed_link(bucket):
    storage.put("originals", KEY, b"bytes")
    link = bucket.public_url(KEY, {})
    assert fetched(link)[2] == b"bytes"
    assert refused(fetched(with_signature_changed(link))[0])
    assert refused(fetched(link.split("?")[0])[0])
    assert refused(fetched(link.replace(KEY, storage.key("cd" * 32)))[0])


def test_a_link_to_the_bucket_ends(bucket, settings):
    storage.put("originals", KEY, b"bytes")
    settings.SIGNED_URL_SECONDS = 1
    link = bucket.public_url(KEY, {})
    time.sleep(2.1)
    assert refused(fetched(link)[0])


def test_type_and_name_of_what_is_served_are_ours(bucket):
    storage.put("originals", KEY, b"<script>")
    answer = storage.response("originals", KEY, "image/jpeg", "photo.jpg")
    assert answer.status_code == 302
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.url).query))
    assert asked["response-content-type"] == "image/jpeg"
    assert asked["response-content-disposition"] == 'attachment; filename="photo.jpg"'
    assert refused(fetched(answer.url.replace("image%2Fjpeg", "text%2Fhtml"))[0])


def test_a_browser_puts_its_bytes_at_a_key_of_ours_only(bucket):
    incoming = storages["incoming"]
    link = incoming.presigned_put("one-time", 5)
    assert put(link, b"bytes") == 200
    assert storage.get("incoming", "one-time") == b"bytes"
    assert refused(put(with_signature_changed(link), b"other"))
    assert refused(put(link.replace("one-time", "elsewhere"), b"other"))
    assert refused(put(link.split("?")[0], b"other"))
    assert storage.get("incoming", "one-time") == b"bytes"


def test_a_browser_puts_neither_more_nor_another_type_than_was_signed(bucket):
    link = storages["incoming"].presigned_put("exactly-five", 5)
    assert refused(put(link, b"more than five"))
    assert refused(fetched(link, b"bytes", Content_Type="text/html")[0])
    assert not storages["incoming"].exists("exactly-five")


def test_a_link_to_put_ends(bucket, settings):
    settings.SIGNED_URL_SECONDS = 1
    link = storages["incoming"].presigned_put("too-late", 5)
    time.sleep(2.1)
    assert refused(put(link, b"bytes"))
    assert not storages["incoming"].exists("too-late")


def test_an_object_that_breaks_off_is_a_store_that_is_away(bucket, s3, settings):
    """Told when it is opened: whoever reads it later could not tell an outage from a failure of its own."""
    storage.put("incoming", "torn", b"bytes" * 100)
    wall = Wall(int(s3.endpoint_url.rsplit(":", 1)[1]))
    try:
        settings.S3 = settings.S3 | {"endpoint_url": wall.url}
        settings.STORAGES = dict(settings.STORAGES)
        with storage.opened("incoming", "torn") as file:
            assert file.read() == b"bytes" * 100
        wall.mode = "cut"
        with pytest.raises(storage.Away):
            storage.opened("incoming", "torn")
        with pytest.raises(storage.Away):
            storage.get("incoming", "torn")
    finally:
        wall.close()
