"""`dih sync`: a folder equal to a version, and nothing else of it touched."""

import pytest

from hub import archives, catalogue, storage
from hub.models import Archive, Image, Label
from tests.client.conftest import frozen
from tests.parts import committed
from tests.stock import stock

pytestmark = committed


@pytest.fixture
def folder(dih, version, worker, tmp_path):
    """A folder that was made equal to the version."""
    assert dih("sync", version.digest, tmp_path / "data").exit == 0
    return tmp_path / "data"


def contents(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_empty_folder_becomes_the_unpacked_archive(dih, version, folder, tmp_path):
    assert dih("verify", version.digest, folder).exit == 0
    unpacked = dih("download", version.digest, "--out", tmp_path / "zip", "--unpack").told["folder"]
    from pathlib import Path

    assert contents(folder) == contents(Path(unpacked))


def test_a_second_sync_fetches_nothing(dih, version, folder):
    before = contents(folder)
    ran = dih("sync", version.digest, folder)
    assert (ran.told["fetch"], ran.told["delete"], contents(folder)) == (0, [], before)


def test_only_what_is_missing_or_damaged_is_fetched(dih, version, folder):
    whole = contents(folder)
    first, second, *_ = sorted(folder.glob("train/*/*.jpg"))
    first.unlink()
    second.write_bytes(b"broken")
    ran = dih("sync", version.digest, folder)
    assert (ran.exit, ran.told["fetch"], contents(folder)) == (0, 2, whole)


def test_what_was_withdrawn_is_deleted_and_other_peoples_files_are_not(dih, version, folder):
    (folder / "notes.txt").write_text("mine")
    (folder / "train" / "notes.txt").write_text("mine too")
    image = Image.objects.get(pk=version.members.first().image_id)
    [picture] = folder.rglob(f"{image.sha256[:20]}.jpg")
    catalogue.withdraw(image)
    ran = dih("sync", version.digest, folder)
    assert (ran.exit, ran.told["delete"]) == (0, [picture.relative_to(folder).as_posix()])
    assert not picture.exists()
    assert (folder / "notes.txt").exists()
    assert (folder / "train" / "notes.txt").exists()
    assert ran.told["fetch"] < 12
    assert dih("verify", version.digest, folder, "--allow-extra").exit == 0


def test_a_picture_that_moved_to_another_split_is_not_fetched_again(dih, version, folder, ada):
    other = frozen(ada, split={"seed": 7})
    ran = dih("sync", other.digest, folder)
    assert len(ran.told["move"]) > 0
    assert not [name for name in ran.told["delete"] if name.endswith(".jpg")]
    assert ran.told["fetch"] < 15
    assert dih("verify", other.digest, folder).exit == 0


def test_a_newer_version_brings_what_was_added(dih, version, folder, ada):
    stock(Label.objects.get(slug="tap"), 5, ada)
    newer = frozen(ada)
    ran = dih("sync", newer.digest, folder)
    assert ran.exit == 0
    assert dih("verify", newer.digest, folder).exit == 0
    assert len(list(folder.rglob("*.jpg"))) == 45


def test_somebody_elses_file_where_one_belongs_is_left_and_said(dih, version, worker, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    ran = dih("sync", version.digest, tmp_path)
    assert (ran.exit, ran.told["in_the_way"]) == (1, ["README.md"])
    assert (tmp_path / "README.md").read_text() == "mine"


def test_a_changed_file_that_left_the_version_is_kept_and_said(dih, version, folder):
    image = Image.objects.get(pk=version.members.first().image_id)
    [picture] = folder.rglob(f"{image.sha256[:20]}.jpg")
    picture.write_bytes(b"annotated by hand")
    catalogue.withdraw(image)
    ran = dih("sync", version.digest, folder)
    assert ran.told["kept"] == [picture.relative_to(folder).as_posix()]
    assert picture.read_bytes() == b"annotated by hand"


def test_an_interrupted_sync_goes_on_and_still_knows_what_is_its_own(dih, version, worker, tmp_path, monkeypatch):
    from dih import sync

    folder, real, put = tmp_path / "data", sync.put, []

    def dying(*arguments):
        put.append(real(*arguments))
        if len(put) == 20:
            raise KeyboardInterrupt

    monkeypatch.setattr(sync, "put", dying)
    assert dih("sync", version.digest, folder).exit == 130
    monkeypatch.setattr(sync, "put", real)
    assert len(list(folder.rglob("*.*"))) >= 20
    first = next(folder.rglob("*.jpg"), None)
    if first:
        catalogue.withdraw(Image.objects.get(sha256__startswith=first.stem))
    ran = dih("sync", version.digest, folder)
    assert ran.exit == 0
    assert not first or not first.exists()
    assert dih("verify", version.digest, folder).exit == 0


def test_a_damaged_archive_damages_no_folder(dih, version, folder):
    whole = contents(folder)
    picture = next(folder.glob("train/*/*.jpg"))
    path = storage.local_path("artifacts", archives.key(Archive.objects.get()))
    with open(path, "r+b") as file:
        data = file.read()
        at = data.index(picture.read_bytes()) + 30
        file.seek(at)
        file.write(bytes([data[at] ^ 1]))
    picture.unlink()
    ran = dih("sync", version.digest, folder)
    assert (ran.exit, ran.told["code"]) == (1, "damaged")
    assert contents(folder).items() <= (whole | contents(folder)).items()
    assert not picture.exists()
