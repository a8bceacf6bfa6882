"""The operations page says in words what an operator must know, to operators alone."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from hub import failures, jobs
from hub.models import Audit, Job, StorageUse, Submission
from hub.operations import figures, pauses
from tests import factories, images
from tests.hub.conftest import logged_in
from workers import listening, upkeep

pytestmark = pytest.mark.django_db
TABS = ("jobs", "failed", "workers", "pauses", "refusals", "storage", "audit")
EVERYBODY = dict.fromkeys(listening.NAMES, 1)


@pytest.fixture
def operator():
    return factories.operator(username="olga")


@pytest.fixture
def page(operator):
    """What the operator reads at a tab; all queues are listened to unless the test says otherwise."""
    cache.set(listening.KEY, EVERYBODY, 60)
    browser = logged_in(operator)
    return lambda tab="": browser.get(f"/operations/{tab and f'{tab}/'}").content.decode()


def audited(**breaches) -> None:
    Audit.objects.create(finished_at=Now(), breaches=breaches)


def buried(kind: str = "mail", subject: int = 1, error: str = "Traceback …\nOSError: no route") -> Job:
    job = jobs.open_job(kind, subject)
    Job.objects.filter(pk=job.pk).update(attempt=jobs.attempts(kind))
    job.refresh_from_db()
    failures.give_up(job, error)
    return job


def test_the_door_is_there_for_operators_alone(operator, browser):
    door = 'href="/operations/"'
    assert door in logged_in(operator).get("/").content.decode()
    assert door in logged_in(factories.account(is_superuser=True, is_staff=True)).get("/").content.decode()
    assert door not in browser.get("/").content.decode()
    assert door not in logged_in(factories.moderator()).get("/").content.decode()


def test_an_operator_who_is_suspended_or_staff_no_more_does_not_enter(operator):
    for change in ({"suspended_at": Now()}, {"suspended_at": None, "is_staff": False}):
        type(operator).objects.filter(pk=operator.pk).update(**change)
        assert logged_in(operator).get("/operations/").status_code == 403


def test_a_quiet_hub_is_said_to_be_well(page):
    audited()
    assert "All is well" in page()


def test_what_is_wrong_stands_first_in_words(page, operator):
    audited(**{"a digest names one live image": {"count": 1, "first": ["a"]}})
    buried()
    jobs.open_job(Job.Kind.FREEZE, 1)
    Job.objects.filter(kind="freeze").update(run_after=Now() - timedelta(hours=2))
    cache.set(listening.KEY, EVERYBODY | {"training": 0}, 60)
    said = page()
    for words in (
        "Nobody listens to training: models are not trained.",
        "A job has waited for 2 hours: freeze a dataset version.",
        "1 job failed for good.",
        "The last audit found 1 rule broken.",
    ):
        assert words in said, words


def test_real_workers_are_asked_and_with_none_nobody_is_said_to_listen(operator):
    said = logged_in(operator).get("/operations/workers/").content.decode()
    assert said.count("Nobody listens:") == len(listening.NAMES)


def test_jobs_are_counted_by_kind_and_state_with_the_wait_of_the_oldest(page):
    for n in range(3):
        jobs.open_job(Job.Kind.RELATE, n)
    jobs.claim(Job.objects.first().pk)
    Job.objects.filter(state="queued").update(run_after=Now() - timedelta(minutes=7))
    row = page("jobs").split("Find pictures like an image")[1].split("</tr>")[0]
    assert '<td class="n">2</td><td class="n">1</td>' in row
    assert "the oldest waits 7 minutes" in row


def test_a_failed_job_shows_what_it_was_about_and_its_whole_error(page, operator):
    given = factories.given(images.photo(seed=1), filename="valve.jpg")
    buried("ingest", given.pk, "Traceback (most recent call last):\n  File …\nValueError: <b>odd</b>")
    said = page("failed")
    assert f"valve.jpg, batch {given.batch_id}" in said
    assert "<code>ValueError: &lt;b&gt;odd&lt;/b&gt;</code>" in said
    assert "Traceback (most recent call last)" in said
    assert f"/admin/hub/submission/{given.pk}/change/" not in said  # the administration does not show it to olga


def test_failed_jobs_are_read_with_few_questions_however_many_there_are(page):
    for n in range(20):
        buried("ingest", factories.given(images.photo(seed=1), filename=f"{n}.jpg").pk)
        buried("mail", n)
    page("failed")
    with CaptureQueriesContext(connection) as asked:
        page("failed")
    assert len(asked) < 20


def test_a_place_somebody_typed_is_not_told_to_operators(page):
    from hub import places

    buried("locate", places.typed("Rue de la Paix 5").pk)
    assert "paix" not in page("failed").lower()


def test_reasons_of_refusals_are_counted_with_their_words(page):
    batch = factories.batch()
    for n in range(3):
        factories.checked(images.truncated(images.photo(seed=n)), batch, filename=f"{n}.jpg")
    factories.checked(images.photo(seed=9), batch)
    Submission.objects.filter(filename="0.jpg").update(decided_at=Now() - timedelta(days=2))
    said = page("refusals")
    day, week = said.split("In the last 7 days")
    assert "2 of 3 files were not taken" in day
    assert "3 of 4 files were not taken" in week
    assert "<code>truncated</code>" in day


def test_storage_is_added_up_from_rows_every_hour(page):
    image = factories.checked(images.photo(seed=1)).image
    upkeep.tidy()
    row = StorageUse.objects.get(alias="originals")
    assert (row.objects_stored, row.bytes_stored) == (1, image.size)
    made = image.renditions.values_list("size", flat=True)
    assert StorageUse.objects.get(alias="renditions").bytes_stored == sum(made)
    figures.measure_storage()
    assert StorageUse.objects.count() == 5
    assert "originals" in page("storage")


def test_breaches_are_shown_in_words(page):
    audited(**{"labels count their images": {"count": 12, "first": ["count of label 1, images: 7, rows are 1"]}})
    said = page("audit")
    assert "Labels count their images" in said
    assert "count of label 1, images: 7, rows are 1" in said
    assert "<strong>12</strong> breaches" in said


def test_an_audit_is_asked_of_a_worker(operator, monkeypatch):
    asked = []
    monkeypatch.setattr(upkeep.audit, "apply_async", lambda *args, **fields: asked.append(args))
    logged_in(operator).post("/operations/audit/now/")
    assert asked == [([True],)]


def test_pauses_are_set_and_lifted_on_the_page(page, operator):
    browser = logged_in(operator)
    browser.post("/operations/pauses/set/", {"what": "giving", "act": "pause", "why": " Until\0 noon. "})
    row = pauses.of("giving")
    assert (row.why, row.by) == ("Until noon.", operator)
    assert "“Until noon.”" in page("pauses")
    assert "Giving photos is paused since" in page()
    browser.post("/operations/pauses/set/", {"what": "giving", "act": "resume"})
    assert pauses.of("giving") is None
    assert browser.post("/operations/pauses/set/", {"what": "everything"}).status_code == 400


def test_every_tab_answers_on_an_empty_hub(page):
    for tab in ("", *TABS):
        assert "<h1>Operations</h1>" in page(tab), tab


def test_the_counts_of_jobs_come_from_an_index_without_the_done_ones():
    """What the page asks of a ledger of 30 days: never a look at the rows that are done."""
    Job.objects.bulk_create(Job(kind="ingest", subject=n, state="done") for n in range(3000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE hub_job")
        cursor.execute("EXPLAIN SELECT kind, state, count(*) FROM hub_job WHERE NOT state = 'done' GROUP BY 1, 2")
        plan = " ".join(line for (line,) in cursor.fetchall())
    assert "jobs_not_done_by_kind" in plan
