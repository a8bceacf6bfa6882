"""What operators pause is begun no more, loses nothing, and goes on when it is resumed."""

import io
import threading
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client

from hub import jobs, submissions, trying
from hub.models import Decision, Job, Pause, Submission
from hub.operations import pauses
from hub.problems import Refused
from tests import factories, images
from tests.hub.conftest import logged_in
from tests.hub.test_giving import upload
from tests.parts import committed, in_threads
from workers import upkeep

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def operator():
    return factories.operator()


@pytest.fixture
def rung(monkeypatch) -> list[int]:
    """The jobs the sweeper rings for."""
    heard: list[int] = []
    monkeypatch.setattr(upkeep, "ring", lambda *found: heard.extend(job.pk for job in found if job))
    return heard


def wait_long(**which) -> None:
    """These jobs were due, and last announced, an hour ago."""
    past = Now() - timedelta(hours=1)
    Job.objects.filter(**which).update(run_after=past, announced_at=past)


def test_a_job_of_a_paused_kind_is_not_claimed_and_loses_no_attempt(operator):
    given = factories.given(images.photo(seed=1))
    pauses.pause("ingest", operator, "The disk is replaced.")
    factories.tasks()["ingest"](Job.objects.get().pk)
    assert Job.objects.values("state", "attempt").get() == {"state": "queued", "attempt": 0}
    assert Submission.objects.get(pk=given.pk).state == "received"
    pauses.resume("ingest", operator)
    factories.work_off()
    assert Submission.objects.get(pk=given.pk).state == "accepted"


def test_what_runs_when_it_is_paused_is_finished(operator):
    work = jobs.claim(jobs.open_job(Job.Kind.MAIL, 1).pk)
    pauses.pause("mail", operator)
    assert jobs.beat(work)
    jobs.finish(work)
    assert Job.objects.get().state == "done"


def test_other_kinds_go_on(operator):
    pauses.pause("export", operator)
    assert jobs.claim(jobs.open_job(Job.Kind.MAIL, 1).pk)
    assert not jobs.claim(jobs.open_job(Job.Kind.FREEZE, 1).pk)
    assert not jobs.claim(jobs.open_job(Job.Kind.PACK, 1).pk)


def test_the_sweeper_neither_rings_for_what_is_paused_nor_buries_it(operator, rung):
    made = jobs.open_job(Job.Kind.MAIL, 1)
    lost = jobs.claim(jobs.open_job(Job.Kind.MAIL, 2).pk)
    Job.objects.filter(pk=lost.job).update(lease_until=Now() - timedelta(hours=1), attempt=11)
    pauses.pause("mail", operator)
    wait_long(pk=made.pk)
    upkeep.sweep()
    assert rung == []
    assert set(Job.objects.values_list("state", flat=True)) == {"queued", "running"}


def test_what_is_paused_is_not_late_and_readyz_says_that_it_is(operator):
    jobs.open_job(Job.Kind.TRAIN, 1)
    wait_long()
    assert jobs.oldest_age() > 3500
    pauses.pause("training", operator)
    assert jobs.oldest_age() == 0
    state = Client().get("/readyz").json()
    assert (state["late"], state["paused"]) == (False, ["training"])


def test_resuming_rings_for_what_waits_and_counts_its_wait_from_now(operator):
    made = [jobs.open_job(kind, 1) for kind in ("freeze", "pack", "mail")]
    pauses.pause("export", operator)
    wait_long()
    assert {job.pk for job in pauses.resume("export", operator)} == {made[0].pk, made[1].pk}
    assert jobs.oldest_ages().keys() == {"mail", "freeze", "pack"}
    assert max(jobs.oldest_ages()["freeze"], jobs.oldest_ages()["pack"]) < 5


def test_what_met_an_error_before_it_was_paused_is_counted_from_the_resumption_too(operator):
    made = [jobs.open_job(Job.Kind.INGEST, n) for n in range(2)]
    for job in made:
        jobs.postpone(jobs.claim(job.pk), "OSError: the disk is on fire")
    Job.objects.update(created_at=Now() - timedelta(hours=9))
    Job.objects.filter(pk=made[0].pk).update(run_after=Now() - timedelta(hours=8))
    assert jobs.oldest_age() > 9 * 3590
    pauses.pause("ingest", operator)
    assert pauses.resume("ingest", operator) == [made[0]]
    assert jobs.oldest_age() < 5


@committed
def test_a_pause_is_obeyed_by_every_worker_from_the_moment_it_is_committed():
    operator = factories.operator()
    made = [jobs.open_job(Job.Kind.MAIL, n) for n in range(40)]
    begun, paused = threading.Barrier(4), threading.Event()

    def pause_or_claim(n: int) -> list[bool]:
        """What a worker that has claimed before gets after the pause."""
        mine = made[n::4]
        before = jobs.claim(mine[0].pk)
        begun.wait(10)
        if n == 0:
            pauses.pause("mail", operator)
            paused.set()
        assert before
        assert paused.wait(10)
        return [bool(jobs.claim(job.pk)) for job in mine[1:]]

    assert in_threads(4, pause_or_claim) == [[False] * 9] * 4
    assert Job.objects.filter(state="queued", attempt=0).count() == 36


def test_each_pause_and_resumption_is_in_the_log(operator):
    pauses.pause("giving", operator, "We move house.")
    pauses.pause("giving", operator, "We move house.")
    pauses.resume("giving", operator)
    pauses.resume("giving", operator)
    told = Decision.objects.order_by("id").values_list("kind", "subject", "detail")
    assert list(told) == [
        ("paused_work", "pause:giving", {"note": "We move house."}),
        ("resumed_work", "pause:giving", {}),
    ]


def test_while_giving_is_paused_nothing_is_taken_and_nothing_is_stored(operator):
    batch = factories.batch()
    pauses.pause("giving", operator, "Until noon.")
    for act in (
        lambda: factories.batch(batch.supplier),
        lambda: submissions.receive(batch, io.BytesIO(images.photo(seed=1)), "a.jpg"),
        lambda: submissions.open_slot(batch, "a.jpg", 10),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert (refused.value.code, refused.value.status) == ("paused", 503)
    assert not Submission.objects.exists()


def test_a_page_and_a_script_are_told_of_it_in_words_and_when_to_come_back(operator, supplier, browser):
    batch = factories.batch(supplier)
    pauses.pause("giving", operator, "Until noon.")
    answer = browser.post(f"/batches/{batch.pk}/files.json", {"file": upload(images.photo(seed=1))}, **JSON)
    assert (answer.status_code, answer["Retry-After"]) == (503, "300")
    assert answer.json()["title"] == "Giving photos is paused for now. Until noon."
    page = browser.get("/give/").content.decode()
    assert page.index("Giving photos is paused") < page.index('type="file"')
    assert "Until noon." in page


def test_who_gave_photos_is_told_that_they_are_safe(operator, supplier, browser):
    given = factories.given(images.photo(seed=1), factories.batch(supplier))
    pauses.pause("ingest", operator)
    for path in (f"/batches/{given.batch_id}/", "/mine/", "/give/"):
        assert "Checking is paused: your photos are safe and wait." in browser.get(path).content.decode(), path
    Pause.objects.all().delete()
    assert "paused" not in browser.get("/mine/").content.decode()


def test_while_trying_is_paused_no_worker_is_asked(operator):
    pauses.pause("predict", operator)
    with pytest.raises(Refused, match="paused"):
        trying.check([b"a picture"])


def test_a_note_is_shown_as_it_was_written_and_runs_nothing(operator):
    page = logged_in(operator)
    page.post("/operations/pauses/set/", {"what": "giving", "act": "pause", "why": "<script>alert(1)</script>"})
    assert Pause.objects.get().why == "<script>alert(1)</script>"
    assert "<script>alert" not in page.get("/give/").content.decode()
