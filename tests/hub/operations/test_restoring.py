"""Restores that do not go as they should: what lacks, what was cut off, and notes that are about another hub."""

import json

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.files.storage import storages
from django.core.management import CommandError
from django.db import OperationalError, connection

from hub import audit, catalogue, storage, tokens
from hub.models import Account, Backup, Image, Removal, Submission, Token
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


def test_a_hub_that_is_migrated_and_empty_revokes_no_token_of_the_backup(folder, lose_everything):
    token, _ = tokens.make(factories.account(), "laptop", ["read"])
    run("backup", folder)
    lose_everything(migrated=True)
    run("backup", folder, erased=True)  # as whoever asks for it every few minutes does
    run("restore", folder)
    assert Token.objects.get() == token


def test_who_left_a_new_hub_is_not_taken_for_who_had_their_number_in_the_lost_one(folder, lose_everything):
    ada = factories.account()
    shot = photo(1, ada)
    run("backup", folder)
    lose_everything(migrated=True)
    leaving.leave(factories.account(pk=ada.pk), withdraw=True)
    photo(2)
    run("backup", folder, erased=True)
    run("restore", folder, force=restoring.WORDS)
    assert Account.objects.get(pk=ada.pk).gone_at is None
    assert Image.objects.get(withdrawn_at=None) == shot


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
    run("backup", folder, erased=True)
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


def test_after_a_restore_what_comes_back_by_appeal_leaves_the_note_again(folder, lose_everything):
    shot = photo(1)
    run("backup", folder)
    catalogue.withdraw(shot)
    run("restore", folder, force=restoring.WORDS)
    (noted,) = erasures.known(folder / "erased.json")
    assert list(noted["submissions"]) == [str(Submission.objects.get().pk)]
    Submission.objects.update(state="accepted", reason="")
    run("backup", folder, erased=True)
    (noted,) = erasures.known(folder / "erased.json")
    assert noted["submissions"] == {}


def test_a_dump_that_cannot_be_loaded_leaves_no_restore_begun(folder, monkeypatch):
    photo(1)
    run("backup", folder)

    def fails(path) -> None:
        raise postgres.Unusable("pg_restore failed")

    monkeypatch.setattr(postgres, "load", fails)
    monkeypatch.setattr(postgres, "tables", lambda: 0)
    with pytest.raises(CommandError, match="pg_restore failed"):
        run("restore", folder)
    assert json.loads((folder / "erased.json").read_text())["restoring"] is False


def test_a_note_of_a_release_that_knew_no_lineages_counts(folder, lose_everything):
    back, stays = photo(1), photo(2)
    gone, _ = tokens.make(factories.account(), "laptop", ["read"])
    run("backup", folder)
    catalogue.withdraw(back)
    gone.delete()
    (folder / "erased.json").write_text(json.dumps(erasures.present()))
    lose_everything(migrated=True)
    run("restore", folder)
    assert Image.objects.get(withdrawn_at=None) == stays
    assert not Token.objects.exists()


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
