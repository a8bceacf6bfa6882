"""Verdicts: what is asked, what follows from the answers, taking them back, and hidden questions."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hub import sql
from hub.models import Account, Annotation, Claim, Decision, GoldAnswer, Image, Label, Notice, Submission
from hub.people import suppliers
from hub.problems import Refused
from hub.reviewing import candidates, disputes, gold, questions, verification
from hub.reviewing.sealing import Sealed, seal, unseal
from tests import factories
from tests.stock import also, stock, verified

pytestmark = pytest.mark.django_db


@pytest.fixture
def kinds() -> list[Label]:
    """Five kinds of valve; the first is asked about."""
    valve = factories.label("Valve", factories.label("Plumbing"))
    return [factories.label(f"{name} valve", valve) for name in ("Gate", "Ball", "Check", "Globe", "Needle")]


@pytest.fixture
def ada() -> Account:
    return factories.account(username="ada")


@pytest.fixture
def _no_gold(monkeypatch):
    monkeypatch.setattr(gold, "SHARE", 0)


def ask(account: Account, image: Image, label: Label, *, known: bool = False) -> str:
    return seal(account, Sealed(image.pk, label.pk, known))


def judge(label: Label, image: Image, pick: str, *people: Account) -> None:
    for who in people or (factories.account(),):
        verification.answer(who, ask(who, image, label), pick)


def sound() -> bool:
    """Whether what is counted is what should be."""
    return all(sql.rows(f"audit_{name}") == [] for name in ("claims", "labels", "stats", "selectable"))


def claim(image: Image, label: Label) -> Claim:
    return Claim.objects.get(image=image, label=label)


def sealed(account: Account, asked: list) -> set[tuple[int, int]]:
    return {(one.image, one.label) for one in (unseal(account, question.token) for question in asked)}


@pytest.mark.usefixtures("_no_gold")
def test_nobody_is_asked_about_their_own_photos_nor_twice(kinds, ada):
    mine = stock(kinds[0], 2, ada)
    theirs = stock(kinds[0], 3)
    judge(kinds[0], theirs[0], kinds[0].slug, ada)
    assert sealed(ada, questions.ask(ada, 10)) == {(image.pk, kinds[0].pk) for image in theirs[1:]}
    assert questions.waiting(ada) == 2
    assert questions.waiting(mine[0].supplier) == 2
    assert questions.waiting(theirs[0].supplier) == 2


def test_labels_are_offered_by_how_many_claims_of_others_wait(kinds, ada):
    stock(kinds[0], 5, ada)
    stock(kinds[1], 2), stock(kinds[0], 1)
    assert [(label, label.waiting) for label in questions.asked_labels(ada)] == [(kinds[1], 2), (kinds[0], 1)]  # type: ignore[attr-defined]


@pytest.mark.usefixtures("_no_gold")
def test_what_is_held_is_not_asked_again(kinds, ada):
    stock(kinds[0], 12)
    first = questions.ask(ada, 8)
    more = questions.ask(ada, 8, [question.token for question in first])
    assert (len(first), len(more)) == (8, 4)
    assert not sealed(ada, first) & sealed(ada, more)


@pytest.mark.usefixtures("_no_gold")
def test_half_decided_claims_come_first_for_half_of_the_places(kinds, ada):
    images = stock(kinds[0], 200)
    for image in images[:5]:
        judge(kinds[0], image, kinds[0].slug)
    asked = sealed(ada, questions.ask(ada, 10))
    assert {(image.pk, kinds[0].pk) for image in images[:5]} <= asked
    assert len(asked) == 10


@pytest.mark.usefixtures("_no_gold")
def test_people_start_at_different_places(kinds):
    stock(kinds[0], 100)
    people = [factories.account() for _ in range(8)]
    assert len({frozenset(sealed(who, questions.ask(who, 5))) for who in people}) > 1


def test_a_claim_hides_among_its_siblings_and_neither_place_nor_company_tells_which(kinds, ada):
    images = stock(kinds[0], 40)
    asked = questions.ask(ada, 40)
    assert all(len(question.candidates) == 4 for question in asked)
    assert all(kinds[0] in question.candidates for question in asked)
    assert {question.candidates.index(kinds[0]) for question in asked} == {0, 1, 2, 3}
    assert set.union(*({label.slug for label in question.candidates} for question in asked)) == {
        label.slug for label in kinds
    }
    again = {question.image: question.candidates for question in questions.ask(ada, 40)}
    assert [again[question.image] for question in asked] == [question.candidates for question in asked]
    assert len(images) == len(again)


def test_cousins_stand_in_for_siblings_and_no_candidate_is_above_below_or_carried(ada):
    animal = factories.label("Animal")
    bear, cat = factories.label("Bear", animal), factories.label("Cat", animal)
    panda, kitten, lynx = factories.label("Panda", bear), factories.label("Kitten", cat), factories.label("Lynx", cat)
    factories.label("Iberian lynx", lynx)
    image = stock(panda, 1)[0]
    also(lynx, image)
    asked = {frozenset(question.candidates) for question in questions.ask(ada, 2)}
    assert asked == {frozenset({panda, kitten}), frozenset({lynx, kitten})}


def test_of_many_siblings_a_few_hide_a_label_the_same_each_time(ada, monkeypatch):
    monkeypatch.setattr(candidates, "MOST", 4)
    valve = factories.label("Valve")
    kinds = [factories.label(f"{number} valve", valve) for number in range(12)]
    stock(kinds[0], 12)
    seen = {question.image: set(question.candidates) for question in questions.ask(ada, 12)}
    assert all(len(found) == 4 for found in seen.values())
    assert len(set.union(*seen.values())) <= 5  # itself, and four of eleven
    assert {question.image: set(question.candidates) for question in questions.ask(ada, 12)} == seen


def test_labels_without_relatives_hide_among_those_with_photos(ada):
    tap, ball = factories.label("Tap"), factories.label("Ball")
    factories.label("Nothing")
    stock(tap, 1), stock(ball, 1, ada)
    assert set(questions.ask(ada, 1)[0].candidates) == {tap, ball}


def test_a_token_tells_nothing_belongs_to_one_person_and_cannot_be_made(kinds, ada):
    tokens = {seal(ada, Sealed(1, 2, known)) for known in (True, False, True, False)}
    assert len(tokens) == 4
    assert {len(token) for token in tokens} == {120}
    token = tokens.pop()
    with pytest.raises(Refused, match="forbidden"):
        unseal(factories.account(), token)
    for forged in ("", "x" * 76, token[:-1] + ("A" if token[-1] != "A" else "B"), token[:40], "ä" * 76):
        with pytest.raises(Refused, match="bad_request"):
            unseal(ada, forged)


def test_two_who_pick_the_claimed_label_verify_it(kinds):
    image = stock(kinds[0], 1)[0]
    judge(kinds[0], image, kinds[0].slug)
    assert claim(image, kinds[0]).state == "asking"
    judge(kinds[0], image, kinds[0].slug)
    assert claim(image, kinds[0]).state == "verified"
    assert image.image_labels.get(label=kinds[0]).verified


def test_two_who_pick_none_refute_it_and_the_photo_counts_there_no_more(kinds):
    image = stock(kinds[0], 1)[0]
    judge(kinds[0], image, "none", factories.account(), factories.account())
    assert claim(image, kinds[0]).state == "refuted"
    assert not image.image_labels.exists()
    assert sound()


def test_three_who_cannot_tell_leave_it_to_a_moderator(kinds):
    image = stock(kinds[0], 1)[0]
    judge(kinds[0], image, "unsure", *(factories.account() for _ in range(3)))
    assert [(one.image, one.label) for one in disputes.contested(5)] == [(image, kinds[0])]


def test_who_picks_another_label_is_asked_straight_and_a_no_keeps_the_pick(kinds, ada):
    image = stock(kinds[0], 1)[0]
    token = ask(ada, image, kinds[0])
    assert verification.answer(ada, token, kinds[1].slug).ask == kinds[0]
    assert not Annotation.objects.filter(account=ada).exists()
    assert verification.answer(ada, token, kinds[1].slug, "no").kept == 1
    assert (said := Annotation.objects.get(account=ada)).verdict == "no"
    assert said.instead == kinds[1]


def test_who_picks_another_and_then_says_that_it_shows_both_says_yes(kinds, ada):
    image = stock(kinds[0], 1)[0]
    verification.answer(ada, ask(ada, image, kinds[0]), kinds[1].slug, "yes")
    assert Annotation.objects.filter(account=ada).values_list("verdict", "instead").get() == ("yes", None)


@pytest.mark.parametrize(("pick", "shows"), [("no-such", ""), ("nul\0", ""), ("ball-valve", "perhaps")])
def test_what_is_no_answer_is_refused(pick, shows, kinds, ada):
    with pytest.raises(Refused):
        verification.answer(ada, ask(ada, stock(kinds[0], 1)[0], kinds[0]), pick, shows)
    assert not Annotation.objects.filter(account=ada).exists()


def test_a_verdict_after_the_decision_is_kept_and_its_giver_told(kinds, ada):
    image = stock(kinds[0], 1)[0]
    verified(kinds[0], image)
    kept = verification.answer(ada, ask(ada, image, kinds[0]), kinds[0].slug)
    assert (kept.kept, kept.late) == (1, ["decided_meanwhile"])
    assert claim(image, kinds[0]).yes == 3


def test_a_second_verdict_replaces_the_first(kinds, ada):
    image = stock(kinds[0], 1)[0]
    token = ask(ada, image, kinds[0])
    verification.answer(ada, token, "none")
    assert verification.answer(ada, token, "none").late == ["judged_before"]
    assert verification.answer(ada, token, kinds[0].slug).late == ["judged_again"]
    assert Annotation.objects.get(account=ada).verdict == "yes"


def test_of_a_photo_taken_back_nothing_can_be_kept(kinds, ada):
    from hub import catalogue

    image = stock(kinds[0], 1)[0]
    catalogue.withdraw(image)
    with pytest.raises(Refused, match="gone"):
        verification.answer(ada, ask(ada, image, kinds[0]), "none")


def test_a_claim_that_was_taken_off_does_not_come_back_by_a_late_yes(kinds, ada):
    from hub import counts

    image = stock(kinds[0], 1)[0]
    with counts.recounting([image.pk]):
        Annotation.objects.filter(image=image).update(conflicting=True)
    with pytest.raises(Refused, match="already_decided"):
        verification.answer(ada, ask(ada, image, kinds[0]), kinds[0].slug)
    assert claim(image, kinds[0]).state == "conflicting"


def test_verdicts_are_taken_back_from_the_newest_on_and_asked_again(kinds, ada):
    first, second = stock(kinds[0], 2)
    judge(kinds[0], first, kinds[0].slug, factories.account(), ada)
    judge(kinds[0], second, "none", ada)
    assert [question.image for question in verification.undo(ada)] == [second]
    assert claim(first, kinds[0]).state == "verified"
    assert [question.image for question in verification.undo(ada)] == [first]
    assert claim(first, kinds[0]).state == "asking"
    with pytest.raises(Refused, match="nothing_to_take_back"):
        verification.undo(ada)


def test_after_a_quarter_of_an_hour_a_verdict_stays(kinds, ada):
    judge(kinds[0], stock(kinds[0], 1)[0], "none", ada)
    Annotation.objects.filter(account=ada).update(created_at=timezone.now() - timedelta(minutes=16))
    with pytest.raises(Refused, match="nothing_to_take_back"):
        verification.undo(ada)


def test_giving_a_photo_again_is_no_verdict_to_take_back(kinds, ada):
    from tests import images

    photo = images.photo(seed=1)
    factories.checked(photo, factories.batch(under=kinds[0]))
    factories.checked(photo, factories.batch(ada, kinds[1]))
    assert Annotation.objects.filter(account=ada).count() == 1
    with pytest.raises(Refused, match="nothing_to_take_back"):
        verification.undo(ada)


def test_a_tenth_of_what_is_asked_is_gold(kinds, ada):
    good, bad = stock(kinds[0], 60), stock(kinds[0], 60)
    verified(kinds[0], *good, yes=3)
    verified(kinds[0], *bad, yes=0, no=2)
    stock(kinds[0], 300)
    asked = [unseal(ada, question.token) for question in questions.ask(ada, 250)]
    known = [one for one in asked if one.gold]
    assert len(asked) == len({one.image for one in asked}) == 250
    assert 5 <= len(known) <= 60
    truths = {claim(Image(one.image), Label(one.label)).state for one in known}
    assert truths == {"verified", "refuted"}


def test_an_answer_to_gold_measures_and_counts_nowhere(kinds, ada):
    image = stock(kinds[0], 1)[0]
    verified(kinds[0], image, yes=3)
    verification.answer(ada, ask(ada, image, kinds[0], known=True), "none")
    assert claim(image, kinds[0]).no == 0
    assert not Annotation.objects.filter(account=ada).exists()
    assert GoldAnswer.objects.values_list("truth", "verdict").get() == (True, "no")
    assert gold.measure(ada) == gold.Measure(1, 0)
    verification.undo(ada)
    assert gold.measure(ada) == gold.Measure(0, 0)


def careless(ada: Account, label: Label, wrong: int) -> None:
    """Answers to ten hidden questions, so many of them wrong."""
    images = stock(label, 10)
    verified(label, *images, yes=3)
    for number, image in enumerate(images):
        verification.answer(ada, ask(ada, image, label, known=True), "none" if number < wrong else label.slug)


def test_who_errs_too_often_is_told_and_asked_no_more(kinds, ada):
    careless(ada, kinds[0], wrong=4)
    ada.refresh_from_db()
    assert ada.paused_at
    assert Notice.objects.get(account=ada).about == {"what": "paused", "reason": "careless_verdicts"}
    for act in (lambda: questions.ask(ada, 1), lambda: questions.grid(ada, kinds[0])):
        with pytest.raises(Refused, match="reviewing_paused"):
            act()


def test_the_mail_about_a_pause_says_why(kinds, mailoutbox):
    eve = factories.account(username="eve", email="eve@example.org")
    careless(eve, kinds[0], wrong=4)
    factories.work_off()
    assert [mail.to for mail in mailoutbox] == [["eve@example.org"]]
    assert "a moderator can lift this" in " ".join(mailoutbox[0].body.split())


def test_who_errs_now_and_then_goes_on(kinds, ada):
    careless(ada, kinds[0], wrong=3)
    ada.refresh_from_db()
    assert ada.paused_at is None
    assert gold.measure(ada).share == 0.7


def test_a_moderator_lifts_a_pause_and_the_measure_begins_anew(kinds, ada):
    boss = factories.account(is_superuser=True)
    careless(ada, kinds[0], wrong=4)
    gold.lift(ada, boss)
    ada.refresh_from_db()
    assert ada.paused_at is None
    assert gold.measure(ada).answered == 0
    assert Decision.objects.values_list("kind", "subject", "detail").get() == (
        "lifted_pause",
        f"account:{ada.pk}",
        {"answered": 10, "right": 6},
    )


def test_a_moderator_sets_a_reviewers_verdicts_aside(kinds, ada):
    boss = factories.account(is_superuser=True)
    mine, image = stock(kinds[0], 1, ada)[0], stock(kinds[0], 1)[0]
    judge(kinds[0], image, "none", factories.account(), ada)
    assert gold.set_aside(ada, boss) == 1
    assert claim(image, kinds[0]).state == "asking"
    assert claim(mine, kinds[0]).state == "asking"
    assert Decision.objects.get().detail == {"verdicts": 1}
    assert sound()


def test_a_grid_says_yes_to_all_but_those_marked(kinds, ada):
    images = stock(kinds[0], 30)
    asked = questions.grid(ada, kinds[0])
    assert len(asked) == 24
    wrong = [asked[3].token, asked[7].token]
    assert verification.answer_all(ada, [question.token for question in asked], wrong).kept == 24
    said = dict(Annotation.objects.filter(account=ada).values_list("image", "verdict"))
    assert {image for image, verdict in said.items() if verdict == "no"} == {asked[3].image.pk, asked[7].image.pk}
    assert len(said) == 24
    assert len(verification.undo(ada, 24)) == 24
    assert Claim.objects.filter(state="asking", yes=0).count() == len(images)


def test_a_grid_hides_photos_known_not_to_show_its_label(kinds, ada, monkeypatch):
    monkeypatch.setattr(gold, "SHARE", 1)
    bad = stock(kinds[0], 3)
    verified(kinds[0], *bad, yes=0, no=2)
    stock(kinds[0], 5), stock(kinds[1], 5)
    asked = questions.grid(ada, kinds[0])
    known = [question.image for question in asked if unseal(ada, question.token).gold]
    assert len(asked) == 8
    assert set(known) == set(bad)


def test_reviewers_learn_how_many_agreed_with_the_outcome(kinds, ada):
    right, wrong, open_ = stock(kinds[0], 3)
    judge(kinds[0], right, kinds[0].slug, ada, factories.account())
    judge(kinds[0], wrong, kinds[0].slug, ada)
    judge(kinds[0], wrong, "none", *(factories.account() for _ in range(3)))
    judge(kinds[0], open_, "none", ada)
    found = verification.reviewed(ada)
    assert (found["given"], found["decided"], found["agreed"]) == (3, 2, 1)


def test_what_one_says_of_ones_own_photos_is_no_verdict(kinds, ada):
    own, others = stock(kinds[0], 2, ada)[0], stock(kinds[0], 1)[0]
    Annotation.objects.create(image=own, label=kinds[1], account=ada, verdict="no")
    judge(kinds[0], others, "none", ada)
    assert suppliers.figures(ada)["verdicts"] == verification.reviewed(ada)["given"] == 1


def test_giving_a_photo_again_is_no_verdict(kinds, ada):
    """It is a claim of theirs, though it counts as another's word for the label."""
    image = stock(kinds[0], 1)[0]
    Submission.objects.create(
        batch=factories.batch(ada, kinds[1]), label=kinds[1], twin=image, state="duplicate", reason="claim_accepted",
        decided_at=timezone.now(),
    )  # fmt: skip
    Annotation.objects.create(image=image, label=kinds[1], account=ada, verdict="yes")
    disputes.decide(image, kinds[1], factories.account(), right=True)
    found = verification.reviewed(ada)
    assert (found["given"], found["decided"], found["agreed"]) == (0, 0, 0)
    assert suppliers.figures(ada)["verdicts"] == 0
