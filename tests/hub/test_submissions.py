import io
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from hub import outcomes, storage, submissions
from hub.models import Batch, Image, Job, Place, Submission
from hub.problems import Refused
from tests import factories, images
from tests.parts import committed, in_threads

pytestmark = pytest.mark.django_db


def refusal(act, *args, **named) -> tuple[str, int]:
    with pytest.raises(Refused) as refused:
        act(*args, **named)
    return refused.value.code, refused.value.status


def give(batch: Batch, data: bytes, name: str = "photo.jpg", **named):
    return submissions.receive(batch, io.BytesIO(data), name, **named)


def test_a_received_file_has_its_bytes_its_row_and_its_job():
    submission, job = give(factories.batch(), b"some bytes")
    assert storage.get("originals", storage.key(submission.sha256)) == b"some bytes"
    assert (submission.state, submission.size) == ("received", 10)
    assert (job.kind, job.subject, job.state) == ("ingest", submission.pk, "queued")


def test_the_same_file_sent_again_gives_the_same_submission():
    batch = factories.batch()
    first, job = give(batch, b"some bytes")
    assert give(batch, b"some bytes") == (first, None)
    assert Job.objects.get() == job


def test_a_copy_under_another_name_is_answered_for_itself():
    batch = factories.batch()
    assert give(batch, b"some bytes")[0] != give(batch, b"some bytes", "other-name.jpg")[0]


@committed
def test_the_same_file_sent_eight_times_at_once_is_received_once():
    batch = factories.batch()
    given = in_threads(8, lambda _: give(batch, b"some bytes"))
    assert len({submission.pk for submission, _ in given}) == 1
    assert len([job for _, job in given if job]) == 1


def test_the_digest_the_sender_declares_must_be_that_of_the_bytes():
    batch = factories.batch()
    assert refusal(give, batch, b"bytes", declared="00" * 32) == ("changed_on_the_way", 422)
    assert refusal(give, batch, b"bytes", declared="no digest") == ("bad_digest", 400)
    assert not Submission.objects.exists()
    digest = storage.digest_of(b"bytes")
    assert give(batch, b"bytes", declared=f" {digest.upper()} ")[0].sha256 == digest


def test_an_empty_or_too_large_file_is_refused_at_the_door(settings):
    settings.MAX_FILE_BYTES = 10
    batch = factories.batch()
    assert refusal(give, batch, b"") == ("empty", 422)
    assert refusal(give, batch, b"12345678901") == ("too_large", 413)
    assert give(batch, b"1234567890")[1]
    assert Submission.objects.count() == 1


def test_the_fifty_first_file_is_refused():
    batch = factories.batch()
    for number in range(50):
        give(batch, str(number).encode())
    assert refusal(give, batch, b"one more") == ("too_many_files", 422)
    assert give(batch, b"7")[1] is None


@committed
def test_the_fifty_first_file_is_refused_even_when_all_come_at_once(settings):
    settings.MAX_BATCH_FILES = 5
    batch = factories.batch()

    def one(number):
        try:
            return give(batch, str(number).encode())[0].state
        except Refused as refused:
            return refused.code

    answers = in_threads(9, one)
    assert sorted(answers) == ["received"] * 5 + ["too_many_files"] * 4
    assert batch.submissions.count() == Job.objects.count() == 5


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\cat.jpg", "cat.jpg"),
        ("nul\0byte.jpg", "nulbyte.jpg"),
        ("line\r\nSet-Cookie: x.jpg", "lineSet-Cookie: x.jpg"),
        ("gpj.\u202etac.exe", "gpj.tac.exe"),
        ("<script>alert(1)</script>.jpg", "script>.jpg"),
        ("{{ settings.SECRET_KEY }}.jpg", "{{ settings.SECRET_KEY }}.jpg"),
        ("", ""),
    ],
)
def test_a_hostile_file_name_is_kept_only_as_words_to_show(name, kept):
    assert give(factories.batch(), b"bytes", name)[0].filename == kept


def test_an_endless_file_name_is_shortened_in_the_middle():
    name = give(factories.batch(), b"bytes", "x" * 5000 + ".jpg")[0].filename
    assert len(name) == 120
    assert name.endswith(".jpg")


def test_a_hidden_batch_keeps_no_place_whatever_else_was_said():
    batch = factories.batch(precision="hidden", use_photo_place=True, place_text="52.5, 13.4")
    assert (batch.place, batch.use_photo_place) == (None, False)
    assert not Place.objects.exists()
    place = Place.objects.create(row=1, column=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Batch.objects.update(place=place)


def test_a_typed_point_is_kept_as_its_cell_only():
    place = factories.batch(place_text="52.5163, 13.3777").place
    assert (place.centre, place.query) == ((52.5, 13.3), "")


def test_a_supplier_sees_only_what_is_their_own():
    mine, theirs = give(factories.batch(), b"mine")[0], give(factories.batch(), b"theirs")[0]
    seen = Submission.objects.filter(submissions.visible_to(mine.batch.supplier))
    assert list(seen) == [mine]
    operator = factories.account(is_superuser=True)
    assert set(Submission.objects.filter(submissions.visible_to(operator))) == {mine, theirs}


def test_what_is_known_need_not_be_sent():
    first = factories.checked(images.photo(seed=1))
    batch = factories.batch()
    answer = submissions.known(batch, first.sha256, "again.jpg")
    assert (answer.state, answer.reason, answer.twin) == ("duplicate", "same_bytes", first.image)
    assert submissions.known(batch, first.sha256, "again.jpg") == answer
    assert submissions.known(batch, "00" * 32, "new.jpg") is None
    assert submissions.known(batch, "", "new.jpg") is None


def test_what_is_known_under_another_label_must_be_sent_all_the_same():
    first = factories.checked(images.photo(seed=1))
    assert submissions.known(factories.batch(under=factories.label("Pump")), first.sha256, "x.jpg") is None


def test_a_slot_receives_what_was_put_at_its_key_and_names_it_by_digest():
    data = images.photo(seed=1)
    slot = submissions.open_slot(factories.batch(), "photo.jpg", len(data), sha256=storage.digest_of(data))
    storage.put("incoming", slot.incoming, data)
    assert submissions.arrived(slot).subject == slot.pk
    factories.work_off()
    slot.refresh_from_db()
    assert (slot.state, slot.incoming) == ("accepted", "")
    assert storage.get("originals", storage.key(Image.objects.get().sha256)) == data


@pytest.mark.parametrize(
    ("data", "reason"),
    [(None, "never_arrived"), (b"", "empty"), (b"something else", "changed_on_the_way")],
)
def test_a_slot_whose_bytes_are_not_as_declared_is_rejected(data, reason):
    slot = submissions.open_slot(factories.batch(), "photo.jpg", 5, sha256=storage.digest_of(b"bytes"))
    if data is not None:
        storage.put("incoming", slot.incoming, data)
    submissions.arrived(slot)
    factories.work_off()
    slot.refresh_from_db()
    assert (slot.state, slot.reason) == ("rejected", reason)


def test_a_slot_asked_for_twice_is_one():
    batch = factories.batch()
    first = submissions.open_slot(batch, "a.jpg", 5, sha256="ab" * 32)
    assert submissions.open_slot(batch, "a.jpg", 5, sha256="ab" * 32) == first
    assert submissions.arrived(first) == submissions.arrived(first)


def test_a_decided_slot_opens_no_job():
    slot = submissions.open_slot(factories.batch(), "a.jpg", 5)
    outcomes.decide(slot.pk, "rejected", "never_arrived")
    Submission.objects.update(created_at=Now() - timedelta(hours=2))
    assert submissions.arrived(slot) is None
