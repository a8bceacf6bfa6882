"""The review pages: one by one, the grid, one's own reviewing; what images and labels say of verdicts."""

import json

import pytest
from django.utils import timezone

from hub.models import Account, Annotation, Claim
from hub.reviewing import gold, verification
from hub.reviewing.sealing import Sealed, seal, unseal
from tests import factories
from tests.hub.conftest import logged_in
from tests.parts import empty_storage
from tests.stock import stock, verified

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path, monkeypatch):
    empty_storage(settings, tmp_path)
    monkeypatch.setattr(gold, "SHARE", 0)


@pytest.fixture
def kinds():
    valve = factories.label("Valve")
    return [factories.label(f"{name} valve", valve) for name in ("Gate", "Ball", "Check", "Globe")]


@pytest.fixture
def bob() -> Account:
    return factories.account(username="bob")


def token(account, image, label) -> str:
    return seal(account, Sealed(image.pk, label.pk, False))


def send(browser, *said: dict):
    return browser.post("/review/answers.json", {"answers": json.dumps(said)})


def test_the_page_tells_neither_which_label_is_claimed_nor_which_photo_it_is(kinds, bob):
    image = stock(kinds[0], 1)[0]
    page = logged_in(bob).get("/review/").content.decode()
    assert all(f'value="{kind.slug}"' in page for kind in kinds)
    assert image.sha256 not in page
    assert "1 wait" in page


def test_its_picture_is_shown_to_who_is_asked_alone(kinds, bob):
    image = stock(kinds[0], 1)[0]
    address = f"/review/{token(bob, image, kinds[0])}/1024.jpg"
    answer = logged_in(bob).get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert "private" in answer["Cache-Control"]
    assert image.sha256 not in str(answer.headers)
    assert b"".join(answer.streaming_content)
    assert logged_in(factories.account()).get(address).status_code == 403


def test_without_scripts_an_answer_is_kept_and_the_next_question_comes(kinds, bob):
    first = stock(kinds[0], 1)[0]
    browser = logged_in(bob)
    said = {"token": token(bob, first, kinds[0]), "pick": kinds[0].slug}
    assert browser.post("/review/", said)["Location"] == "/review/"
    assert Annotation.objects.get(account=bob).verdict == "yes"
    page = browser.get("/review/").content.decode()
    assert "Nothing waits for your verdict" in page
    assert "/wanted/" in page


def test_without_scripts_another_pick_leads_to_the_straight_question(kinds, bob):
    image = stock(kinds[0], 1)[0]
    browser, said = logged_in(bob), {"token": token(bob, image, kinds[0]), "pick": kinds[1].slug}
    assert "Somebody gave it as Gate valve" in browser.post("/review/", said).content.decode()
    browser.post("/review/", said | {"shows": "no"})
    assert Annotation.objects.get(account=bob).instead == kinds[1]


def test_without_scripts_the_last_verdict_is_taken_back_and_asked_again(kinds, bob):
    first, _ = stock(kinds[0], 2)
    browser = logged_in(bob)
    browser.post("/review/", {"token": token(bob, first, kinds[0]), "pick": "none"})
    page = browser.post("/review/", {"undo": "1"})
    assert not Annotation.objects.filter(account=bob).exists()
    assert unseal(bob, page.context["question"].token).image == first.pk
    assert browser.post("/review/", {"undo": "1"}).status_code == 409


def test_questions_come_by_the_dozen_without_those_held(kinds, bob):
    stock(kinds[0], 20)
    browser = logged_in(bob)
    first = browser.post("/review/questions.json", {"held": []}, "application/json").json()
    held = [one["token"] for one in first["questions"]]
    assert (len(held), first["waiting"]) == (12, 20)
    assert {one["slug"] for one in first["questions"][0]["candidates"]} == {kind.slug for kind in kinds}
    more = browser.post("/review/questions.json", {"held": held}, "application/json").json()
    assert len(more["questions"]) == 8


@pytest.mark.parametrize("held", [None, "x", [1], ["x"], ["x" * 76], [""] * 101])
def test_what_cannot_be_held_is_refused(held, bob):
    assert logged_in(bob).post("/review/questions.json", {"held": held}, "application/json").status_code == 400


def test_answers_are_kept_in_order_and_one_refused_keeps_no_other_waiting(kinds, bob):
    first, gone, last = stock(kinds[0], 3)
    from hub import catalogue

    catalogue.withdraw(gone)
    tokens = [token(bob, image, kinds[0]) for image in (first, gone, last)]
    said = [{"token": one, "pick": pick} for one, pick in zip(tokens, [kinds[1].slug, "none", "none"], strict=True)]
    results = send(logged_in(bob), *said).json()["results"]
    assert results[0] == {"kept": False, "words": "", "ask": {"slug": "gate-valve", "name": "Gate valve"}}
    assert (results[1]["kept"], results[1]["words"]) == (False, "This photo was taken back.")
    assert results[2] == {"kept": True, "words": "", "ask": None}
    assert [row.image for row in Annotation.objects.filter(account=bob)] == [last]


def test_an_answer_sent_twice_counts_once_and_says_nothing(kinds, bob):
    said = {"token": token(bob, stock(kinds[0], 1)[0], kinds[0]), "pick": "none"}
    results = send(logged_in(bob), said, said).json()["results"]
    assert [(one["kept"], one["words"]) for one in results] == [(True, ""), (False, "")]
    assert Annotation.objects.filter(account=bob).count() == 1


@pytest.mark.parametrize("answers", ["", "{}", "[1]", "[" * 2000, json.dumps([{}] * 101)])
def test_what_is_no_list_of_answers_is_refused(answers, bob):
    assert logged_in(bob).post("/review/answers.json", {"answers": answers}).status_code == 400


def test_an_answer_of_nonsense_is_told_so(bob):
    assert send(logged_in(bob), {"token": 5, "pick": ["x"]}).json()["results"][0]["kept"] is False


def test_gold_and_others_answer_alike(kinds, bob):
    known, fresh = stock(kinds[0], 2)
    verified(kinds[0], known, yes=3)
    hidden = seal(bob, Sealed(known.pk, kinds[0].pk, True))
    one, other = ({"token": which, "pick": kinds[0].slug} for which in (hidden, token(bob, fresh, kinds[0])))
    changed = [one | {"pick": "none"}, other | {"pick": "none"}]
    results = send(logged_in(bob), one, other, one, other, *changed).json()["results"]
    assert results[::2] == results[1::2]


def test_who_is_paused_is_told_why_and_who_can_lift_it(kinds, bob):
    image = stock(kinds[0], 1)[0]
    Account.objects.filter(pk=bob.pk).update(paused_at=timezone.now())
    browser = logged_in(bob)
    for path in ("/review/", "/review/grid/?label=gate-valve"):
        assert "a moderator can lift this" in browser.get(path).content.decode()
    refused = send(browser, {"token": token(bob, image, kinds[0]), "pick": "none"})
    assert (refused.status_code, refused.json()["code"]) == (403, "reviewing_paused")


def test_a_grid_is_chosen_marked_and_taken_back(kinds, bob):
    stock(kinds[0], 3)
    browser = logged_in(bob)
    assert "Gate valve" in browser.get("/review/grid/").content.decode()
    asked = browser.get("/review/grid/?label=gate-valve").context["asked"]
    said = {"token": [one.token for one in asked], "wrong": [asked[0].token]}
    browser.post("/review/grid/?label=gate-valve", said)
    assert Annotation.objects.filter(account=bob, verdict="no").get().image == asked[0].image
    assert Annotation.objects.filter(account=bob, verdict="yes").count() == 2
    page = browser.get("/review/grid/?label=gate-valve").content.decode()
    assert "Take the last 3 back" in page
    browser.post("/review/grid/?label=gate-valve", {"undo": "1"})
    assert not Annotation.objects.filter(account=bob).exists()
    assert "There is no label nut" in browser.get("/review/grid/?label=nut").content.decode()


def test_my_reviewing_counts_and_says_how_many_agreed(kinds, bob):
    image = stock(kinds[0], 1)[0]
    browser = logged_in(bob)
    assert "You have judged nothing yet" in browser.get("/review/mine/").content.decode()
    for who in (bob, factories.account()):
        verification.answer(who, token(who, image, kinds[0]), kinds[0].slug)
    page = browser.get("/review/mine/")
    assert "100 %" in page.content.decode()
    assert (page.context["given"], page.context["decided"], page.context["agreed"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("yes", "no", "words"),
    [
        (0, 0, "2 more verdicts needed"),
        (1, 0, "1 more verdict needed"),
        (1, 1, "2 more verdicts needed"),
        (3, 0, "Verified by 3 people"),
        (0, 2, "Refuted by 2 people"),
        (3, 2, "Opinions differ"),
    ],
)
def test_an_image_says_how_far_each_label_is(yes, no, words, kinds, client):
    image = stock(kinds[0], 1)[0]
    verified(kinds[0], image, yes=yes, no=no)
    assert words in client.get(image.get_absolute_url()).content.decode()
    told = client.get(f"/api/v1/images/{image.sha256}").json()["labels"][0]
    assert told["state"] == Claim.objects.get().state
    assert (told["yes"], told["no"]) == (yes + 1, no)


def test_a_label_says_how_much_of_it_is_verified(kinds, client):
    images = stock(kinds[0], 4)
    verified(kinds[0], images[0])
    page = client.get("/labels/valve/").content.decode()
    assert "Verified by people" in page
    assert "25%" in page
    assert "/review/grid/?label=valve" in page


@pytest.mark.parametrize("pick", ["\ud800", "none\ud800", "a\0b", 7, {"a": 1}])
def test_what_no_database_takes_is_no_answer(kinds, bob, pick):
    image = stock(kinds[0], 1)[0]
    answer = send(logged_in(bob), {"token": token(bob, image, kinds[0]), "pick": pick})
    assert answer.status_code in (200, 400)
    assert not Annotation.objects.filter(account=bob).exists()
