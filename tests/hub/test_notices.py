"""Notices: one of each outcome, under the bell and, as text and as HTML, by mail."""

import re
from html import escape

import pytest
from django.core import mail
from django.db.models.functions import Now
from django.test import Client

from hub import jobs, reasons
from hub.models import Job, Notice
from hub.people import notices
from tests import factories
from tests.hub.conftest import logged_in
from tests.parts import committed, in_threads
from workers import upkeep

pytestmark = pytest.mark.django_db
READY = {"name": "vgg16 on Balls & <cubes>", "path": "/models/7/", "accuracy": 0.934}
FAILED = {"name": "vgg16 on Balls", "path": "/trainings/7/", "reason": "loss_not_finite", "detail": {"epoch": 7}}
BALL = {"name": "Ball", "slug": "ball"}
# One of each kind, as their causes tell them, and the line it begins with.
EACH = {
    "training_ready": (READY, "Your model is ready: vgg16 on Balls & <cubes>"),
    "training_failed": (FAILED, "The training did not end well: vgg16 on Balls"),
    "labels_ready": ({"labels": [{**BALL, "wanted": 100}]}, "Ball has enough photos now"),
    "label_wanted": ({"label": BALL, "wanted": 100, "note": "red & wet", "people": 3}, "Photos of Ball are wanted"),
    "archive_ready": (
        {"name": "Balls", "number": 2, "format": "COCO", "side": 224, "size": 12_000_000, "tombstones": 1, "path": "/"},
        "Your archive is packed: Balls, version 2",
    ),
    "photos_withdrawn": (
        {"photos": 2, "versions": [{"name": "Balls, version 2", "n": 2, "path": "/versions/ab/"}], "path": "/"},
        "2 photos you downloaded were taken back",
    ),
    "batch_done": (
        {
            "label": BALL,
            "path": "/batches/7/",
            "total": 3,
            "counts": {"accepted": 1},
            "became": [{"n": 1, "words": "is in the hub"}, {"n": 2, "words": "were not taken"}],
            "whys": [{"n": 2, "reason": "animated", "detail": {}}],
        },
        "1 of 3 photos of Ball is in the hub",
    ),
    "moderated": ({"what": "photo_refused", "reason": "private"}, "A photo of yours was not taken"),
}
DECISIONS = (
    "photo_removed", "photo_refused", "appeal_granted", "appeal_denied", "report_closed", "suspended", "unsuspended",
    "paused",
)  # fmt: skip


def left(kind="training_ready", about=READY, account=None, key="one:1"):
    """The job of a notice left for an account."""
    return notices.tell(account or factories.account(username="grace", email="grace@example.org"), kind, key, about)


def told(kind, about, account=None):
    """The mail an account gets of it."""
    job = left(kind, about, account)
    upkeep.mail(job.pk)
    upkeep.mail(job.pk)  # rung for twice
    assert len(mail.outbox) == 1
    return mail.outbox[0]


def html(message) -> str:
    [(content, kind)] = message.alternatives
    assert kind == "text/html"
    return content


def address(message) -> str:
    """Where mail programs stop this kind, on this site."""
    return re.fullmatch(r"<http://localhost:8000(/.+)>", message.extra_headers["List-Unsubscribe"])[1]


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


def test_a_wish_is_told_with_its_note_and_the_door_to_give():
    message = told("label_wanted", EACH["label_wanted"][0])
    assert "3 people need up to 100 distinct photos of Ball." in message.body
    assert '"red & wet"' in message.body
    assert "http://localhost:8000/give/?label=ball" in message.body


def test_every_kind_is_told_by_a_mail_that_begins_as_the_bell_does():
    assert set(EACH) == set(Notice.Kind.values)
    account = factories.account(username="grace", email="grace@example.org")
    for kind, (about, line) in EACH.items():
        left(kind, about, account)
        factories.work_off()
        message = mail.outbox.pop()
        assert message.subject == f"Deep Images Hub: {line}"
        assert message.body.startswith("Hello grace,\n\n")
        for words in (message.body, html(message)):
            assert not re.search(r"[{}]{2}|{%|None|\n\n\n", re.sub(r"<style>.*</style>", "", words, flags=re.S))
            assert "http://localhost:8000/" in words
    page = logged_in(account).get("/notices/").content.decode()
    assert all(escape(line) in page for _, line in EACH.values())


@pytest.mark.parametrize("what", DECISIONS)
def test_every_decision_of_a_moderator_is_said_in_its_own_words(what):
    notice = Notice(account=factories.account(), kind="moderated", about={"what": what})
    other = Notice(account=notice.account, kind="moderated", about={"what": "anything else"})
    assert notices.line(notice) != notices.line(other)
    assert notices.mail(notice).body != notices.mail(other).body


@pytest.mark.parametrize("reason", [*reasons.TAKEDOWNS, *reasons.SUSPENSIONS, "careless_verdicts"])
def test_a_decision_is_told_with_the_words_of_its_reason(reason):
    message = told("moderated", {"what": "photo_removed", "reason": reason, "note": "Sorry & thanks"})
    assert reasons.words(reason) in message.body
    assert escape(reasons.words(reason)) in html(message)
    assert '"Sorry & thanks"' in message.body


def test_who_reported_a_photo_is_thanked_and_told_nothing_about_its_supplier():
    message = told("moderated", {"what": "report_closed", "outcome": "removed", "reason": "private", "path": "/"})
    assert "thank you for your report. The photo was taken down." in message.body
    assert reasons.words("private") not in message.body


def test_an_outcome_told_again_is_told_once():
    account = factories.account(email="ada@example.org")
    assert left(account=account) is not None
    assert left(account=account) is None
    assert left(account=account, key="one:2") is not None
    assert Notice.objects.count() == 2


def test_a_mail_that_cannot_be_sent_is_not_marked_as_sent(settings):
    settings.EMAIL_BACKEND = "tests.hub.test_notices.Down"
    upkeep.mail(left().pk)
    assert Notice.objects.get().mailed_at is None
    assert Job.objects.get(kind="mail").state == "queued"


def test_a_mail_is_tried_for_most_of_a_day_and_no_longer(settings):
    settings.EMAIL_BACKEND = "tests.hub.test_notices.Down"
    job, waited = left(), 0.0
    for _ in range(20):
        before = Job.objects.get(pk=job.pk)
        upkeep.mail(job.pk)
        now = Job.objects.get(pk=job.pk)
        if now.state != "queued":
            break
        assert now.attempt == before.attempt + 1
        waited += (now.run_after - before.run_after).total_seconds()
        Job.objects.update(run_after=Now())
    assert now.state == "failed"
    assert 18 * 3600 < sum(jobs.wait(n).total_seconds() for n in range(1, now.attempt)) <= 24 * 3600


def test_a_mail_server_that_comes_back_gets_the_mail_once(settings):
    usual = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "tests.hub.test_notices.Down"
    job = left()
    for _ in range(5):
        upkeep.mail(job.pk)
        Job.objects.update(run_after=Now())
    settings.EMAIL_BACKEND = usual
    for _ in range(2):
        upkeep.mail(job.pk)
    assert [message.to for message in mail.outbox] == [["grace@example.org"]]


def test_two_mails_of_one_notice_would_have_one_id():
    notice = Notice(pk=7, account=factories.account(), kind="training_ready", about=READY)
    assert notices.mail(notice).extra_headers["Message-ID"] == "<notice-7@localhost>"


def test_who_stopped_a_kind_hears_of_it_by_the_bell_alone():
    account = factories.account(email="ada@example.org", muted=["training_ready"])
    assert left(account=account) is None
    assert notices.unseen(account) == 1
    assert left("training_failed", FAILED, account) is not None


def test_a_mail_stopped_while_it_waits_is_not_sent():
    account = factories.account(email="ada@example.org")
    job = left(account=account)
    notices.stop(account, "training_ready")
    upkeep.mail(job.pk)
    assert mail.outbox == []
    assert Job.objects.get(pk=job.pk).state == "done"


def test_mail_programs_stop_a_kind_by_one_click_without_a_login():
    account = factories.account(username="grace", email="grace@example.org", muted=["batch_done"])
    message = told("training_ready", READY, account)
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stranger = Client(enforce_csrf_checks=True)
    answer = stranger.post(address(message), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    account.refresh_from_db()
    assert account.muted == ["batch_done", "training_ready"]


def test_looking_at_the_address_that_stops_mails_stops_nothing():
    message = told("training_ready", READY)
    page = Client().get(address(message)).content.decode()
    assert "Stop these mails" in page
    assert Notice.objects.get().account.muted == []


def test_the_address_that_stops_mails_is_in_both_parts_of_the_mail():
    message = told("training_ready", READY)
    assert f"http://localhost:8000{address(message)}" in message.body
    assert f"http://localhost:8000{address(message)}" in html(message)


def test_a_made_up_address_stops_nothing():
    message = told("training_ready", READY)
    token = address(message).split("/")[-2]
    spoilt = token[:-3] + ("aaa" if token[-3:] != "aaa" else "bbb")
    assert Client().post(f"/notices/stop/{spoilt}/").status_code == 404
    assert Notice.objects.get().account.muted == []


def test_decisions_of_moderators_always_come_and_their_mail_says_so():
    account = factories.account(email="ada@example.org", muted=["moderated"])
    message = told("moderated", EACH["moderated"][0], account)
    assert "List-Unsubscribe" not in message.extra_headers
    assert "always come" in message.body


def test_the_account_page_chooses_which_kinds_come_by_mail(supplier, browser):
    browser.post("/account/mails/", {"mail": ["training_ready", "labels_ready"]})
    supplier.refresh_from_db()
    assert set(notices.wanted(supplier)) == {"training_ready", "labels_ready", "moderated"}
    page = browser.get("/account/").content.decode()
    assert re.findall(r'value="(\w+)" id="mail_\w+" checked', page) == ["training_ready", "labels_ready", "moderated"]
    assert 'value="moderated" id="mail_moderated" checked disabled' in page


def test_the_bell_counts_what_is_unseen_until_the_page_is_visited(supplier, browser):
    for number in range(3):
        left(account=supplier, key=f"one:{number}")
    assert "Notices, 3 new" in browser.get("/labels/").content.decode()
    page = browser.get("/notices/").content.decode()
    assert page.count('<li class="new">') == 3
    assert "new" not in re.search(r'<a class="bell".*?</a>', page, re.S)[0]
    assert '<li class="new">' not in browser.get("/notices/").content.decode()


def test_a_look_by_head_sees_nothing(supplier, browser):
    left(account=supplier)
    browser.head("/notices/")
    assert notices.unseen(supplier) == 1


def test_older_notices_wait_on_the_next_page_until_all_are_marked(supplier, browser):
    Notice.objects.bulk_create(
        Notice(account=supplier, kind="training_ready", key=str(number), about=READY) for number in range(45)
    )
    page = browser.get("/notices/").content.decode()
    assert notices.unseen(supplier) == 15
    assert browser.get(re.search(r'href="(/notices/\?before=\d+)"', page)[1]).content.count(b"<li class") == 15
    Notice.objects.update(seen_at=None)
    browser.post("/notices/seen/")
    assert notices.unseen(supplier) == 0


def test_nobody_sees_anothers_notices(browser):
    left()
    assert "vgg16" not in browser.get("/notices/").content.decode()
    assert Client().get("/notices/").status_code == 302


@committed
def test_an_outcome_told_by_several_at_once_is_one_notice_and_one_mail():
    account = factories.account(email="ada@example.org")
    opened = in_threads(6, lambda _: left(account=account))
    factories.work_off()
    assert (Notice.objects.count(), len(mail.outbox)) == (1, 1)
    assert len([job for job in opened if job]) == 1


class Down:
    """A mail server that is away."""

    def __init__(self, **_) -> None:
        pass

    def send_messages(self, messages):
        raise ConnectionRefusedError("no mail server")
