"""Notes of what was erased: what they are about, what older rows may take out of them, and who else writes them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError
from django.db.models.functions import Now
from django.utils import timezone

from hub import catalogue, tokens
from hub.models import Account, Image, Removal, Submission, Token
from hub.moderation import moderating, removals
from hub.operations import erasures, restoring
from hub.people import leaving
from tests import factories
from tests.hub.operations.steps import photo, run
from tests.parts import committed, in_threads

pytestmark = committed


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


def test_after_a_restore_what_comes_back_by_appeal_leaves_the_note_again(folder, lose_everything):
    shot = photo(1)
    run("backup", folder)
    catalogue.withdraw(shot)
    run("restore", folder, force=restoring.WORDS)
    noted = erasures.known(folder / "erased.json")
    assert list(noted["submissions"]) == [str(Submission.objects.get().pk)]
    Submission.objects.update(state="accepted", reason="", decided_at=Now())
    run("backup", folder, erased=True)
    noted = erasures.known(folder / "erased.json")
    assert noted["submissions"] == {}


def test_a_token_is_not_taken_for_a_revoked_one_by_a_machine_whose_clock_is_fast(folder, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(timezone, "now", lambda: datetime.now(UTC) + timedelta(hours=1))
        run("backup", folder, erased=True)
    token, _ = tokens.make(factories.account(), "laptop", ["read"])
    run("backup", folder, erased=True)
    assert erasures.known(folder / "erased.json")["tokens"] == [token.pk]


def test_what_workers_let_in_on_rows_that_are_half_restored_stays_in_the_note(folder):
    shot = photo(1)
    catalogue.withdraw(shot)
    run("backup", folder, erased=True)
    erasures.mark(folder / "erased.json", erasures.lineage(), restoring=True)
    Submission.objects.update(state="accepted", reason="", decided_at=Now())
    with pytest.raises(CommandError, match="began and did not end"):
        run("backup", folder, erased=True)
    assert len(erasures.known(folder / "erased.json")["submissions"]) == 1


def test_notes_that_are_written_at_once_all_stand(tmp_path):
    path = tmp_path / "erased.json"
    in_threads(8, lambda number: [erasures.mark(path, f"{number}-{n}", restoring=True) for n in range(5)])
    assert len(json.loads(path.read_text())) == 40


def older(*models) -> Callable[[], None]:
    """Call it, and the rows of these models are as they are now: as in a copy of the hub that others go on with."""
    rows = [one for model in models for one in model.objects.all()]

    def bring_back() -> None:
        for one in rows:
            one.save()

    return bring_back


def test_rows_that_are_older_than_their_note_take_nothing_out_of_it(folder, lose_everything):
    bo = factories.account()
    back, lifted = photo(1, bo), photo(2, bo)
    stays = photo(3, bo)
    moderating.take_down(lifted, factories.moderator(), "private")
    removals.lift(lifted.sha256)
    token, secret = tokens.make(bo, "laptop", ["read"])
    as_before = older(Image, Submission, Removal, Token)
    run("backup", folder)
    catalogue.withdraw(back)
    Removal.objects.update(lifted_at=None)  # given once more, and taken down again
    token.delete()
    run("backup", folder, erased=True)
    as_before()  # the database is recovered to before that
    run("backup", folder, erased=True)
    run("restore", folder, force=restoring.WORDS)
    assert Image.objects.get(withdrawn_at=None) == stays
    assert Removal.objects.get().lifted_at is None
    assert tokens.find(secret) is None


def test_what_another_hub_of_the_folder_took_down_does_not_come_back_either(folder, lose_everything):
    photo(1)
    run("backup", folder)
    lose_everything(migrated=True)
    down = photo(2)
    moderating.take_down(down, factories.moderator(), "illegal")
    run("backup", folder, erased=True)
    run("restore", folder, force=restoring.WORDS)
    assert Removal.objects.get().sha256 == down.sha256
