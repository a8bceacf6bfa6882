"""An archive, a manifest or a list of sums that means harm is refused in words, and nothing is written elsewhere."""

import io
import json
import random
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from dih import sums, verify
from dih.__main__ import main
from dih.failures import AWAY, DIFFERENT, Failure
from dih.said import Said
from dih.unpack import unpack

from tests.hostile.mutating import ACTS

DIGEST = "0" * 64


def packed(*entries: tuple[str, bytes]) -> bytes:
    """A zip as the hub writes them: stored, every entry a file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


SOUND = packed(*((f"train/valve/{number}.jpg", b"x" * 300) for number in range(4)), (sums.NAME, b"\n"))


def became(data: bytes, folder: Path) -> str:
    """The code unpacking ends with, or "unpacked"; fails where something else is raised, or written elsewhere."""
    folder.mkdir()
    (folder / "a.zip").write_bytes(data)
    code = "unpacked"
    try:
        unpack(folder / "a.zip", folder / "out", Said(True))
    except Failure as failure:
        code = failure.code
    assert {one.name for one in folder.iterdir()} <= {"a.zip", "out"}
    assert not list(folder.rglob(".dih-*"))
    return code


def mutant(seed: int) -> bytes:
    chance, data = random.Random(seed), SOUND
    for _ in range(chance.choice((1, 1, 2, 3))):
        # The directory of a zip is at its end, so half of them are made of the archive turned round.
        turned = chance.random() < 0.5
        data = chance.choice(ACTS[:-1])(data[::-1] if turned else data, chance) or b"P"
        data = data[::-1] if turned else data
    return data


def test_a_mutated_archive_is_unpacked_or_refused_in_words(tmp_path):
    found = {became(mutant(seed), tmp_path / str(seed)) for seed in range(600)}
    assert {"unpacked", "damaged", "unsafe_name"} <= found <= {"unpacked", "damaged", "unsafe_name", "unsafe_entry"}


@pytest.mark.slow
@pytest.mark.hostile
def test_many_thousand_mutated_archives_are_unpacked_or_refused_in_words(tmp_path):
    for seed in range(1000, 21_000):
        became(mutant(seed), tmp_path / str(seed))


@pytest.mark.parametrize(
    "names",
    [
        ("a.jpg", "a.jpg"),
        ("a.jpg", "A.JPG"),
        ("\u00e9.jpg", "e\u0301.jpg"),
        ("train", "train/a.jpg"),
        ("TRAIN", "train/valve/a.jpg"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_for_one_place_are_refused_before_anything_is_written(names, tmp_path):
    assert became(packed(*((name, b"x") for name in names)), tmp_path / "a") == "unsafe_entry"
    assert not (tmp_path / "a" / "out").exists()


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "..", "c:x", "a\\b", "a\0b", "", "~/../../x"])
def test_a_list_of_sums_names_nothing_elsewhere(name, tmp_path):
    with pytest.raises(Failure) as failure:
        sums.read(f"{DIGEST}  {name}\n")
    assert failure.value.code in ("unsafe_name", "bad_sums")


@pytest.mark.parametrize("listed", [b"\xff\xfe", b"x", DIGEST.encode() + b"  a\nx", DIGEST[1:].encode() + b"  a"])
def test_a_list_of_sums_that_is_none_is_said_to_be_none(listed, tmp_path, capsys):
    (tmp_path / sums.NAME).write_bytes(listed)
    assert main(["verify", DIGEST, str(tmp_path), "--json"]) == DIFFERENT
    assert json.loads(capsys.readouterr().out)["code"] == "bad_sums"


@pytest.mark.parametrize("line", ["[" * 100_000, "{", "[]", "1", '{"sha256": ' + "[" * 100_000, "\ud800"])
def test_a_manifest_of_nonsense_is_another_version(line, tmp_path, capsys):
    (tmp_path / sums.NAME).write_text(f"{DIGEST}  a.jpg\n")
    (tmp_path / verify.MANIFEST).write_bytes(line.encode("utf-8", "surrogatepass") + b"\n")
    assert main(["verify", DIGEST, str(tmp_path), "--json"]) == DIFFERENT
    assert json.loads(capsys.readouterr().out)["right_version"] is False


def test_a_picture_with_other_bytes_than_its_sum_is_told(tmp_path, capsys):
    (tmp_path / "a.jpg").write_bytes(b"other")
    (tmp_path / verify.MANIFEST).write_bytes(b"{}\n")
    (tmp_path / sums.NAME).write_text(f"{DIGEST}  a.jpg\n")
    assert main(["verify", DIGEST, str(tmp_path), "--json"]) == DIFFERENT
    assert json.loads(capsys.readouterr().out)["changed"] == ["a.jpg"]


def test_an_answer_deeper_than_anybody_reads_is_no_answer_of_a_hub(monkeypatch, capsys):
    deep = SimpleNamespace(is_error=False, json=lambda: json.loads("[" * 100_000))
    monkeypatch.setattr("dih.hub.Hub._ask", lambda *_, **__: deep)
    assert main(["datasets", "--json"]) == AWAY
    assert json.loads(capsys.readouterr().out)["code"] == "not_understood"
