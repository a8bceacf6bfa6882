"""What is wanted: demand is everybody who waits, supply is distinct photos, people and countries."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from hub.demand import shortfalls, subscriptions, wanted, watches
from hub.models import Job, Notice, Shortfall, Subscription, Wanted, Watch
from hub.problems import Refused
from hub.selections import read
from tests import factories, shelves
from tests.parts import broken
from tests.stock import alike, placed, stock
from workers import upkeep

pytestmark = pytest.mark.django_db


def board(*args, **asked) -> list[str]:
    return [wish.label.name for wish in wanted.board(*args, **asked)[0]]


def test_a_label_lacks_what_is_wanted_less_its_distinct_photos():
    ball = shelves.label("Ball", 5)
    alike(*stock(ball, 2))
    watches.watch(factories.account(), [ball], wanted=50)
    wish = wanted.of(ball)
    assert (wish.groups, wish.suppliers, wish.missing, wish.people) == (6, 2, 44, 1)


def test_who_wants_a_label_in_three_ways_waits_once():
    ada, ball = factories.account(), shelves.label("Ball", 5)
    watches.watch(ada, [ball], wanted=10)
    shortfalls.keep(ada, Shortfall.Source.SELECTION, [(ball, 30)])
    shortfalls.keep(ada, Shortfall.Source.TRAINING, [(ball, 15)])
    watches.watch(factories.account(), [ball], wanted=20)
    row = Wanted.objects.get()
    assert (row.people, row.wanted) == (2, 35)  # five are there, and thirty more were lacking
    assert broken() == {}


def test_what_lacks_most_stands_first_and_what_is_pinned_before_it():
    ada = factories.account()
    for name, number in (("Ball", 30), ("Cube", 300), ("Dice", 20)):
        watches.watch(ada, [factories.label(name)], wanted=number)
    assert board() == ["Cube", "Ball", "Dice"]
    subscriptions.subscribe(ada, Watch.objects.get(label__name="Dice").label, pinned=True)
    assert board(ada) == ["Dice", "Cube", "Ball"]
    assert board() == ["Cube", "Ball", "Dice"]


def test_pages_of_the_board_hold_every_label_once():
    ada = factories.account()
    for number in range(7):
        watches.watch(ada, [factories.label(f"Thing {number}")], wanted=10 + number % 3)
    subscriptions.subscribe(ada, Watch.objects.earliest("id").label, pinned=True)
    after, found = "", []
    for _ in range(9):
        page, after = wanted.board(ada, after=after, limit=2)
        found += [wish.label.name for wish in page]
        if not after:
            break
    assert found == board(ada)
    assert len(set(found)) == 7


def test_an_odd_cursor_begins_anew():
    watches.watch(factories.account(), [factories.label("Ball")])
    for odd in ("x", "1_2_3", "1_2_3_" + "9" * 40, "-1_2_3_4"):
        assert board(after=odd) == ["Ball"]


def test_a_label_that_has_enough_is_wanted_no_more():
    ball = shelves.label("Ball", 5)
    watches.watch(factories.account(), [ball], wanted=6)
    stock(ball, 1)
    assert wanted.of(ball) is None
    assert board() == []


def test_the_board_of_a_label_holds_its_kinds_and_mine_what_i_ask_for_or_give():
    ada, bob = factories.account(), factories.account()
    toy = factories.label("Toy")
    kite, ball, valve = (
        factories.label(name, *above) for name, above in (("Kite", [toy]), ("Ball", [toy]), ("Valve", []))
    )
    watches.watch(bob, [kite, ball, valve])
    assert board(under=toy) == ["Kite", "Ball"]
    assert board(ada, mine=True) == []
    subscriptions.subscribe(ada, toy)
    assert board(ada, mine=True) == ["Kite", "Ball"]
    assert len(board(bob, mine=True)) == 3


def test_where_variety_lacks_it_is_said():
    here, there = placed("DE", "52.5, 13.4"), placed("KE", "-1.3, 36.8")
    far = placed("PT", "41.1, -8.6")
    ball = factories.label("Ball")
    watches.watch(factories.account(), [ball])
    assert wanted.of(ball).rather == ""
    ada = factories.account()
    stock(ball, 2, ada, place=here)
    assert wanted.of(ball).rather == "from new places"
    stock(ball, 1, ada, place=there)
    stock(ball, 1, ada, place=far)
    assert wanted.of(ball).rather == "from other people"
    for _ in range(2):
        stock(ball, 1)
    assert wanted.of(ball).rather == ""


def test_notes_are_shown_newest_first_and_none_of_who_is_suspended():
    ball = factories.label("Ball")
    for number in range(4):
        watches.watch(factories.account(), [ball], note=f"for robot {number}")
    watches.watch(factories.account(suspended_at=timezone.now()), [ball], note="buy pills")
    Watch.objects.filter(note="for robot 0").update(created_at=timezone.now() + timedelta(hours=1))
    assert [note.text for note in wanted.of(ball).notes] == ["for robot 0", "for robot 3", "for robot 2"]


def test_a_number_that_is_none_is_refused_and_a_note_kept_as_one_harmless_line():
    ada, ball = factories.account(), factories.label("Ball")
    for number in (0, -3, 10_001):
        with pytest.raises(Refused):
            watches.watch(ada, [ball], wanted=number)
    watches.watch(ada, [ball], note="in\nsnow\x00 " + "o" * 300)
    assert Watch.objects.get().note.startswith("in snow o")
    assert len(Watch.objects.get().note) == 200


def test_nobody_waits_for_more_than_a_hundred_labels(monkeypatch):
    monkeypatch.setattr(watches, "MAX_WATCHES", 2)
    ada, labels = factories.account(), [factories.label(name) for name in ("Ball", "Cube", "Dice")]
    watches.watch(ada, labels[:2])
    watches.watch(ada, labels[1:2], wanted=7)
    with pytest.raises(Refused, match="too_many_watches"):
        watches.watch(ada, labels[2:])
    Watch.objects.filter(label=labels[0]).update(ready_at=timezone.now())
    watches.watch(ada, labels[2:])
    assert Watch.objects.count() == 3


def test_who_asks_for_no_number_asks_for_more_than_there_is():
    assert watches.usual(shelves.label("Ball", 3)) == 100
    full = factories.label("Full")
    stock(full, 101)
    assert watches.usual(full) == 200


class TestSubscriptions:
    def wish(self, label, **asked):
        upkeep.ring(*watches.watch(factories.account(), [label], **asked))
        factories.work_off()

    def test_who_gives_a_label_or_what_stands_above_hears_once_a_day(self):
        toy = factories.label("Toy")
        ball = factories.label("Ball", toy)
        for name, label in (("ada", toy), ("bob", ball)):
            subscriptions.subscribe(factories.account(email=f"{name}@example.org"), label)
        subscriptions.subscribe(factories.account(), factories.label("Valve"))
        for _ in range(2):
            self.wish(ball, wanted=40, note="in snow")
        assert sorted(message.to[0] for message in mail.outbox) == ["ada@example.org", "bob@example.org"]
        told = Notice.objects.filter(kind="label_wanted").first()
        assert told.about == {
            "label": {"name": "Ball", "slug": "ball"}, "wanted": 40, "people": 1, "note": "in snow"
        }  # fmt: skip
        assert Notice.objects.count() == 2

    def test_nobody_is_told_of_their_own_wish_nor_while_suspended(self):
        ball, ada = factories.label("Ball"), factories.account()
        subscriptions.subscribe(ada, ball)
        subscriptions.subscribe(factories.account(suspended_at=timezone.now()), ball)
        watches.watch(ada, [ball])
        assert not Notice.objects.exists()

    def test_a_wish_that_only_shrinks_or_changes_its_words_tells_nobody(self):
        ball, ada = factories.label("Ball"), factories.account()
        watches.watch(ada, [ball], wanted=50)
        subscriptions.subscribe(factories.account(), ball)
        watches.watch(ada, [ball], wanted=40, note="or so")
        assert not Notice.objects.exists()
        watches.watch(ada, [ball], wanted=60)
        assert Notice.objects.count() == 1

    def test_a_subscription_is_pinned_loosened_and_stopped(self):
        ball, ada = factories.label("Ball"), factories.account()
        subscriptions.subscribe(ada, ball, pinned=True)
        subscriptions.subscribe(ada, ball)
        assert Subscription.objects.get().pinned is False
        subscriptions.stop(ada, ball)
        assert not Subscription.objects.exists()


class TestShortfalls:
    def chosen(self, *labels, **fields):
        return read({"labels": [label.pk for label in labels], **fields})

    def test_a_refused_selection_wants_what_its_split_lacks(self):
        ada = factories.account()
        ball, cube, none = shelves.label("Ball"), shelves.label("Cube", 3), factories.label("None")
        shortfalls.note("empty_class", ada, self.chosen(ball, cube, none))
        found = dict(Shortfall.objects.values_list("label__name", "wanted"))
        assert set(found) == {"Cube", "None"}
        assert found["None"] == found["Cube"] > 3

    def test_what_filters_leave_out_is_lacking_beyond_what_is_there(self):
        ada, ball, cube = factories.account(), shelves.label("Ball", 40), shelves.label("Cube", 40)
        shortfalls.note("nothing_selected", ada, self.chosen(ball, cube, licences=["CC0-1.0"]))
        row = Shortfall.objects.get(label=ball)
        assert row.wanted > 40
        assert wanted.of(ball).missing == row.wanted - 40

    def test_a_refused_training_wants_what_a_class_needs(self):
        ada, ball, cube = factories.account(), shelves.label("Ball", 40), shelves.label("Cube", 12)
        shortfalls.note("too_few_to_train", ada, self.chosen(ball, cube))
        row = Shortfall.objects.get()
        assert (row.label, row.source, row.wanted) == (cube, "training", 20)

    def test_other_refusals_want_nothing(self):
        ada, ball = factories.account(), shelves.label("Ball", 3)
        for code in ("one_class", "overlap_undecided", "dataset_name"):
            assert shortfalls.note(code, ada, self.chosen(ball)) == []
        assert not Shortfall.objects.exists()

    def test_a_refusal_tells_who_gives_the_label_and_only_the_first_time(self):
        ada, ball = factories.account(), factories.label("Ball")
        subscriptions.subscribe(factories.account(email="bob@example.org"), ball)
        jobs = [len(shortfalls.keep(ada, "selection", [(ball, 5)])) for _ in range(2)]
        assert jobs == [1, 0]
        assert Job.objects.filter(kind="mail").count() == 1

    def test_it_is_met_once_there_are_enough_and_open_again_at_the_next_refusal(self):
        ada, ball = factories.account(), shelves.label("Ball", 3)
        shortfalls.keep(ada, "selection", [(ball, 2)])
        shortfalls.settle()
        assert Shortfall.objects.get().met_at is None
        stock(ball, 2)
        shortfalls.settle()
        assert Shortfall.objects.get().met_at is not None
        assert not Wanted.objects.exists()
        shortfalls.keep(ada, "selection", [(ball, 2)])
        assert (Shortfall.objects.get().met_at, Wanted.objects.get().wanted) == (None, 7)

    def test_it_is_forgotten_after_ninety_days(self):
        shortfalls.keep(factories.account(), "selection", [(factories.label("Ball"), 2)])
        Shortfall.objects.update(refused_at=timezone.now() - timedelta(days=91))
        upkeep.tidy()
        assert not Shortfall.objects.exists()
        assert not Wanted.objects.exists()


def test_who_leaves_wants_nothing_more():
    ada, ball = factories.account(), factories.label("Ball")
    watches.watch(ada, [ball])
    shortfalls.keep(ada, "training", [(ball, 2)])
    subscriptions.subscribe(ada, ball)
    wanted.leave(ada)
    assert [model.objects.count() for model in (Watch, Shortfall, Subscription, Wanted)] == [0, 0, 0, 0]
    assert broken() == {}
