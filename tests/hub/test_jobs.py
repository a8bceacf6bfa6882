from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from hub import jobs, submissions
from hub.models import Image, Job, Submission
from tests import factories, images
from tests.parts import committed, in_threads
from workers import ingest, upkeep, working

pytestmark = pytest.mark.django_db


def job(subject: int = 1, **fields) -> Job:
    made = jobs.open_job(Job.Kind.INGEST, subject)
    Job.objects.filter(pk=made.pk).update(**fields)
    made.refresh_from_db()
    return made


def expire(made: Job) -> None:
    Job.objects.filter(pk=made.pk).update(lease_until=Now() - timedelta(seconds=1))


def state(made: Job) -> str:
    return Job.objects.get(pk=made.pk).state


def test_a_subject_has_one_live_job_of_a_kind():
    first = job()
    assert jobs.open_job(Job.Kind.INGEST, 1) == first
    assert jobs.open_job(Job.Kind.RELATE, 1) != first
    jobs.finish(jobs.claim(first.pk))
    assert jobs.open_job(Job.Kind.INGEST, 1) != first


def test_a_job_that_waits_again_and_again_for_what_is_away_is_late():
    made = job(created_at=Now() - timedelta(minutes=20))
    jobs.postpone(jobs.claim(made.pk), "AccessDenied")
    assert state(made) == "queued"
    assert jobs.oldest_age() > 1100
    Job.objects.update(kind="mail")
    assert jobs.oldest_age() == 0


@committed
def test_of_eight_workers_one_claims_a_job():
    made = job()
    claimed = in_threads(8, lambda _: jobs.claim(made.pk))
    assert [work.attempt for work in claimed if work] == [1]


@committed
def test_of_eight_requests_one_opens_the_job():
    opened = in_threads(8, lambda _: jobs.open_job(Job.Kind.INGEST, 7).pk)
    assert len(set(opened)) == 1


def test_a_job_that_is_not_due_is_not_claimed():
    later = job(run_after=timezone.now() + timedelta(minutes=1))
    assert jobs.claim(later.pk) is None


def test_another_claims_a_job_when_its_lease_has_run_out():
    made = job()
    assert jobs.claim(made.pk).attempt == 1
    assert jobs.claim(made.pk) is None
    expire(made)
    assert jobs.claim(made.pk).attempt == 2


def test_a_heartbeat_extends_the_lease_only_of_its_own_attempt():
    made = job()
    lost = jobs.claim(made.pk)
    expire(made)
    held = jobs.claim(made.pk)
    Job.objects.filter(pk=made.pk).update(lease_until=Now() + timedelta(seconds=1))
    assert jobs.beat(held)
    assert not jobs.beat(lost)
    made.refresh_from_db()
    assert made.lease_until > timezone.now() + jobs.LEASE / 2


@committed
def test_a_heart_beats_while_the_work_lasts(monkeypatch):
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=1))
    made = job()
    work = jobs.claim(made.pk)
    with jobs.heartbeat(work):
        for _ in range(15):
            connection.cursor().execute("SELECT pg_sleep(0.1)")
            assert jobs.claim(made.pk) is None
    connection.cursor().execute("SELECT pg_sleep(1.2)")
    assert jobs.claim(made.pk).attempt == 2


def test_who_finishes_late_is_told_and_writes_nothing():
    made = job()
    late = jobs.claim(made.pk)
    expire(made)
    jobs.claim(made.pk)
    with pytest.raises(jobs.Superseded):
        jobs.finish(late)
    assert state(made) == "running"


def test_a_late_worker_admits_nothing():
    submission = factories.given(images.photo(seed=3))
    made = Job.objects.get(kind="ingest")
    late = jobs.claim(made.pk)
    expire(made)
    jobs.claim(made.pk)
    with pytest.raises(jobs.Superseded):
        ingest.check(late)
    submission.refresh_from_db()
    assert submission.state == "received"
    assert not Image.objects.exists()


def test_after_a_failure_the_job_waits_longer_each_time():
    made, waits = job(), []
    for _ in range(2):
        assert jobs.release(jobs.claim(made.pk), "broke")
        made.refresh_from_db()
        assert made.error == "broke"
        waits.append((made.run_after - timezone.now()).total_seconds())
        Job.objects.filter(pk=made.pk).update(run_after=Now())
    assert 15 < waits[0] <= 20
    assert 75 < waits[1] <= 80
    assert not jobs.release(jobs.claim(made.pk), "broke")


def test_after_three_failures_job_and_submission_have_failed(monkeypatch):
    def broken(work):
        raise RuntimeError("disk on fire")

    submission = factories.given(images.photo(seed=3))
    made = Job.objects.get(kind="ingest")
    for _ in range(3):
        Job.objects.filter(pk=made.pk).update(run_after=Now())
        working.work_on(made.pk, broken)
    made.refresh_from_db()
    submission.refresh_from_db()
    assert (made.state, made.attempt) == ("failed", 3)
    assert "disk on fire" in made.error
    assert (submission.state, submission.reason) == ("failed", "our_failure")
    working.work_on(made.pk, broken)
    assert state(made) == "failed"


def test_what_breaks_because_its_subject_was_deleted_is_no_failure(caplog):
    made = job(attempt=2)

    def deleted(work):
        Job.objects.all().delete()
        Image.objects.get(pk=0)

    working.work_on(made.pk, deleted)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert not Job.objects.exists()


def test_staff_gives_failed_files_another_try():
    submission = factories.given(images.photo(seed=3))
    Job.objects.update(attempt=3, state="running", lease_until=Now() - timedelta(seconds=1))
    upkeep.sweep()
    assert Submission.objects.get(pk=submission.pk).state == "failed"
    submissions.retry(Submission.objects.all())
    factories.work_off()
    assert Submission.objects.get(pk=submission.pk).state == "accepted"


def test_failed_jobs_start_over_when_staff_asks():
    made = job(state="failed", attempt=3)
    (again,) = jobs.reopen(made.kind, [made.subject, made.subject])
    assert jobs.claim(again.pk).attempt == 1
    assert not Job.objects.filter(state="failed").exists()


def test_the_oldest_waiting_job_tells_its_age():
    assert jobs.oldest_age() == 0
    job(run_after=timezone.now() - timedelta(minutes=2))
    assert 119 < jobs.oldest_age() < 130


def test_a_transaction_that_fails_leaves_no_job():
    def half():
        with transaction.atomic():
            job(9)
            raise RuntimeError("and then")

    with pytest.raises(RuntimeError):
        half()
    assert not Job.objects.exists()


def test_what_waits_behind_a_long_job_is_not_late(settings):
    first, second = (jobs.open_job(Job.Kind.PACK, number) for number in (1, 2))
    Job.objects.update(run_after=Now() - timedelta(seconds=1000))
    assert jobs.oldest_age() > 900
    jobs.claim(first.pk)
    assert jobs.oldest_age() == 0
    Job.objects.filter(pk=first.pk).update(lease_until=Now() - timedelta(seconds=1))
    assert jobs.oldest_age() > 900
    assert Job.objects.get(pk=second.pk).state == "queued"
