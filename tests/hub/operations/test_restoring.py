"""Restores that do not go as they should: what lacks, what was cut off, and notes that are about another hub."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.files.storage import storages
from django.core.management import CommandError
from django.db import OperationalError, connection

from hub import audit, catalogue, storage, tokens
from hub.models import Account, Backup, Image, Removal, Token
from hub.moderation import moderating
from hub.operations import erasures, postgres, restoring
from hub.operations.vault import Vault
from hub.people import leaving
from tests import factories
from tests.hub.operations.steps import photo, run, stored
from tests.parts import broken, committed

pytestmark = committed


def test_what_a_backup_lacks_is_named_and_everything_else_comes_back(folder, lose_everything):
    lost, fine = photo(1), photo(2)
    storages["originals"].delete(storage.key(lost.sha256))
    with pytest.raises(CommandError, match="but for 1 objects"):
        run("backup", folder)
    lose_everything()
    with pytest.raises(CommandError, match="Restored, but:") as said:
        run("restore", folder)
    assert f"image {lost.pk}: no file originals/{storage.key(lost.sha256)}" in str(said.value)
    assert "rules are broken" in str(said.value)
    assert Image.objects.count() == 2
    assert stored("originals") == {storage.key(fine.sha256)}
    assert stored("renditions") == {storage.rendition_key(row.sha256) for row in fine.renditions.all()}
    assert len(broken()) == 1


@pytest.mark.parametrize("command", ["backup", "restore", "destroy", "make_renditions"])
def test_a_database_that_does_not_answer_is_told_in_words(command, folder):
    run("backup", folder)
    words = {"backup": [folder], "restore": [folder], "destroy": ["ab" * 32]}.get(command, [])
    connection.close()
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(connection.settings_dict, "HOST", "/nowhere")
        with pytest.raises(CommandError, match="No such file or directory"):
            run(command, *words)
        connection.close()


def test_a_store_that_does_not_answer_is_told_in_words(folder, lose_everything, monkeypatch):
    photo(1)
    run("backup", folder)
    lose_everything()
    exists = storage.FolderStorage.exists

    def silent(self, name: str) -> bool:
        if str(folder) in self.location:
            return exists(self, name)
        raise EndpointConnectionError(endpoint_url="http://bucket")

    monkeypatch.setattr(storage.FolderStorage, "exists", silent)
    with pytest.raises(CommandError, match="Not restored: Could not connect"):
        run("restore", folder)


def test_a_restore_that_was_cut_off_erases_everything_when_it_is_run_again(folder, lose_everything, monkeypatch):
    ada, bo = factories.account(), factories.account()
    back, down, _, stays = photo(1, bo), photo(2, bo), photo(3, ada), photo(4, bo)
    gone, secret = tokens.make(bo, "laptop", ["read"])
    kept, _ = tokens.make(bo, "desk", ["read"])
    run("backup", folder)
    catalogue.withdraw(back)
    gone.delete()
    run("backup", folder, erased=True)
    moderating.take_down(down, factories.moderator(), "private")  # only the database that is replaced knows of these
    leaving.leave(ada, withdraw=True)
    with monkeypatch.context() as patched:
        patched.setattr(erasures, "replay", cut_off)
        with pytest.raises(CommandError, match="power"):
            run("restore", folder, force=restoring.WORDS)
    assert Image.objects.filter(withdrawn_at=None).count() == 4
    for erased in (True, False):
        with pytest.raises(CommandError, match="a restore of this hub began and did not end"):
            run("backup", folder, erased=erased)
    with pytest.raises(CommandError, match="This hub is not empty"):
        run("restore", folder)
    run("restore", folder, force=restoring.WORDS)
    assert Image.objects.get(withdrawn_at=None) == stays
    assert Account.objects.get(pk=ada.pk).gone_at
    assert set(Removal.objects.values_list("sha256", flat=True)) == {down.sha256}
    assert Token.objects.get() == kept
    assert tokens.find(secret) is None


def cut_off(*notes):
    raise OSError(5, "no more power")


def test_a_dump_that_cannot_be_loaded_leaves_no_restore_begun(folder, lose_everything):
    lose_everything(migrated=True)
    photo(1)
    run("backup", folder)
    backup = Vault(folder).find()
    backup.dump.write_bytes(backup.dump.read_bytes()[:-4000])
    with pytest.raises(CommandError, match="Not restored: pg_restore failed"):
        run("restore", folder, force=restoring.WORDS)
    assert postgres.tables() == 0
    assert notes(folder)[backup.about["lineage"]]["restoring"] is False


def notes(folder: Path) -> dict[str, erasures.Note]:
    return json.loads((folder / "erased.json").read_text())


def test_a_restore_that_may_not_drop_what_is_here_leaves_the_hub_as_it_was(folder, monkeypatch):
    token, _ = tokens.make(factories.account(), "laptop", ["read"])
    run("backup", folder)
    monkeypatch.setattr(postgres, "others", lambda: 0)  # somebody came between
    with closing(connection.copy()) as other:
        other.set_autocommit(False)
        other.cursor().execute("SELECT FROM hub_token")
        connection.cursor().execute("SET lock_timeout = 200")
        with pytest.raises(CommandError, match="Not restored: canceling statement due to lock timeout"):
            run("restore", folder)
        other.rollback()
    token.delete()
    run("backup", folder, erased=True)
    (noted,) = notes(folder).values()
    assert (noted["restoring"], noted["tokens"]) == (False, [])
    connection.close()  # its lock_timeout goes with it


def test_a_backup_that_is_damaged_gives_back_all_that_is_sound(folder, lose_everything):
    damaged, gone, unreadable, fine = (photo(seed) for seed in range(4))
    run("backup", folder)
    copies = [folder / "objects" / "originals" / storage.key(shot.sha256) for shot in (damaged, gone, unreadable)]
    copies[0].write_bytes(b"x" * damaged.size)
    for path in copies[1:]:
        path.unlink()
    copies[2].mkdir()
    lose_everything()
    with pytest.raises(CommandError, match="Restored, but:\n3 copies in the backup are gone or damaged") as said:
        run("restore", folder)
    for shot, why in ((damaged, "its bytes have another SHA-256"), (gone, "no file"), (unreadable, "Is a directory")):
        assert f"originals/{storage.key(shot.sha256)}: {why}" in str(said.value)
    assert "3 images have no good original" in str(said.value)
    assert "1 of " in str(said.value)  # rules are broken, and the audit said so
    assert stored("originals") == {storage.key(fine.sha256)}
    assert stored("renditions") == {storage.rendition_key(row.sha256) for row in fine.renditions.all()}
    assert Backup.objects.count() == 1


@pytest.mark.parametrize("trouble", [OperationalError("gone away"), FileNotFoundError(2, "No such file")])
def test_an_audit_that_cannot_end_does_not_read_as_if_nothing_was_restored(
    folder, lose_everything, monkeypatch, trouble
):
    run("backup", folder)
    lose_everything()

    def broken_off(**options) -> None:
        raise trouble

    monkeypatch.setattr(audit, "run", broken_off)
    with pytest.raises(CommandError, match=r"Restored, but:\n.*(gone away|No such file)"):
        run("restore", folder)


def test_what_is_behind_a_refusal_can_be_traced(folder):
    for command in ("backup", "restore"):
        with pytest.raises(CommandError) as said:
            run(command, folder, **({"verify": True} if command == "backup" else {}))
        assert isinstance(said.value.__cause__, postgres.Unusable)


def test_nothing_is_restored_while_a_backup_is_made_which_may_drop_it(folder):
    photo(1)
    run("backup", folder)
    with Vault(folder).locked():
        with pytest.raises(CommandError, match="Not restored: Another backup or restore is at work"):
            run("restore", folder, force=restoring.WORDS)
        run("backup", folder, erased=True)  # a backup may take hours: what is erased meanwhile is noted
    assert Image.objects.count() == 1


def test_a_database_without_any_migration_is_no_hub_and_may_be_replaced(folder, lose_everything):
    shot = photo(1)
    run("backup", folder)
    lose_everything(migrated=True)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE django_migrations")
    with pytest.raises(CommandError, match="No migration ever ran"):
        run("backup", folder, erased=True)
    assert "cannot be read (Unusable)" in run("restore", folder)
    assert Image.objects.get() == shot
