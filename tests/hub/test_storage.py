"""Storage in folders: whole or absent, by signed links only."""

import io
from pathlib import Path

import pytest
from django.core import signing
from django.core.files.storage import storages

from hub import storage
from tests.parts import empty_storage

KEY = storage.key(storage.digest_of(b"bytes"))


@pytest.fixture
def folder(settings, tmp_path):
    empty_storage(settings, tmp_path)
    return storages["originals"]


def test_a_key_is_the_digest_in_folders():
    assert storage.key("abcd" + "0" * 60) == "ab/cd/abcd" + "0" * 60
    assert storage.rendition_key("abcd" + "0" * 60).endswith("0.jpg")


def test_what_is_put_is_got(folder):
    storage.put("originals", KEY, b"bytes")
    assert storage.get("originals", KEY) == b"bytes"
    storage.put("incoming", "once", b"first")
    storage.put("incoming", "once", io.BytesIO(b"other"))
    assert storage.get("incoming", "once") == b"other"


def test_a_file_is_whole_or_absent(folder):
    class Torn(io.BytesIO):
        def read(self, *_):
            raise OSError("the disk is full")

    with pytest.raises(storage.Away, match="disk is full"):
        storage.put("originals", KEY, Torn(b"x" * 10))
    assert not folder.exists(KEY)
    assert [path for path in Path(folder.location).rglob("*") if path.is_file()] == []


def test_a_torn_write_leaves_what_was_there(folder):
    class Torn(io.BytesIO):
        def read(self, *_):
            raise OSError("the disk is full")

    storage.put("originals", KEY, b"bytes")
    with pytest.raises(storage.Away, match="disk is full"):
        storage.put("originals", KEY, Torn(b"x" * 10))
    assert storage.get("originals", KEY) == b"bytes"


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "ab/../../outside"])
def test_no_key_leads_out_of_its_folder(folder, name):
    with pytest.raises(Exception, match=r"outside of the base|path traversal"):
        storage.put("originals", name, b"bytes")


def test_bytes_that_are_not_those_of_their_key_are_not_given(folder):
    storage.put("originals", storage.key(storage.digest_of(b"bytes")), b"bytez")
    with pytest.raises(storage.Damaged):
        storage.get("originals", storage.key(storage.digest_of(b"bytes")))


def test_missing_bytes_are_said_to_be_missing(folder):
    with pytest.raises(FileNotFoundError):
        storage.get("originals", KEY)


def test_walking_tells_every_key_and_its_age(folder):
    storage.put("originals", KEY, b"bytes")
    [(name, written)] = folder.walk()
    assert name == KEY
    assert written.tzinfo is not None


def test_a_signed_link_names_one_file_and_no_other(folder):
    storage.put("originals", KEY, b"bytes")
    token = folder.url(KEY).removeprefix("/files/")
    assert storage.read_signed(token) == ("originals", KEY)
    for forged in (token[:-1] + ("A" if token[-1] != "A" else "B"), "x" + token, token.split(":")[0], ""):
        with pytest.raises(signing.BadSignature):
            storage.read_signed(forged)


def test_a_signed_link_ends(folder, monkeypatch):
    token = folder.url(KEY).removeprefix("/files/")
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 599)
    assert storage.read_signed(token)
    monkeypatch.setattr(signing.time, "time", lambda: now + 601)
    with pytest.raises(signing.SignatureExpired):
        storage.read_signed(token)


def test_the_digest_of_a_file_leaves_it_at_its_start():
    file = io.BytesIO(b"bytes")
    assert storage.digest(file) == (storage.digest_of(b"bytes"), 5)
    assert file.read() == b"bytes"
