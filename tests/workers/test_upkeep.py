from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub import catalogue, jobs, objects, outcomes, storage, submissions
from hub.models import Batch, Image, Job, Submission
from tests import factories, images
from tests.parts import empty_storage
from workers import upkeep

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    empty_storage(settings, tmp_path)


@pytest.fixture
def rung(monkeypatch):
    """The jobs somebody rang for."""
    heard: list[Job] = []
    monkeypatch.setattr(upkeep, "unheard", lambda kind: 0)
    monkeypatch.setattr(upkeep, "ring", lambda *jobs: heard.extend(job for job in jobs if job))
    return heard


@pytest.fixture
def a_day_later(monkeypatch):
    now = timezone.now
    monkeypatch.setattr("hub.objects.timezone.now", lambda: now() + timedelta(hours=25))


def test_the_sweeper_rings_for_a_job_whose_bell_was_lost(rung):
    job = jobs.open_job(Job.Kind.INGEST, 1)
    upkeep.sweep()
    assert rung == []
    Job.objects.update(announced_at=Now() - timedelta(minutes=1))
    upkeep.sweep()
    assert rung == [job]
    upkeep.sweep()
    assert rung == [job]


def test_the_sweeper_rings_for_a_job_whose_worker_died(rung):
    job = jobs.open_job(Job.Kind.INGEST, 1)
    jobs.claim(job.pk)
    Job.objects.update(lease_until=Now() - timedelta(seconds=1))
    upkeep.sweep()
    assert rung == [job]


def test_the_sweeper_buries_a_job_whose_last_worker_died(rung):
    submission = factories.given(images.photo(seed=1))
    Job.objects.update(state="running", attempt=3, lease_until=Now() - timedelta(seconds=1))
    upkeep.sweep()
    submission.refresh_from_db()
    assert rung == []
    assert submission.state == "failed"
    assert "lost during the last attempt" in Job.objects.get().error


def test_the_sweeper_leaves_a_job_that_is_worked_on(rung):
    job = jobs.open_job(Job.Kind.INGEST, 1)
    jobs.claim(job.pk)
    Job.objects.update(announced_at=Now() - timedelta(minutes=1))
    upkeep.sweep()
    assert rung == []


def test_objects_nobody_refers_to_go_after_a_day(a_day_later):
    storage.put("originals", storage.key("ab" * 32), b"orphan")
    storage.put("renditions", storage.rendition_key("cd" * 32), b"orphan")
    upkeep.tidy()
    assert not storages["originals"].exists(storage.key("ab" * 32))
    assert not storages["renditions"].exists(storage.rendition_key("cd" * 32))


def test_young_objects_stay():
    storage.put("originals", storage.key("ab" * 32), b"still to be recorded")
    upkeep.tidy()
    assert storages["originals"].exists(storage.key("ab" * 32))


def test_the_files_of_an_image_stay(a_day_later, rung):
    factories.checked(images.photo(seed=1))
    upkeep.tidy()
    image = Image.objects.get()
    assert storages["originals"].exists(storage.key(image.sha256))
    for rendition in image.renditions.all():
        assert storages["renditions"].exists(storage.rendition_key(rendition.sha256))


def test_a_file_in_review_keeps_its_bytes(a_day_later, rung):
    submission = factories.given(images.photo(seed=1))
    outcomes.decide(submission.pk, "review", "near_duplicate")
    upkeep.tidy()
    assert storages["originals"].exists(storage.key(submission.sha256))


def test_a_slot_nothing_came_for_ends_as_never_arrived(rung):
    slot = submissions.open_slot(factories.batch(), "late.jpg", 1000)
    upkeep.tidy()
    assert rung == []
    Submission.objects.update(created_at=Now() - timedelta(hours=2))
    upkeep.tidy()
    factories.work_off()
    slot.refresh_from_db()
    assert (slot.state, slot.reason) == ("rejected", "never_arrived")


def test_old_done_jobs_leave_the_ledger():
    done = jobs.open_job(Job.Kind.INGEST, 1)
    Job.objects.filter(pk=done.pk).update(state="done", finished_at=Now() - timedelta(days=31))
    kept = jobs.open_job(Job.Kind.INGEST, 2)
    upkeep.tidy()
    assert list(Job.objects.filter(kind="ingest")) == [kept]


def test_the_sweeper_does_not_ring_again_while_messages_wait(rung, monkeypatch):
    monkeypatch.setattr(upkeep, "unheard", lambda kind: 1)
    jobs.open_job(Job.Kind.INGEST, 1)
    Job.objects.update(announced_at=Now() - timedelta(minutes=1))
    upkeep.sweep()
    assert rung == []


def test_a_withdrawn_original_is_cleared_after_a_day(a_day_later, rung):
    submission = factories.checked(images.photo(seed=1))
    catalogue.withdraw(submission.image)
    upkeep.tidy()
    assert not storages["originals"].exists(storage.key(submission.sha256))
    assert not list(storages["renditions"].walk())


def test_what_is_stored_again_meanwhile_is_not_discarded(a_day_later, monkeypatch):
    name = storage.key("ab" * 32)
    storage.put("originals", name, b"orphan")
    stray = list(objects.strays("originals"))
    monkeypatch.undo()
    storage.put("originals", name, b"orphan")
    assert stray == [name]
    assert not objects.discard("originals", name)


def test_a_batch_nobody_sent_a_photo_to_goes_after_a_day(rung):
    batch = factories.batch()
    upkeep.tidy()
    assert Batch.objects.exists()
    Batch.objects.update(created_at=Now() - timedelta(hours=25))
    upkeep.tidy()
    assert not Batch.objects.filter(pk=batch.pk).exists()


def test_a_place_whose_lookup_failed_for_good_is_not_asked_for_ever(rung):
    batch = factories.batch(place_text="somewhere")
    upkeep.tidy()
    (job,) = rung
    Job.objects.filter(pk=job.pk).update(state="failed")
    upkeep.tidy()
    assert rung == [job]
    assert job.subject == batch.place_id


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("alias", "index"), [("renditions", "submissions_by_preview"), ("incoming", "submissions_not_looked_at")]
)
def test_whose_files_these_are_is_asked_of_an_index_of_few_rows(alias, index):
    names = [f"{number:064x}" for number in range(1000)]  # Postgres proves nothing of so many by itself
    with CaptureQueriesContext(connection) as asked:
        assert objects.owned(alias, names) == set()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plans = []
        for query in asked.captured_queries:
            cursor.execute("EXPLAIN " + query["sql"])
            plans.append(str(cursor.fetchall()))
    assert any(index in plan for plan in plans)
