"""Watches: set on the page of a label, and told of once by one mail."""

import pytest
from django.core import mail

from hub.demand import watches
from hub.models import Job, Notice, Watch
from tests import factories, shelves
from tests.hub.conftest import logged_in
from tests.stock import alike, stock
from workers import upkeep

pytestmark = pytest.mark.django_db


def tell():
    """What the hourly round does of it, and the mails it rings for."""
    upkeep.ring(*watches.tell_the_ready())
    factories.work_off()


def test_a_label_is_watched_and_no_more_from_its_page(supplier, browser):
    shelves.label("Ball", 3)
    browser.post("/labels/ball/watch/")
    assert Watch.objects.get().account == supplier
    assert "Watch no more" in browser.get("/labels/ball/").content.decode()
    browser.post("/labels/ball/watch/", {"stop": "1", "next": "trainings"})
    assert not Watch.objects.exists()


def test_one_mail_comes_when_there_are_enough_and_only_one(supplier, browser):
    ball = shelves.label("Ball", 3)
    browser.post("/labels/ball/watch/")
    Watch.objects.update(wanted=5)
    tell()
    assert mail.outbox == []
    stock(ball, 2)
    for _ in range(3):
        tell()
    assert [message.to for message in mail.outbox] == [["ada@example.org"]]
    assert mail.outbox[0].subject == "Deep Images Hub: Ball has enough photos now"
    assert "http://localhost:8000/labels/ball/" in mail.outbox[0].body
    assert Watch.objects.get().ready_at is not None


def test_a_label_watched_again_after_its_mail_is_told_of_again(supplier):
    ball = shelves.label("Ball", 3)
    watches.watch(supplier, [ball], wanted=3)
    tell()
    watches.watch(supplier, [ball], wanted=4)
    assert Watch.objects.get().ready_at is None
    stock(ball, 1)
    tell()
    assert len(mail.outbox) == 2


def test_near_duplicates_of_each_other_are_one_photo(supplier):
    ball = shelves.label("Ball", 5)
    alike(*stock(ball, 3))
    watches.watch(supplier, [ball], wanted=7)
    tell()
    assert mail.outbox == []  # 8 photos, 6 of them distinct


def test_labels_ready_at_once_come_in_one_mail(supplier):
    labels = [shelves.label(name, 3) for name in ("Ball", "Cube")]
    watches.watch(supplier, labels, wanted=3)
    tell()
    assert mail.outbox[0].subject == "Deep Images Hub: 2 labels have enough photos now"
    assert "/trainings/new/?label=ball&label=cube" in mail.outbox[0].body


def test_who_has_no_address_hears_by_the_bell_alone_and_the_watch_is_closed():
    watches.watch(factories.account(), [shelves.label("Ball", 3)], wanted=3)
    tell()
    assert Notice.objects.get().kind == "labels_ready"
    assert not Job.objects.filter(kind="mail").exists()
    assert Watch.objects.get().ready_at is not None


def test_a_watch_is_listed_among_my_trainings(supplier, browser):
    watches.watch(supplier, [shelves.label("Ball", 3)])
    words = browser.get("/trainings/").content.decode()
    assert "until there are 100 distinct photos" in words


def test_a_stranger_watches_nothing(client):
    shelves.label("Ball", 3)
    assert client.post("/labels/ball/watch/").status_code == 302
    assert logged_in(factories.account()).post("/labels/none/watch/").status_code == 404
    assert not Watch.objects.exists()
