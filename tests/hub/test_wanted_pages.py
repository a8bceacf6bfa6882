"""Where people meet what is wanted: the board, the pages that lead to it, and the API."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hub.demand import subscriptions, watches
from hub.models import Shortfall, Subscription, Watch
from tests import factories, shelves
from tests.hub.api.conftest import Script
from tests.hub.conftest import logged_in

pytestmark = pytest.mark.django_db


def said(address: str, browser=None) -> str:
    answer = (browser or Client()).get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.fixture
def ball():
    """Five balls of a hundred that ada waits for, to teach a robot."""
    found = shelves.label("Ball", 5)
    watches.watch(factories.account(username="eve"), [found], note="for a robot <b>")
    return found


@pytest.mark.parametrize("address", ["/wanted/", "/labels/ball/", "/"])
def test_a_page_says_how_many_lack_and_who_waits(ball, address):
    words = said(address)
    assert "Needs 95 more, from new places" in words
    assert "one person waits" in words
    assert "“for a robot &lt;b&gt;”" in words
    assert "eve" in words


def test_tiles_and_the_page_that_takes_photos_say_what_is_wanted(ball, browser):
    assert "Wanted: 95 more" in said("/labels/")
    assert 'data-slug="ball">Ball</button>' in said("/give/", browser).partition("Wanted now")[2]


def test_the_board_says_what_to_do_where_nobody_waits(browser):
    factories.label("Valve")
    assert "Nobody waits for photos" in said("/wanted/")
    assert "Nothing under Valve is wanted now" in said("/wanted/?under=valve")
    assert "Nothing of yours is wanted now" in said("/wanted/?mine=1", browser)
    assert "Wanted now" not in said("/")


def test_the_board_is_filtered_by_its_address(ball, browser, supplier):
    cube = factories.label("Cube")
    watches.watch(supplier, [cube])
    for typed in ("cube", "Cube"):
        assert "/labels/ball/" not in said(f"/wanted/?under={typed}")
    mine = said("/wanted/?mine=1", browser)
    assert "/give/?label=cube" in mine
    assert "/give/?label=ball" not in mine
    assert Client().get("/wanted/?under=no-such-label").status_code == 404
    assert Client().get("/wanted/?under=a%00b").status_code == 400


def test_a_stranger_sees_the_board_and_changes_nothing(ball):
    assert "Hear no more" not in said("/wanted/?mine=1")
    for address in ("/labels/ball/subscribe/", "/labels/ball/watch/"):
        assert Client().post(address, {"do": "hear"}).status_code == 302
    assert Client().get("/labels/ball/watch/").status_code == 302
    assert (Subscription.objects.count(), Watch.objects.count()) == (0, 1)


def test_a_supplier_subscribes_pins_and_stops(ball, browser, supplier):
    browser.post("/labels/ball/subscribe/", {"do": "hear", "next": "label"})
    assert Subscription.objects.get().account == supplier
    assert "Hear no more when Ball is wanted" in said("/labels/ball/", browser)
    browser.post("/labels/ball/subscribe/", {"do": "pin"})
    assert Subscription.objects.get().pinned
    assert "Unpin" in said("/wanted/", browser)
    browser.post("/labels/ball/subscribe/", {"do": "unpin"})
    assert not Subscription.objects.get().pinned
    browser.post("/labels/ball/subscribe/", {"do": "stop"})
    assert not Subscription.objects.exists()
    assert browser.post("/labels/ball/subscribe/", {"do": "dance"}).status_code == 400


def test_photos_are_asked_for_with_a_number_and_a_note(browser, supplier):
    factories.label("Ball")
    assert 'value="250"' in said("/labels/ball/watch/?wanted=250", browser)
    browser.post("/labels/ball/watch/", {"wanted": "250", "note": "in snow"})
    row = Watch.objects.get()
    assert (row.account, row.wanted, row.note) == (supplier, 250, "in snow")
    again = said("/labels/ball/watch/", browser)
    assert 'value="250"' in again
    assert 'value="in snow"' in again
    assert "Change the wish" in again


@pytest.mark.parametrize("typed", [{"wanted": "0"}, {"wanted": "many"}, {"wanted": "10001"}, {"note": "x" * 201}])
def test_a_wish_nobody_can_mean_is_said_beside_its_field(browser, typed):
    factories.label("Ball")
    answer = browser.post("/labels/ball/watch/", typed)
    assert answer.status_code == 422
    assert 'class="errors"' in answer.content.decode()
    assert not Watch.objects.exists()


def test_odd_numbers_in_the_address_are_no_matter(browser):
    factories.label("Ball")
    for odd in ("²", "-1", "9" * 30, "x"):
        assert 'value="100"' in said(f"/labels/ball/watch/?wanted={odd}", browser)


def test_the_builder_leads_to_asking_and_a_refused_freeze_is_wanted(browser, supplier):
    shelves.label("Ball")
    shelves.label("Cube", 2)
    address = "/datasets/new/?label=ball&label=cube"
    assert "/labels/cube/watch/" in said(address, browser)
    assert browser.post(address, {"name": "Things"}).status_code == 422
    row = Shortfall.objects.get()
    assert (row.account, row.label.name, row.source) == (supplier, "Cube", "selection")


def test_a_version_refused_to_a_script_is_wanted():
    ada = factories.account()
    made = shelves.named(ada)
    made.selection["licences"] = ["CC0-1.0"]
    made.save()
    answer = Script(ada).post(f"/datasets/{made.pk}/versions")
    assert answer.status_code == 422
    assert set(Shortfall.objects.values_list("account", "label__name")) == {(ada.pk, "Ball"), (ada.pk, "Cube")}


def test_a_refused_training_is_wanted_and_its_labels_are_asked_for(supplier):
    supplier.plan = "premium"
    supplier.save()
    browser = logged_in(supplier)
    shelves.label("Ball", 30)
    shelves.label("Cube", 12)
    address = "/trainings/new/?label=ball&label=cube"
    browser.post(address, {"backbone": "scratch"})
    assert Shortfall.objects.get().source == "training"
    browser.post(address, {"watch": "1", "wanted": "60", "note": "for a robot"})
    assert Watch.objects.values_list("label__name", "wanted", "note").get() == ("Cube", 60, "for a robot")
    assert browser.post(address, {"watch": "1", "wanted": "none"}).status_code == 422


def test_the_board_for_scripts(ball):
    answer = Client().get("/api/v1/wanted").json()
    row = answer["items"][0]
    assert answer["next"] is None
    counted = ("slug", "groups", "suppliers", "countries", "wanted", "missing", "people")
    assert {name: row[name] for name in counted} == {
        "slug": "ball", "groups": 5, "suppliers": 1, "countries": 0, "wanted": 100, "missing": 95, "people": 1
    }  # fmt: skip
    assert row["notes"] == ["for a robot <b>"]
    assert "eve" not in str(row)
    assert Client().get("/api/v1/wanted?under=ball").json()["items"] == answer["items"]
    assert Client().get("/api/v1/wanted?under=none").status_code == 422
    assert Client().get("/api/v1/wanted?wanted=3").status_code == 422


def test_scripts_page_through_the_board(ball, monkeypatch):
    usual = {"under": None, "mine": False, "after": "", "limit": 1}
    monkeypatch.setattr("hub.demand.wanted.board.__kwdefaults__", usual)
    watches.watch(factories.account(), [factories.label("Cube")], wanted=20)
    first = Client().get("/api/v1/wanted").json()
    second = Client().get(first["next"]).json()
    assert [page["items"][0]["slug"] for page in (first, second)] == ["ball", "cube"]
    assert second["next"] is None


def test_the_board_needs_as_many_queries_for_many_labels_as_for_one(ball, supplier, browser, django_assert_num_queries):
    browser.get("/wanted/")
    with CaptureQueriesContext(connection) as one:
        browser.get("/wanted/")
    for number in range(8):
        label = shelves.label(f"Thing {number}", 1)
        watches.watch(factories.account(), [label], note="please")
        subscriptions.subscribe(supplier, label)
        watches.watch(supplier, [label])
    with django_assert_num_queries(len(one)):
        browser.get("/wanted/")
