"""Nobody decides as a moderator what concerns themselves; a superuser may, for some hubs have nobody else."""

import pytest
from django.utils import timezone

from hub import outcomes
from hub.models import Annotation, Decision, Doubt, Image, Removal, Report, Submission
from hub.moderation import appeals, doubts, moderating, removals, reporting, settling, standing
from hub.problems import Refused
from hub.reviewing import disputes, gold
from tests import factories, images
from tests.parts import empty_storage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    empty_storage(settings, tmp_path)


@pytest.fixture
def mo():
    return factories.moderator(username="mo")


def photo_of(account, seed: int = 1) -> Image:
    image = factories.checked(images.photo(seed=seed), factories.batch(account)).image
    assert image is not None
    return image


def takes_down(mo):
    moderating.take_down(photo_of(mo), mo, "private")


def keeps_what_is_reported(mo):
    reporting.report(image := photo_of(mo), None, "private")
    moderating.keep_photo(image, mo)


def keeps_what_they_reported(mo):
    reporting.report(image := photo_of(None), mo, "private")
    moderating.keep_photo(image, mo)


def takes_down_what_they_reported(mo):
    reporting.report(image := photo_of(None), mo, "private")
    moderating.take_down(image, mo, "private", queue="reports")


def finds_fine(mo):
    image = photo_of(mo)
    Image.objects.filter(pk=image.pk).update(flags=["dark"])
    moderating.find_fine(image, mo)


def lets_in(mo):
    row = factories.given(images.photo(seed=1), factories.batch(mo))
    outcomes.decide(row.pk, "review", "matched")
    moderating.decide_held([row.pk], {}, mo)


def settles(first, second, mo):
    photo_of(first)
    row = factories.checked(images.photo(seed=1), factories.batch(second, under=factories.label("Pump")))
    settling.settle(row, mo, "second")


def decides_a_doubt(about, by, mo):
    image = photo_of(about)
    doubt = Doubt.objects.create(image=image, label=image.batch.label, account=by)
    doubts.decide(doubt, mo, right=True)


def decides_a_claim(mo):
    image = photo_of(mo)
    disputes.decide(image, image.batch.label, mo, right=True)


def lets_come_back(mo):
    removals.remember([photo_of(mo)], "private")
    moderating.let_come_back(Removal.objects.get(), mo)


def decides_an_appeal(mo):
    row = photo_of(mo).submission
    Submission.objects.filter(pk=row.pk).update(appeal="No", appealed_at=timezone.now())
    appeals.decide(row, mo, grant=True)


def trusts(mo):
    type(mo).objects.filter(pk=mo.pk).update(trusted_at=None)
    standing.trust(mo, mo)


OWN = {
    "their own photo, taken down": takes_down,
    "their own photo, reported": keeps_what_is_reported,
    "what they reported, kept": keeps_what_they_reported,
    "what they reported, taken down": takes_down_what_they_reported,
    "their own photo, flagged": finds_fine,
    "their own photo, held": lets_in,
    "a label for their own photo": lambda mo: settles(mo, None, mo),
    "a label they gave": lambda mo: settles(None, mo, mo),
    "a doubt about their own photo": lambda mo: decides_a_doubt(mo, None, mo),
    "a doubt of their own": lambda mo: decides_a_doubt(None, mo, mo),
    "their own claim": decides_a_claim,
    "that their own photo comes back": lets_come_back,
    "their own appeal": decides_an_appeal,
    "trust in them": trusts,
    "that they may review": lambda mo: gold.lift(mo, mo),
    "what they judged": lambda mo: gold.set_aside(mo, mo),
}


@pytest.mark.parametrize("decides", OWN.values(), ids=OWN)
def test_a_moderator_does_not_decide(decides, mo):
    with pytest.raises(Refused) as refused:
        decides(mo)
    assert (refused.value.code, refused.value.status) == ("own_case", 403)
    assert not Decision.objects.exists()
    assert not Report.objects.exclude(state="open").exists()
    assert not Annotation.objects.filter(final=True).exists()


@pytest.mark.parametrize("decides", OWN.values(), ids=OWN)
def test_a_superuser_may(decides):
    decides(factories.account(is_superuser=True))
    assert Decision.objects.exists()


def test_what_is_reported_may_be_hidden_at_once_by_who_reported_it(mo):
    reporting.report(image := photo_of(None), mo, "illegal")
    moderating.take_down(image, mo, "illegal")
    assert not Image.objects.filter(withdrawn_at=None).exists()


def test_among_first_looks_a_moderators_own_photo_stays_for_another(mo):
    rows = [factories.given(images.photo(seed=n), factories.batch(who)) for n, who in enumerate((mo, None), 1)]
    for row in rows:
        outcomes.decide(row.pk, "review", "matched")
    done, _ = moderating.decide_held([row.pk for row in rows], {}, mo)
    assert done == [rows[1].pk]
    assert Submission.objects.get(pk=rows[0].pk).state == "review"


@pytest.mark.parametrize(("operator", "offered"), [(False, False), (True, True)])
def test_the_page_of_ones_own_photo_offers_what_one_may_decide(client, operator, offered):
    mo = factories.moderator(is_superuser=operator)
    client.force_login(mo)
    assert ("Take this photo down" in client.get(photo_of(mo).get_absolute_url()).content.decode()) is offered
    assert "Take this photo down" in client.get(photo_of(None, seed=2).get_absolute_url()).content.decode()


def test_the_page_says_so_in_words(mo, client):
    image = photo_of(mo)
    client.force_login(mo)
    answer = client.post(
        f"/images/{image.sha256}/take-down/", {"reason": "private"}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "own_case")
    assert answer.json()["detail"] == "Another moderator decides it."
