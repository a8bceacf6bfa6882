"""`dih download`, `verify`: what arrives is whole, or is not there."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from dih import sums

from hub.models import Archive, Job
from tests import factories
from tests.parts import committed

pytestmark = committed


@pytest.fixture
def archive(dih, version, worker, tmp_path) -> Path:
    """The archive, downloaded once."""
    return Path(dih("download", version.digest, "--out", tmp_path / "first").told["file"])


@pytest.fixture
def folder(dih, version, archive, tmp_path) -> Path:
    """The archive, unpacked."""
    return Path(dih("download", version.digest, "--out", archive.parent, "--unpack").told["folder"])


def test_a_version_is_packed_fetched_and_has_its_digest(dih, version, worker, tmp_path):
    ran = dih("download", version.digest[:10], "--out", tmp_path / "a")
    row = Archive.objects.get()
    file = Path(ran.told["file"])
    assert ran.exit == 0
    assert ran.told["sha256"] == row.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert zipfile.ZipFile(file).testzip() is None
    assert not list(file.parent.glob("*.part"))


def test_a_second_download_packs_nothing_and_fetches_nothing(dih, version, archive):
    downloads, jobs = Archive.objects.get().downloads, Job.objects.count()
    assert dih("download", version.digest, "--out", archive.parent).exit == 0
    assert (Archive.objects.get().downloads, Job.objects.count()) == (downloads, jobs)


def test_a_download_that_broke_off_goes_on_where_it_was(dih, version, archive, cutter, tmp_path):
    data = archive.read_bytes()
    part = tmp_path / f"{archive.name}.part"
    part.write_bytes(data[:-5000])
    ran = dih("download", version.digest, "--out", tmp_path, "--resume", hub=cutter.url)
    assert ran.exit == 0
    assert Path(ran.told["file"]).read_bytes() == data
    assert cutter.passed < len(data) / 2
    assert not part.exists()


def test_without_resume_a_download_begins_anew(dih, version, archive, cutter, tmp_path):
    (tmp_path / f"{archive.name}.part").write_bytes(archive.read_bytes()[:-5000])
    assert dih("download", version.digest, "--out", tmp_path, hub=cutter.url).exit == 0
    assert cutter.passed > len(archive.read_bytes())


def test_a_network_that_breaks_again_and_again_only_costs_time(dih, version, archive, cutter, tmp_path):
    cutter.limit = archive.stat().st_size // 3
    ran = dih("download", version.digest, "--out", tmp_path, hub=cutter.url)
    assert ran.exit == 0
    assert Path(ran.told["file"]).read_bytes() == archive.read_bytes()


def test_what_came_before_the_network_went_is_kept(dih, version, archive, cutter, tmp_path, monkeypatch):
    monkeypatch.setattr("dih.download.pause", lambda *_: 0)
    real, calls = cutter.RequestHandlerClass.answer, []

    def dying(handler, hub):
        calls.append(1)
        handler.server.limit = archive.stat().st_size // 2 if len(calls) < 3 else 0
        real(handler, hub)

    monkeypatch.setattr(cutter.RequestHandlerClass, "answer", dying)
    ran = dih("download", version.digest, "--out", tmp_path, hub=cutter.url)
    part = tmp_path / f"{archive.name}.part"
    assert (ran.exit, ran.told["code"]) == (4, "away")
    assert 0 < part.stat().st_size < archive.stat().st_size
    assert dih("download", version.digest, "--out", tmp_path, "--resume").exit == 0
    assert (tmp_path / archive.name).read_bytes() == archive.read_bytes()


@pytest.mark.parametrize("of_others", [b"x" * 5000, b"x" * 10_000_000], ids=["shorter", "longer"])
def test_a_part_of_other_bytes_is_no_part(of_others, dih, version, archive, tmp_path):
    (tmp_path / f"{archive.name}.part").write_bytes(of_others)
    ran = dih("download", version.digest, "--out", tmp_path, "--resume")
    assert (ran.exit, (tmp_path / archive.name).read_bytes()) == (0, archive.read_bytes())


def test_an_archive_damaged_on_the_hub_is_not_given_its_name(dih, version, archive, tmp_path):
    from hub import archives, storage

    path = Path(storage.local_path("artifacts", archives.key(Archive.objects.get())))
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    ran = dih("download", version.digest, "--out", tmp_path / "b")
    assert (ran.exit, ran.told["code"]) == (1, "damaged")
    assert not list((tmp_path / "b").iterdir())


def test_an_unpacked_archive_is_whole(dih, version, folder):
    ran = dih("verify", version.digest, folder)
    assert (ran.exit, ran.told["ok"]) == (0, True)
    assert ran.told["files"] > 40


def test_verify_asks_nobody_when_the_folder_has_its_manifest(dih, version, folder):
    assert dih("verify", version.digest, folder, hub="http://127.0.0.1:1").exit == 0
    (folder / "manifest.jsonl").unlink()
    assert dih("verify", version.digest, folder, hub="http://127.0.0.1:1").exit == 4
    ran = dih("verify", version.digest, folder)
    assert (ran.exit, ran.told["missing"]) == (1, ["manifest.jsonl"])


def test_verify_finds_a_flipped_bit_a_missing_and_an_extra_file(dih, version, folder):
    first, second, *_ = sorted(folder.glob("train/*/*.jpg"))
    data = bytearray(first.read_bytes())
    data[len(data) // 2] ^= 1
    first.write_bytes(data)
    second.unlink()
    (folder / "notes.txt").write_text("mine")
    ran = dih("verify", version.digest, folder)
    named = {name: ran.told[name] for name in ("changed", "missing", "extra")}
    assert ran.exit == 1
    assert named == {
        "changed": [first.relative_to(folder).as_posix()],
        "missing": [second.relative_to(folder).as_posix()],
        "extra": ["notes.txt"],
    }


def test_other_files_are_fine_when_that_is_said(dih, version, folder):
    (folder / "notes.txt").write_text("mine")
    assert dih("verify", version.digest, folder).exit == 1
    assert dih("verify", version.digest, folder, "--allow-extra").exit == 0


def test_verify_finds_a_picture_that_was_taken_out_of_the_sums_too(dih, version, folder):
    gone = next(iter(sorted(folder.glob("train/*/*.jpg"))))
    gone.unlink()
    lines = (folder / sums.NAME).read_text().splitlines(keepends=True)
    (folder / sums.NAME).write_text("".join(line for line in lines if gone.name not in line))
    ran = dih("verify", version.digest, folder)
    assert ran.exit == 1
    assert [name.startswith(f"picture of {gone.stem}") for name in ran.told["missing"]] == [True]


def test_verify_finds_a_manifest_of_another_version(dih, version, folder):
    path = folder / "manifest.jsonl"
    header, *lines = path.read_text().splitlines()
    path.write_text("\n".join([header, json.dumps({**json.loads(lines[0]), "split": "test"}), *lines[1:], ""]))
    listed = sums.at(folder) | {path.name: sums.of(path)}
    (folder / sums.NAME).write_text(sums.write(listed))
    ran = dih("verify", version.digest, folder)
    assert (ran.exit, ran.told["right_version"], ran.told["changed"]) == (1, False, [])


@pytest.mark.parametrize("line", ["nonsense", f"{'0' * 64}  ../x", f"{'0' * 64}  /etc/passwd", f"{'0' * 64}  a\\b"])
def test_verify_reads_no_file_elsewhere(line, dih, version, folder):
    (folder / sums.NAME).write_text(f"{line}\n")
    assert dih("verify", version.digest, folder).exit == 1


def test_a_folder_that_is_no_archive_is_said_to_be_none(dih, version, tmp_path):
    ran = dih("verify", version.digest, tmp_path)
    assert (ran.exit, ran.told["code"]) == (3, "no_sums")


def test_a_stranger_fetches_what_is_public_and_packed(dih, version, archive, tmp_path):
    assert dih("download", version.digest, "--out", tmp_path, account=None).exit == 3
    version.dataset.public = True
    version.dataset.save()
    assert dih("download", version.digest, "--out", tmp_path, account=None).exit == 0
    ran = dih("download", version.digest, "--out", tmp_path, "--format", "coco", account=None)
    assert (ran.exit, ran.told["code"]) == (3, "token_needed")


def test_another_users_private_version_is_not_there(dih, version, archive, tmp_path):
    for command in (("download",), ("sync",)):
        where = ["--out", tmp_path / "c"] if command == ("download",) else [tmp_path / "c"]
        ran = dih(*command, version.digest, *where, account=factories.account())
        assert (ran.exit, ran.told["code"], ran.told["status"]) == (3, "not_found", 404)
        assert not (tmp_path / "c").exists()


@pytest.mark.usefixtures("bucket")
def test_a_bucket_gives_archives_whole_in_parts_and_picture_by_picture(dih, version, worker, tmp_path):
    file = Path(dih("download", version.digest, "--out", tmp_path).told["file"])
    whole = file.read_bytes()
    file.rename(file.with_name(f"{file.name}.part"))
    file.with_name(f"{file.name}.part").write_bytes(whole[:30_000])
    assert dih("download", version.digest, "--out", tmp_path, "--resume").exit == 0
    assert file.read_bytes() == whole
    assert dih("sync", version.digest, tmp_path / "data").exit == 0
    assert dih("verify", version.digest, tmp_path / "data").exit == 0
