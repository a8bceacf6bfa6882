"""The drill in small: a hub is lost with its database and its files, and comes back from its backup."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from hub import archives, catalogue, datasets, objects, storage, submissions, tokens
from hub.models import Account, Archive, Backup, DatasetVersion, Image, Label, Removal, Submission, Token
from hub.moderation import moderating, removals
from hub.operations import backup, erasures, postgres, restoring, verifying
from hub.operations.vault import Vault
from hub.people import leaving
from hub.selections import read
from tests import factories, images
from tests.hub.conftest import logged_in
from tests.hub.operations.steps import photo, run, stored
from tests.parts import broken, committed, in_threads
from workers import upkeep

pytestmark = committed
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def frozen(owner: Account) -> DatasetVersion:
    """A version of everything there is."""
    selection = read({"labels": [label.pk for label in Label.objects.all()], "split": {"train": 1}})
    version, _ = datasets.order_version(datasets.create(owner=owner, name="All", selection=selection, public=True))
    factories.work_off()
    version.refresh_from_db()
    assert version.state == "ready", version.reason
    return version


def packed(version: DatasetVersion) -> Archive:
    archive, _ = archives.order(version, "imagefolder", 0)
    factories.work_off()
    archive.refresh_from_db()
    assert archive.state == "ready"
    return archive


def downloaded(archive: Archive, by: Account) -> str:
    """The SHA-256 of what a browser gets."""
    answer = logged_in(by).get(reverse("fetch", args=[archives.link(archive, by)]))
    return storage.digest_of(b"".join(answer.streaming_content))


def make_old() -> None:
    """Let every object have been written three days ago."""
    for alias in objects.ALIASES:
        for name in stored(alias):
            os.utime(storages[alias].path(name), (time.time() - 3 * 86_400,) * 2)


def test_a_hub_that_lost_everything_comes_back_whole_with_the_same_archive_and_log_in(folder, lose_everything):
    ada = factories.account(username="ada")
    for seed in range(4):
        photo(seed, ada, ("Valve", "Pump")[seed % 2])
    archive = packed(frozen(ada))
    waiting = factories.given(images.photo(seed=9, size=(160, 120)), factories.batch(ada))
    before = downloaded(archive, ada)
    assert before == archive.sha256
    run("backup", folder)
    assert backup.age() < 60
    lose_everything()
    said = run("restore", folder, deep=True)
    assert "4 images had renditions missing" in said
    assert broken(deep=True) == {}
    again = packed(DatasetVersion.objects.get())
    assert (again.sha256, downloaded(again, Account.objects.get(username="ada"))) == (before, before)
    client = Client()
    client.post("/accounts/login/", {"login": "ada", "password": "secret-enough"})
    assert client.get("/mine/").status_code == 200
    waiting.refresh_from_db()
    assert waiting.state == "accepted"
    assert Backup.objects.get().objects_held == 6


def test_photos_given_and_taken_back_while_a_backup_is_made_leave_it_whole(folder, lose_everything, monkeypatch):
    taken_back, stays = photo(1), photo(2)
    dump, cleared = postgres.dump, []

    def busy(number: int) -> None:
        """What people and workers do, in a connection of their own, between the rows and the objects."""
        photo(3)
        catalogue.withdraw(taken_back)
        Image.objects.filter(pk=taken_back.pk).update(withdrawn_at=LONG_AGO)
        Submission.objects.filter(image=taken_back).update(decided_at=LONG_AGO)
        make_old()
        cleared.extend(upkeep.clear_orphans(alias) for alias in objects.ALIASES)

    def dumped(*args) -> None:
        dump(*args)
        in_threads(1, busy)

    monkeypatch.setattr(postgres, "dump", dumped)
    run("backup", folder)
    assert sum(cleared) == 0
    assert sum(upkeep.clear_orphans(alias) for alias in objects.ALIASES) > 0
    assert list(verifying.verify(folder)) == []
    lose_everything()
    run("restore", folder)
    assert set(Image.objects.filter(withdrawn_at=None)) == {taken_back, stays}
    assert broken(deep=True) == {}


def test_what_was_erased_after_the_backup_stays_erased(folder, lose_everything):
    ada, bo, moderator = factories.account(), factories.account(), factories.moderator()
    back, down, hers, stays = photo(1, bo), photo(2, bo), photo(3, ada), photo(4, bo)
    waiting = factories.given(images.photo(seed=5, size=(160, 120)), factories.batch(bo))
    token, secret = tokens.make(bo, "laptop", ["read"])
    kept, _ = tokens.make(bo, "desk", ["read"])
    browser = logged_in(bo)
    before = photo(7, bo)
    moderating.take_down(before, moderator, "illegal")
    run("backup", folder)
    catalogue.withdraw(back)
    moderating.take_down(down, moderator, "private")
    later = photo(6, bo)
    moderating.take_down(later, moderator, "illegal")
    waiting.refresh_from_db()
    catalogue.withdraw(waiting.image)
    leaving.leave(ada, withdraw=True)
    token.delete()
    run("backup", folder, erased=True)
    lose_everything()
    run("restore", folder)
    assert set(Image.objects.filter(withdrawn_at=None)) == {stays}
    assert Image.objects.get(pk=down.pk).removed_for == "private"
    assert set(Removal.objects.values_list("sha256", flat=True)) == {before.sha256, down.sha256, later.sha256}
    assert Account.objects.get(pk=ada.pk).gone_at
    assert ada.username not in Account.objects.values_list("username", flat=True)
    assert set(Token.objects.all()) == {kept}
    assert tokens.find(secret) is None
    assert browser.get("/mine/").status_code == 302
    waiting.refresh_from_db()
    assert waiting.state == "withdrawn"
    # What was taken down may be appealed against for a while; the bytes of the others come back for nobody.
    assert stored("originals") == {storage.key(one.sha256) for one in (stays, before, down)}
    factories.work_off()
    assert stays.sha256 in {image.sha256 for image in Image.objects.filter(withdrawn_at=None)}
    assert hers.sha256 not in stored("originals")
    assert broken(deep=True) == {}


def test_a_photo_that_came_back_by_appeal_is_not_erased_by_an_old_note(folder):
    shot = photo(1)
    moderating.take_down(shot, factories.moderator(), "private")
    run("backup", folder, erased=True)
    Submission.objects.filter(image=shot).update(state="accepted", reason="", decided_at=Now())
    removals.lift(shot.sha256)
    run("backup", folder, erased=True)
    noted = erasures.known(folder / "erased.json")
    assert (noted["submissions"], noted["removals"]) == ({}, {})


def test_who_joined_after_somebody_of_the_same_number_left_is_not_taken_for_them(folder):
    ada = factories.account()
    leaving.leave(ada, withdraw=True)
    left = erasures.present()
    Account.objects.filter(pk=ada.pk).update(gone_at=None, username="bo", is_active=True)  # date_joined: after that
    assert erasures.replay(left)["accounts erased"] == 0
    assert Account.objects.get(pk=ada.pk).username == "bo"


def test_a_second_backup_copies_only_what_is_new(folder):
    photo(1)
    run("backup", folder)
    new = photo(2)
    assert "2 objects" in run("backup", folder)
    first, second = Vault(folder).backups()
    assert second.about["bytes_copied"] == new.size
    assert [len(list(one.lines())) for one in (first, second)] == [1, 2]


def test_a_backup_that_was_cut_short_is_none_and_the_next_one_goes_on_from_it(folder, monkeypatch):
    photo(1), photo(2)
    copy, copied = backup._copy, []

    def cut(vault, one, *more):
        if copied:
            raise OSError(28, "No space left on device")
        copied.append(one.name)
        return copy(vault, one, *more)

    with monkeypatch.context() as patched:
        patched.setattr(backup, "THREADS", 1)
        patched.setattr(backup, "_copy", cut)
        with pytest.raises(CommandError, match="No space left"):
            run("backup", folder)
    assert Vault(folder).backups() == []
    assert backup.age() is None
    with pytest.raises(CommandError, match="no whole backup"):
        run("restore", folder)
    run("backup", folder)
    (made,) = Vault(folder).backups()
    assert made.about["bytes_copied"] < sum(Image.objects.values_list("size", flat=True))
    assert not list(folder.glob("*.unfinished"))


def test_verify_reads_every_byte(folder):
    shot, other = photo(1), photo(2)
    run("backup", folder)
    assert "as it was written" in run("backup", folder, verify=True)
    Path(folder, "objects", "originals", storage.key(shot.sha256)).write_bytes(b"x" * shot.size)
    Path(folder, "objects", "originals", storage.key(other.sha256)).unlink()
    Vault(folder).find().dump.write_bytes(b"PGDMP")
    with pytest.raises(CommandError) as said:
        run("backup", folder, verify=True)
    for wrong in ("another SHA-256", "no file", "database.dump is not as it was written", "pg_restore failed"):
        assert wrong in str(said.value)


def test_what_storage_has_lost_is_named_and_the_rest_is_backed_up_all_the_same(folder):
    lost, damaged, fine = photo(1), photo(2), photo(3)
    storages["originals"].delete(storage.key(lost.sha256))
    Path(storages["originals"].path(storage.key(damaged.sha256))).write_bytes(b"x" * damaged.size)
    with pytest.raises(CommandError, match="but for 2 objects") as said:
        run("backup", folder)
    assert lost.sha256 in str(said.value)
    assert [line.sha256 for line in Vault(folder).find().lines()] == [fine.sha256]
    assert Backup.objects.get().missing == 2


def test_old_backups_go_with_the_bytes_no_other_names(folder):
    gone, stays = photo(1), photo(2)
    run("backup", folder)
    catalogue.withdraw(gone)
    run("backup", folder, keep_days=0)
    assert len(Vault(folder).backups()) == 1
    assert [path.name for path in Path(folder, "objects").rglob("*") if path.is_file()] == [stays.sha256]


def test_bytes_are_destroyed_at_once_where_the_law_wants_it_and_leave_the_backups(folder):
    shot, stays = photo(1), photo(2)
    run("backup", folder, renditions=True)
    with pytest.raises(CommandError, match="Take it down first"):
        run("destroy", shot.sha256)
    moderating.take_down(shot, factories.moderator(), "illegal")
    run("destroy", shot.sha256)
    kept = {row.sha256 for row in stays.renditions.all()}
    assert stored("originals") == {storage.key(stays.sha256)}
    assert stored("renditions") == {storage.rendition_key(digest) for digest in kept}
    assert Removal.objects.get().sha256 == shot.sha256
    run("backup", folder, renditions=True, keep_days=0)
    left = {path.name.split(".")[0] for path in Path(folder, "objects").rglob("*") if path.is_file()}
    assert left == {stays.sha256, *kept}
    assert broken(deep=True) == {}


def test_nothing_is_destroyed_while_a_backup_is_made_and_the_operator_hears_of_it(folder, monkeypatch):
    shot = photo(1)
    moderating.take_down(shot, factories.moderator(), "illegal")
    dump = postgres.dump

    def dumped(*args) -> None:
        dump(*args)
        with pytest.raises(CommandError, match="A backup is being made"):
            in_threads(1, lambda number: run("destroy", shot.sha256))

    monkeypatch.setattr(postgres, "dump", dumped)
    before = Submission.objects.values().get()
    run("backup", folder)
    assert Submission.objects.values().get() == before
    assert storage.key(shot.sha256) in stored("originals")
    assert "objects deleted" in run("destroy", shot.sha256)
    assert stored("originals") == set()


def test_an_upload_that_a_worker_moves_while_the_backup_is_made_is_in_it(folder, monkeypatch):
    data = images.photo(seed=1, size=(160, 120))
    never, moved = (submissions.open_slot(factories.batch(), "a.jpg", len(data)) for _ in range(2))
    storage.put("incoming", moved.incoming, data)
    submissions.arrived(moved)
    dump = postgres.dump

    def dumped(*args) -> None:
        dump(*args)
        in_threads(1, lambda number: factories.work_off())

    monkeypatch.setattr(postgres, "dump", dumped)
    run("backup", folder)
    assert stored("incoming") == set()
    assert [(line.alias, line.name, line.sha256) for line in Vault(folder).find().lines()] == [
        ("incoming", moved.incoming, storage.digest_of(data))
    ]
    assert never.incoming


def test_a_hub_that_is_not_empty_is_replaced_only_on_the_very_words(folder):
    photo(1)
    run("backup", folder)
    for words in ("", "yes"):
        with pytest.raises(CommandError, match=r'1 images.*say --force "replace everything"'):
            run("restore", folder, force=words)
    assert Image.objects.count() == 1


def test_a_backup_of_a_newer_release_is_left_to_that(folder, monkeypatch):
    run("backup", folder)
    about = folder / Vault(folder).find().path.name / "backup.json"
    about.write_text(about.read_text().replace("hub.0001_initial", "hub.9999_flying_cars"))
    with pytest.raises(CommandError, match=r"newer release \(it has hub.9999_flying_cars\)"):
        run("restore", folder)


def test_nothing_is_restored_under_the_feet_of_those_who_are_connected(folder):
    run("backup", folder)
    with pytest.raises(postgres.Unusable, match="1 others are connected"):
        in_threads(1, lambda number: restoring.check(Vault(folder).find(), ""))


def test_tools_older_than_the_server_are_told_from_those_that_will_do(folder, tmp_path, monkeypatch):
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)'\n")
    old.chmod(0o755)
    monkeypatch.setattr(postgres, "_candidates", lambda name: iter([old]))
    with pytest.raises(CommandError, match=r"pg_dump of Postgres 1\d or newer is needed.*is 15.*postgresql-client-1"):
        run("backup", folder)
    monkeypatch.setattr(postgres, "_candidates", lambda name: iter([]))
    with pytest.raises(CommandError, match="there is none"):
        run("backup", folder)


def test_a_bucket_is_backed_up_and_restored_like_a_folder(bucket, settings, tmp_path, lose_everything):
    shot = photo(1)
    run("backup", tmp_path / "backups", renditions=True)
    for alias in ("originals", "renditions"):
        for name in stored(alias):
            storages[alias].delete(name)
    lose_everything()
    said = run("restore", tmp_path / "backups", deep=True)
    assert "0 images had renditions missing" in said
    assert storage.get("originals", storage.key(shot.sha256)) == images.photo(seed=1, size=(160, 120))
