import pytest

from hub import catalogue, outcomes
from hub.models import Annotation, Claim, ImageLabel, Submission
from hub.moderation import settling
from hub.problems import Refused
from tests import factories, images
from tests.parts import broken, committed, in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def near(monkeypatch):
    """A photo that looks much like one that is here: no made-up picture lies so reliably between the bars."""
    first = factories.checked(images.photo(seed=1))
    submission = factories.checked(images.photo(seed=2), factories.batch(under=first.label))
    image = submission.image
    catalogue.withdraw(image)
    outcomes.decide(submission.pk, "review", "near_duplicate", image=None, twin=first.image, detail={"bits": 40})
    submission.refresh_from_db()
    return submission


@pytest.fixture
def conflict():
    """One picture given as a valve, then as a pump."""
    factories.checked(images.photo(seed=1))
    return factories.checked(images.photo(seed=1), factories.batch(under=factories.label("Pump")))


def counts_under() -> set[str]:
    return set(ImageLabel.objects.values_list("label__name", flat=True))


def test_a_supplier_who_says_it_is_another_photo_gets_it_in(near):
    settling.keep(near)
    factories.work_off()
    near.refresh_from_db()
    assert (near.state, near.reason, near.twin) == ("accepted", "", None)
    assert near.distinct


def test_a_supplier_who_says_it_is_the_same_photo_leaves_it_out(near):
    settling.drop(near)
    near.refresh_from_db()
    assert (near.state, near.reason) == ("duplicate", "declined")
    assert near.twin is not None


def test_what_was_decided_is_not_decided_again(near):
    settling.drop(near)
    for act in (settling.keep, settling.drop):
        with pytest.raises(Refused) as refused:
            act(near)
        assert (refused.value.code, refused.value.status) == ("already_decided", 409)


def test_keep_never_lets_an_exact_copy_in():
    factories.checked(images.photo(seed=1))
    copy = factories.given(images.mirrored(seed=1))
    Submission.objects.filter(pk=copy.pk).update(distinct=True)
    factories.work_off()
    copy.refresh_from_db()
    assert copy.state == "duplicate"


@pytest.mark.parametrize(
    ("right", "under", "reason"),
    [
        ("first", {"Valve"}, "claim_refused"),
        ("second", {"Pump"}, "claim_accepted"),
        ("both", {"Valve", "Pump"}, "claim_accepted"),
    ],
)
def test_a_moderator_settles_under_which_label_a_picture_counts(conflict, right, under, reason):
    moderator = factories.account()
    settling.settle(conflict, moderator, right)
    conflict.refresh_from_db()
    assert counts_under() == under
    assert (conflict.state, conflict.reason) == ("duplicate", reason)
    verdict = Annotation.objects.get(account=moderator, label=conflict.label)
    assert verdict.verdict == ("no" if right == "first" else "yes")


@pytest.mark.parametrize(
    ("right", "valve", "pump"),
    [("first", "asking", "dropped"), ("second", "dropped", "kept"), ("both", "asking", "kept")],
)
def test_what_a_moderator_settles_is_the_last_word_on_those_labels(conflict, right, valve, pump):
    Annotation.objects.create(image=conflict.twin, label=conflict.label, account=factories.account(), verdict="no")
    settling.settle(conflict, moderator := factories.account(), right)
    assert dict(Claim.objects.values_list("label__name", "state")) == {"Valve": valve, "Pump": pump}
    assert set(Annotation.objects.filter(final=True).values_list("account", flat=True)) == {moderator.pk}
    assert not Annotation.objects.filter(conflicting=True).exists()
    assert broken() == {}


def test_a_label_above_the_one_that_is_right_is_not_denied():
    valve = factories.label()
    factories.checked(images.photo(seed=1), factories.batch(under=valve))
    row = factories.checked(images.photo(seed=1), factories.batch(under=factories.label("Ball valve", valve)))
    settling.settle(row, factories.account(), "second")
    assert dict(Claim.objects.values_list("label__name", "state")) == {"Valve": "asking", "Ball valve": "verified"}


def test_what_left_with_its_supplier_is_refused(conflict):
    Submission.objects.filter(pk=conflict.pk).delete()
    with pytest.raises(Refused) as refused:
        settling.settle(conflict, factories.account(), "first")
    assert (refused.value.code, refused.value.status) == ("gone", 410)


def test_settling_twice_is_refused(conflict):
    settling.settle(conflict, factories.account(), "first")
    with pytest.raises(Refused):
        settling.settle(conflict, factories.account(), "second")
    assert counts_under() == {"Valve"}


@committed
def test_of_two_people_who_decide_at_once_one_is_told(near):
    def decide(number):
        try:
            (settling.keep, settling.drop)[number](near)
        except Refused as refused:
            return refused.code
        return "done"

    assert sorted(in_threads(2, decide)) == ["already_decided", "done"]
