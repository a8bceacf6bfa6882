"""A supplier is told once what became of a batch, when all of it is checked and nothing more comes."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db.models.functions import Now

from hub import checked
from hub.models import Batch, Notice, Submission
from hub.people import notices
from tests import factories, images
from tests.parts import empty_storage
from workers import upkeep

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    empty_storage(settings, tmp_path)


def announce(minutes: int = 3) -> None:
    """What the round of every minute does so many minutes after the last file was decided."""
    Submission.objects.exclude(decided_at=None).update(decided_at=Now() - timedelta(minutes=minutes))
    upkeep.announce()
    factories.work_off()


def test_a_batch_is_told_of_once_with_what_became_of_each_file(supplier):
    batch = factories.batch(supplier)
    factories.given(images.photo(seed=1), batch)
    factories.given(images.photo(seed=2), batch)
    factories.given(images.photo(seed=1), batch, "again.jpg")
    factories.given(b"no picture at all", batch, "words.jpg")
    factories.work_off()
    announce()
    announce()
    (message,) = mail.outbox
    assert message.subject == "Deep Images Hub: 2 of 4 photos of Valve are in the hub"
    assert "- 2 are in the hub\n- 1 was here already\n- 1 was not taken" in message.body
    assert "This is not a picture we can read." in message.body
    assert f"http://localhost:8000{batch.get_absolute_url()}" in message.body


def test_a_batch_whose_last_file_was_just_decided_is_not_told_of(supplier):
    factories.checked(images.photo(seed=1), factories.batch(supplier))
    announce(minutes=1)
    assert not Notice.objects.exists()


def test_a_file_that_is_still_checked_keeps_its_batch_from_being_told_of(supplier):
    batch = factories.batch(supplier)
    factories.checked(images.photo(seed=1), batch)
    factories.given(images.photo(seed=2), batch)
    Submission.objects.exclude(decided_at=None).update(decided_at=Now() - timedelta(minutes=3))
    assert checked.tell_the_checked() == []
    assert not Notice.objects.exists()


def test_batches_of_old_and_of_invented_suppliers_are_not_told_of():
    factories.checked(images.photo(seed=1), factories.batch(factories.account(invented=True)))
    announce()
    factories.checked(images.photo(seed=2))
    announce(minutes=25 * 60)
    assert not Notice.objects.exists()


def test_an_empty_batch_is_not_told_of(supplier):
    factories.batch(supplier)
    announce()
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ({"accepted": 1}, "Your photo of Valve is in the hub"),
        ({"rejected": 1}, "Your photo of Valve is checked"),
        ({"accepted": 3}, "All 3 photos of Valve are in the hub"),
        ({"accepted": 1, "review": 2}, "1 of 3 photos of Valve is in the hub"),
        ({"duplicate": 3}, "Your 3 photos of Valve are checked"),
    ],
)
def test_the_line_says_how_many_are_in(counts, line, supplier):
    batch = factories.batch(supplier)
    Batch.objects.filter(pk=batch.pk).update(**counts)
    factories.checked(images.photo(seed=1), factories.batch(supplier))
    batch.refresh_from_db()
    assert notices.line(Notice(account=supplier, kind="batch_done", about=checked._about(batch))) == line
