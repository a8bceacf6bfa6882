"""Doubts: "label wrong?" on a mistake stands in the review page, and what a moderator says of it is counted right."""

import pytest
from django.contrib.auth.models import Permission
from django.db.models import F

from hub import catalogue
from hub.models import Annotation, Doubt, ImageLabel, Label, LabelStat
from hub.moderation import doubts
from hub.problems import Refused
from hub.reviewing import disputes
from tests import factories, shelves, trained
from tests.hub.conftest import logged_in
from tests.parts import broken, committed, empty_storage, in_threads
from tests.stock import also, stock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    empty_storage(settings, tmp_path)


@pytest.fixture
def model():
    for name in ("Ball", "Cube"):
        shelves.label(name, 40)
    return trained.model(public=True)


@pytest.fixture
def moderator():
    found = factories.account(username="mia")
    found.user_permissions.add(Permission.objects.get(codename="moderate"))
    return found


def mistake(model):
    """A picture it got wrong, and the label it carries."""
    one = model.predictions.exclude(truth=F("guess")).select_related("image").order_by("image")[0]
    return one.image, Label.objects.get(pk=model.label_ids[one.truth])


def doubt(model, account=None):
    image, label = mistake(model)
    return doubts.raise_doubt(account or factories.account(), image, label, model)


def counted(label) -> int:
    return LabelStat.objects.get(label=label, facet="images").n


def off() -> set[str]:
    """The rules of the catalogue that the audit finds broken; a made-up model has too few files, which is another."""
    return set(broken()) - {"models have their files and answer as they say"}


def press(model, image, account):
    return logged_in(account).post(f"/models/{model.pk}/doubt/", {"image": image.sha256}, follow=True)


def test_a_mistake_of_a_model_is_doubted_and_stands_in_the_review(model, moderator):
    image, label = mistake(model)
    words = press(model, image, factories.account(username="ada")).content.decode()
    assert "Thank you: a moderator looks at it." in words
    assert "A moderator looks at the label." in words
    assert Doubt.objects.get().label == label
    review = logged_in(moderator).get("/moderation/doubts/").content.decode()
    assert f"/images/{image.sha256}/299.jpg" in review
    assert "ada doubts it" in review


def test_the_same_doubt_twice_is_one(model):
    assert doubt(model) == doubt(model)
    assert Doubt.objects.count() == 1


@committed
def test_two_people_at_once_raise_one_doubt():
    for name in ("Ball", "Cube"):
        shelves.label(name, 40)
    model, people = trained.model(public=True), [factories.account() for _ in range(4)]
    in_threads(4, lambda n: doubt(model, people[n]))
    assert Doubt.objects.count() == 1


def test_a_wrong_label_comes_off_the_picture_and_every_count(model, moderator):
    image, label = mistake(model)
    raised, before = doubt(model), counted(label)
    logged_in(moderator).post(f"/doubts/{raised.pk}/", {"right": "no"})
    raised.refresh_from_db()
    assert (raised.state, raised.decided_by) == ("removed", moderator)
    assert not ImageLabel.objects.filter(image=image, label=label).exists()
    assert counted(label) == before - 1
    assert off() == set()


def test_a_right_label_stays_and_the_look_counts_as_a_verdict(model, moderator):
    image, label = mistake(model)
    raised, before = doubt(model), counted(label)
    logged_in(moderator).post(f"/doubts/{raised.pk}/", {"right": "yes"})
    raised.refresh_from_db()
    assert (raised.state, counted(label)) == ("kept", before)
    assert Annotation.objects.get(image=image, account=moderator).verdict == "yes"
    assert off() == set()
    assert doubt(model).state == "kept"  # nobody asks a moderator twice
    assert (
        "A moderator looked before, and found the label right."
        in press(model, image, factories.account()).content.decode()
    )


def test_a_picture_under_a_kind_of_the_doubted_label_loses_that_kind(moderator):
    ball = shelves.label("Ball")
    golf = factories.label("Golf ball", ball)
    [image] = stock(golf, 1)
    raised = doubts.raise_doubt(factories.account(), image, ball)
    doubts.decide(raised, moderator, right=False)
    assert not ImageLabel.objects.filter(image=image).exists()
    assert off() == set()


def test_a_kind_that_was_taken_off_does_not_come_back_with_the_label_above_it(moderator):
    ball = shelves.label("Ball")
    golf, tennis = factories.label("Golf ball", ball), factories.label("Tennis ball", ball)
    [image] = stock(golf, 1)
    also(tennis, image)
    disputes.decide(image, tennis, moderator, right=False)
    doubts.decide(doubts.raise_doubt(factories.account(), image, ball), moderator, right=True)
    assert set(image.image_labels.filter(direct=True).values_list("label__name", flat=True)) == {"Golf ball"}


def test_what_is_decided_is_not_decided_again(model, moderator):
    raised = doubt(model)
    doubts.decide(raised, moderator, right=True)
    with pytest.raises(Refused, match="already_decided"):
        doubts.decide(raised, moderator, right=False)
    assert ImageLabel.objects.filter(image=raised.image, label=raised.label).exists()


@committed
def test_two_moderators_at_once_decide_once():
    for name in ("Ball", "Cube"):
        shelves.label(name, 40)
    raised, people = doubt(trained.model(public=True)), [factories.account() for _ in range(2)]

    def decide(n):
        try:
            doubts.decide(raised, people[n], right=bool(n))
        except Refused as why:
            return why.code

    assert sorted(str(said) for said in in_threads(2, decide)) == ["None", "already_decided"]
    assert off() == set()


def test_a_label_the_picture_no_longer_carries_is_not_doubted(model, moderator):
    doubts.decide(doubt(model), moderator, right=False)
    Doubt.objects.all().delete()
    with pytest.raises(Refused, match="already_decided"):
        doubt(model)


def test_a_photo_that_was_taken_back_is_in_no_review(model, moderator):
    image, _ = mistake(model)
    doubt(model)
    catalogue.withdraw(image)
    assert image.sha256 not in logged_in(moderator).get("/moderation/doubts/").content.decode()
    assert press(model, image, factories.account()).status_code == 404


def test_only_pictures_of_its_test_are_doubted(model):
    [other] = stock(Label.objects.get(slug="ball"), 1)
    assert press(model, other, factories.account()).status_code == 404
    assert not Doubt.objects.exists()


def test_somebody_without_the_right_decides_nothing(model):
    raised = doubt(model)
    answer = logged_in(factories.account()).post(f"/doubts/{raised.pk}/", {"right": "no"})
    assert answer.status_code == 403
    raised.refresh_from_db()
    assert raised.state == "open"


def test_the_page_somebody_came_from_is_gone_back_to_and_no_other(model):
    image, _ = mistake(model)
    browser, path = logged_in(factories.account()), f"/models/{model.pk}/doubt/"
    cell = f"/models/{model.pk}/errors/?truth=0&guess=1"
    assert browser.post(path, {"image": image.sha256, "next": cell})["Location"] == cell
    back = browser.post(path, {"image": image.sha256, "next": "https://example.org/"})
    assert back["Location"] == f"/models/{model.pk}/#mistakes"
