"""The folder of backups: what no backup names any more goes from it, and its files are whole."""

from pathlib import Path

from hub import catalogue
from hub.operations import vault
from hub.operations.vault import Vault
from tests.hub.operations.steps import photo, run
from tests.parts import committed, in_threads

pytestmark = committed


def test_a_vault_of_more_objects_than_memory_holds_is_swept_share_by_share(folder, monkeypatch):
    monkeypatch.setattr(vault, "HELD", 1)
    shots = [photo(seed) for seed in range(6)]
    run("backup", folder, renditions=True)
    for shot in shots[:3]:
        catalogue.withdraw(shot)
    run("backup", folder, renditions=True, keep_days=0)
    kept = {row.sha256 for shot in shots[3:] for row in shot.renditions.all()} | {shot.sha256 for shot in shots[3:]}
    assert {path.name.split(".")[0] for path in Path(folder, "objects").rglob("*") if path.is_file()} == kept


def test_old_backups_of_a_hub_without_any_photo_are_dropped(folder):
    run("backup", folder)
    assert "1 backups older" in run("backup", folder, keep_days=0)
    assert len(Vault(folder).backups()) == 1


def test_two_writers_of_one_file_leave_it_whole(tmp_path):
    texts = [letter * 3_000_000 for letter in "abcd"]
    for _ in range(5):
        in_threads(4, lambda number: vault.write_whole(tmp_path / "erased.json", texts[number]))
        assert (tmp_path / "erased.json").read_text() in texts
    assert [path.name for path in tmp_path.iterdir()] == ["erased.json"]


def test_a_file_that_was_written_is_still_there_when_the_power_goes(tmp_path, monkeypatch):
    on_disk = []
    monkeypatch.setattr(vault, "synced", lambda path: on_disk.append((path, (path / "erased.json").exists())))
    vault.write_whole(tmp_path / "erased.json", "{}")
    assert on_disk == [(tmp_path, True)]
