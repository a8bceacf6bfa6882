"""What Prometheus reads, and who else may."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.db.models.functions import Now
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from hub import failures, jobs
from hub.models import Audit, Job
from hub.operations import figures, pauses
from hub.views import health
from tests import factories, images
from tests.hub.conftest import logged_in
from workers import listening

pytestmark = pytest.mark.django_db
TOKEN = "a-long-secret"


@pytest.fixture(autouse=True)
def _token(settings):
    settings.METRICS_TOKEN = TOKEN
    cache.set(listening.KEY, dict.fromkeys(listening.NAMES, 2), 60)


def scraped() -> dict[tuple, float]:
    """Every value by its name and the values of its labels."""
    answer = Client().get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer["Content-Type"].startswith("text/plain")
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_only_the_bearer_of_the_token_and_operators_read_them(settings, browser):
    for header in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {TOKEN}"}, {"authorization": "é"}):
        assert Client().get("/metrics", headers=header).status_code == 401
    assert browser.get("/metrics").status_code == 401
    assert logged_in(factories.operator()).get("/metrics").status_code == 200
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"authorization": "Bearer "}).status_code == 404
    assert logged_in(factories.operator()).get("/metrics").status_code == 200


def test_jobs_are_told_by_kind_and_state_and_how_long_the_oldest_waits():
    for n in range(3):
        jobs.open_job(Job.Kind.RELATE, n)
    Job.objects.update(run_after=Now() - timedelta(minutes=10))
    jobs.claim(Job.objects.first().pk)
    dead = jobs.open_job(Job.Kind.MAIL, 1)
    Job.objects.filter(pk=dead.pk).update(attempt=11)
    dead.refresh_from_db()
    failures.give_up(dead, "no route")
    found = scraped()
    assert found["hub_jobs", "queued", "relate"] == 2
    assert found["hub_jobs", "relate", "running"] == 1
    assert found["hub_jobs", "queued", "train"] == 0
    assert 599 < found["hub_oldest_job_seconds", "relate"] < 660
    assert found["hub_mail_failed",] == 1


def test_files_images_and_storage_are_told():
    image = factories.checked(images.photo(seed=1)).image
    factories.checked(images.truncated(images.photo(seed=2)))
    figures.measure_storage()
    found = scraped()
    assert found["hub_submissions", "", "accepted"] == 1
    assert found["hub_submissions", "rejected", "truncated"] == 1
    assert found["hub_images",] == 1
    assert found["hub_storage_bytes", "originals"] == image.size
    assert found["hub_database_bytes",] > 1_000_000


def test_audits_pauses_workers_queues_and_parts_are_told():
    assert ("hub_audit_age_seconds",) not in scraped()
    Audit.objects.create(finished_at=Now(), breaches={"a digest names one live image": {"count": 3, "first": []}})
    pauses.pause("mail", factories.operator())
    found = scraped()
    assert found["hub_audit_breaches", "a digest names one live image"] == 3
    assert found["hub_audit_breaches", "labels count their images"] == 0
    assert found["hub_audit_age_seconds",] < 60
    assert (found["hub_paused", "mail"], found["hub_paused", "giving"]) == (1, 0)
    assert found["hub_workers", "training"] == 2
    assert ("hub_queue_length", "ingest") in found
    assert found["hub_part_up", "database"] == found["hub_part_up", "storage"] == 1


def test_without_a_database_they_say_so_and_no_more(monkeypatch):
    def away():
        raise OperationalError("gone")

    monkeypatch.setattr(health, "_database", away)
    found = scraped()
    assert found["hub_part_up", "database"] == 0
    assert not [name for name, *_ in found if name == "hub_jobs"]


def test_answers_are_timed_by_view_and_never_by_address():
    def answered() -> float:
        return scraped().get(("hub_request_seconds_count", "4xx", "GET", "label"), 0)

    before = answered()
    Client().get("/labels/a-name-nobody-gave/")
    Client().generic("PROPFIND", "/labels/")
    assert answered() == before + 1
    told = {part for key in scraped() for part in key}
    assert not {one for one in told if "a-name-nobody-gave" in one or "PROPFIND" in one}
    assert any(one.startswith("process_") for one in told)
