"""Mails: one of each notice, as text and as HTML, through the job that sends them."""

import pytest
from django.core import mail

from hub import notices
from hub.models import Job, Notice
from tests import factories
from workers import upkeep

pytestmark = pytest.mark.django_db
READY = {"name": "vgg16 on Balls & <cubes>", "path": "/models/7/", "accuracy": 0.934}
FAILED = {"name": "vgg16 on Balls", "path": "/trainings/7/", "reason": "loss_not_finite", "detail": {"epoch": 7}}


def told(kind, about, account=None):
    """The mail an account gets of it."""
    job = notices.tell(account or factories.account(username="grace", email="grace@example.org"), kind, about)
    upkeep.mail(job.pk)
    upkeep.mail(job.pk)  # rung for twice
    assert len(mail.outbox) == 1
    return mail.outbox[0]


def html(message) -> str:
    [(content, kind)] = message.alternatives
    assert kind == "text/html"
    return content


def test_a_finished_training_is_told_once_with_its_accuracy_and_link():
    message = told("training_ready", READY)
    assert message.subject == "Deep Images Hub: Your model is ready: vgg16 on Balls & <cubes>"
    assert message.to == ["grace@example.org"]
    assert "right for 93 % of photos it had" in message.body
    assert "http://localhost:8000/models/7/" in message.body
    assert Notice.objects.get().mailed_at is not None


def test_what_people_named_is_text_and_never_markup():
    assert "vgg16 on Balls &amp; &lt;cubes&gt;" in html(told("training_ready", READY))


def test_a_failed_training_is_told_with_its_reason_and_what_to_do():
    message = told("training_failed", FAILED)
    for words in (message.body, html(message)):
        assert "The training ran away in epoch 7: its loss is no longer a number." in words
        assert "Ask again with another seed or method." in words
        assert "http://localhost:8000/trainings/7/" in words


def test_no_mail_has_a_template_word_left_in_it():
    message = told("labels_ready", {"labels": [{"name": "Ball", "slug": "ball", "wanted": 100}]})
    for words in (message.subject, message.body, html(message)):
        assert "{" not in words
    assert message.body.startswith("Hello grace,")


def test_every_kind_of_notice_has_its_mail():
    about = READY | FAILED | {"labels": [{"name": "Ball", "slug": "ball", "wanted": 100}]}
    account = factories.account(email="ada@example.org")
    for kind in Notice.Kind.values:
        notice = Notice(account=account, kind=kind, about=about)
        assert notices.mail(notice).body


def test_a_mail_that_cannot_be_sent_is_not_marked_as_sent(monkeypatch, settings):
    settings.EMAIL_BACKEND = "tests.hub.test_notices.Down"
    job = notices.tell(factories.account(email="ada@example.org"), "training_ready", READY)
    upkeep.mail(job.pk)
    assert Notice.objects.get().mailed_at is None
    assert Job.objects.get(kind="mail").state == "queued"


class Down:
    """A mail server that is away."""

    def __init__(self, **_) -> None:
        pass

    def send_messages(self, messages):
        raise ConnectionRefusedError("no mail server")
