"""What moderators decide of claims, and what they are asked to."""

import pytest

from hub import sql
from hub.models import Annotation, Claim, Decision
from hub.problems import Refused
from hub.reviewing import disputes
from tests import factories
from tests.stock import stock, verified

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return factories.account(username="boss", is_superuser=True)


@pytest.fixture
def valve():
    return factories.label("Valve")


def states(image) -> dict[str, str]:
    return dict(Claim.objects.filter(image=image).values_list("label__slug", "state"))


def test_a_moderators_word_outweighs_all_verdicts_and_is_logged(valve, boss):
    image = stock(valve, 1)[0]
    verified(valve, image, yes=2, no=2)
    disputes.decide(image, valve, boss, right=False)
    assert states(image) == {"valve": "dropped"}
    assert not image.image_labels.exists()
    logged = Decision.objects.get()
    assert (logged.actor, logged.kind, logged.subject) == (boss, "removed_label", f"image:{image.sha256}")
    assert logged.detail == {"label": "valve"}
    assert all(sql.rows(f"audit_{name}") == [] for name in ("claims", "labels", "stats"))


def test_a_moderator_may_say_what_it_shows_instead(valve, boss):
    tap, image = factories.label("Tap"), stock(valve, 1)[0]
    disputes.decide(image, valve, boss, right=False, instead=tap)
    assert states(image) == {"valve": "dropped", "tap": "kept"}
    assert [row.label for row in image.image_labels.all()] == [tap]


def test_the_second_moderator_is_told_who_decided_what(valve, boss):
    image, other = stock(valve, 1)[0], factories.account(is_superuser=True)
    disputes.decide(image, valve, boss, right=True)
    with pytest.raises(Refused, match="already_decided") as refused:
        disputes.decide(image, valve, other, right=False)
    assert (refused.value.status, refused.value.detail["what"]) == (409, "boss found the label right.")
    assert states(image) == {"valve": "kept"}
    disputes.decide(image, valve, other, right=False, again=True)
    assert states(image) == {"valve": "dropped"}
    assert Annotation.objects.filter(final=True).count() == 1


def test_a_refuted_claim_whose_reviewers_agree_on_another_label_is_for_a_moderator(valve, boss):
    tap, ball = factories.label("Tap"), factories.label("Ball")
    agreed, split = stock(valve, 2)
    verified(valve, agreed, split, yes=0, no=2)
    Annotation.objects.filter(verdict="no").update(instead=tap)
    first = Annotation.objects.filter(verdict="no", image=split).first()
    Annotation.objects.filter(pk=first.pk).update(instead=ball)
    found = disputes.refuted_with_suggestions(10)
    assert [(one.image, one.label, one.instead, one.people) for one in found] == [(agreed, valve, tap, 2)]
    disputes.decide(agreed, valve, boss, right=False, instead=tap)
    assert disputes.refuted_with_suggestions(10) == []
