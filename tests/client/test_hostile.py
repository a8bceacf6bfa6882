"""A hub or a folder that means harm."""

import io
import json
import struct
import zipfile
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from dih.__main__ import main
from dih.download import fetched
from dih.failures import AWAY, Failure
from dih.said import Said
from dih.sums import NAME
from dih.sync import JOURNAL, finish, planned
from dih.unpack import unpack


def refused(act, *args) -> str:
    with pytest.raises(Failure) as failure:
        act(*args)
    return failure.value.code


@pytest.mark.parametrize("told", [[], {}, None, "x", {"items": 1, "next": None}, {"items": [{}], "next": None}])
def test_an_answer_that_no_hub_gives_is_no_difference(told, monkeypatch, capsys):
    monkeypatch.setattr("dih.hub.Hub.get", lambda *_, **__: told)
    assert main(["datasets", "--json"]) == AWAY
    assert json.loads(capsys.readouterr().out)["code"] == "not_understood"


@pytest.mark.parametrize("name", [".bashrc", "main.py", "../x.zip", "deep-images-hub-a/../../x.zip", ""])
def test_an_archive_with_another_name_than_a_hub_gives_is_not_written(name, tmp_path):
    archive = SimpleNamespace(filename=name, size=4, sha256="0" * 64)
    assert refused(fetched, archive, tmp_path, False, Said(True)) == "unsafe_name"
    assert not list(tmp_path.iterdir())


def test_a_body_without_end_is_cut_off(tmp_path):
    sent = []

    def body():
        while len(sent) < 1000:
            sent.append(1)
            yield b"x" * 1000

    @contextmanager
    def stream(start, end=None):
        yield SimpleNamespace(headers={}, iter_raw=body)

    archive = SimpleNamespace(filename="deep-images-hub-a-coco-224.zip", size=4000, sha256="0" * 64, stream=stream)
    assert refused(fetched, archive, tmp_path, False, Said(True)) == "damaged"
    assert len(sent) == 5


def test_entries_that_lie_over_one_another_are_refused_for_they_swell(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("b", b"x" * 1000)
    name, data = b"a", inner.getvalue()[: 31 + 1000]  # the whole entry `b`: its header, name and bytes
    size, crc = len(data), zipfile.crc32(data)
    first = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 33, crc, size, size, 1, 0) + name + data
    listed = b""
    for entry, at in ((b"a", 0), (b"b", 31)):
        one = (crc, size) if entry == b"a" else (zipfile.crc32(b"x" * 1000), 1000)
        facts = (20, 20, 0, 0, 0, 33, one[0], one[1], one[1], 1, 0, 0, 0, 0, 0, at)
        listed += struct.pack("<4s6H3L5H2L", b"PK\1\2", *facts) + entry
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, len(listed), len(first), 0)
    (tmp_path / "a.zip").write_bytes(first + listed + end)
    assert zipfile.ZipFile(tmp_path / "a.zip").read("b") == b"x" * 1000
    assert refused(unpack, tmp_path / "a.zip", tmp_path / "out", Said(True)) == "unsafe_entry"
    assert not (tmp_path / "out").exists()


def test_a_link_in_place_of_our_lists_is_not_written_through(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for name in (JOURNAL, NAME, f".{NAME}"):
        (tmp_path / name).write_text("")
        (folder / name).symlink_to(tmp_path / name)
    planned(folder, {"a.jpg": "0" * 64}, Said(True))
    finish(folder, b"listed")
    assert [(tmp_path / name).read_text() for name in (JOURNAL, NAME, f".{NAME}")] == ["", "", ""]
    assert (folder / NAME).read_text() == "listed"
