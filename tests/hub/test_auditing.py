"""Audits that run by themselves are kept, and the operators hear once of what is new."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from hub.models import Audit, Job
from hub.operations import auditing
from tests import factories, images
from tests.parts import empty_storage
from workers import upkeep
from workers.celery import app

pytestmark = pytest.mark.django_db
RULE = "every file we said we have is decided or has a job"


@pytest.fixture(autouse=True)
def _written_to(settings, tmp_path):
    empty_storage(settings, tmp_path)
    settings.OPERATOR_EMAIL = "night@example.org"


def lose_a_job() -> int:
    """Break a rule; the submission that breaks it."""
    given = factories.given(images.photo(seed=Job.objects.count() + Audit.objects.count() + 1))
    Job.objects.filter(subject=given.pk).delete()
    return given.pk


def test_beat_rings_for_an_audit_and_one_that_is_due_is_done_and_kept():
    assert app.conf.beat_schedule["audit"]["task"] == "workers.upkeep.audit"
    upkeep.audit()
    row = Audit.objects.get()
    assert row.finished_at >= row.started_at
    assert (row.breaches, row.deep) == ({}, False)


def test_none_is_done_before_it_is_due_but_when_somebody_asks():
    upkeep.audit()
    upkeep.audit()
    assert Audit.objects.count() == 1
    upkeep.audit(now=True)
    assert Audit.objects.count() == 2
    Audit.objects.update(started_at=Now() - timedelta(hours=25))
    upkeep.audit()
    assert Audit.objects.count() == 3


def test_one_audit_is_done_at_a_time_and_one_that_was_killed_keeps_nobody_waiting():
    killed = auditing.begin()
    assert auditing.begin() is None
    Audit.objects.filter(pk=killed.pk).update(started_at=Now() - timedelta(hours=7))
    assert auditing.begin()
    assert not Audit.objects.filter(pk=killed.pk).exists()


def test_a_deep_audit_may_take_a_day_and_keeps_what_it_found_however_long_it_took():
    lost = lose_a_job()
    row = auditing.begin(deep=True)
    Audit.objects.filter(pk=row.pk).update(started_at=Now() - timedelta(hours=23))
    assert auditing.begin() is None
    Audit.objects.filter(pk=row.pk).update(started_at=Now() - timedelta(hours=25))
    assert auditing.begin()
    assert not Audit.objects.filter(pk=row.pk).exists()
    auditing.run(row)
    kept = Audit.objects.get(finished_at__isnull=False)
    assert (kept.pk, kept.deep, kept.started_at) == (row.pk, True, row.started_at)
    assert kept.breaches == {RULE: {"count": 1, "first": [f"submission {lost}"]}}


def test_what_breaks_a_rule_is_kept_in_words_and_written_to_the_operators_once():
    lost = lose_a_job()
    upkeep.audit(now=True)
    assert Audit.objects.get().breaches == {RULE: {"count": 1, "first": [f"submission {lost}"]}}
    upkeep.audit(now=True)
    upkeep.audit()
    (sent,) = mail.outbox
    assert sent.to == ["night@example.org"]
    assert f"{RULE}: 1 breach\n    submission {lost}" in sent.body


def test_a_breach_that_is_new_is_written_of_again():
    lose_a_job()
    upkeep.audit(now=True)
    Job.objects.create(kind="relate", subject=1, attempt=9)
    upkeep.audit(now=True)
    assert ["one attempt runs at a time" in sent.body for sent in mail.outbox] == [False, True]


def test_a_mail_that_could_not_leave_is_tried_by_the_next_round(settings):
    lose_a_job()
    settings.EMAIL_BACKEND = "tests.hub.test_auditing.Away"
    with pytest.raises(ConnectionRefusedError):
        upkeep.audit(now=True)
    assert Audit.objects.get().told_at is None
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    upkeep.audit()
    assert (len(mail.outbox), bool(Audit.objects.get().told_at)) == (1, True)


def test_a_mail_that_did_not_leave_before_the_next_audit_leaves_after_it(settings):
    lose_a_job()
    settings.EMAIL_BACKEND = "tests.hub.test_auditing.Away"
    with pytest.raises(ConnectionRefusedError):
        upkeep.audit(now=True)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    for _ in range(3):
        upkeep.audit(now=True)
    assert [message.to for message in mail.outbox] == [["night@example.org"]]
    assert [bool(row.told_at) for row in Audit.objects.order_by("pk")] == [False, True, False, False]


def test_a_rule_that_held_again_and_is_broken_anew_is_written_of_again():
    lose_a_job()
    for attempt in (9, 0, 9):
        Job.objects.filter(kind="relate").delete()
        Job.objects.create(kind="relate", subject=1, attempt=attempt)
        upkeep.audit(now=True)
    assert ["one attempt runs at a time" in sent.body for sent in mail.outbox] == [True, True]


class Away:
    """A mail server that is down."""

    def __init__(self, **_) -> None: ...

    def send_messages(self, messages) -> int:
        raise ConnectionRefusedError


def test_the_command_keeps_what_it_finds_unless_it_is_told_not_to(capsys):
    lose_a_job()
    for options in ({}, {"no_store": True}):
        with pytest.raises(CommandError, match="1 of"):
            call_command("audit", **options)
    assert Audit.objects.count() == 1
    assert capsys.readouterr().out.count(f"{RULE}: 1 breach") == 2


def test_old_audits_are_forgotten():
    upkeep.audit()
    Audit.objects.update(started_at=Now() - timedelta(days=91))
    upkeep.tidy()
    assert not Audit.objects.exists()
