"""The page that builds datasets: its address is the selection, its buttons change it, its mistakes are said."""

import pytest
from django.http import QueryDict
from django.test import Client

from hub import choosing
from hub.models import Dataset, DatasetVersion, Image
from hub.selections import TOGETHER, read
from tests import factories, shelves
from tests.parts import empty_storage
from tests.stock import also, stock

pytestmark = pytest.mark.django_db
NEW = "/datasets/new/"


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    empty_storage(settings, tmp_path)


@pytest.fixture
def two():
    """Two labels with twenty images each: ball and cube."""
    return shelves.label("Ball"), shelves.label("Cube")


def page(address: str, browser=None) -> tuple[int, str]:
    answer = (browser or Client()).get(address)
    return answer.status_code, " ".join(answer.content.decode().split())


def test_an_address_shows_what_its_selection_gives(two):
    status, said = page(f"{NEW}?label=ball&label=cube")
    assert status == 200
    assert "<b>20</b>" in said
    assert "20 distinct, 1 supplier" in said
    assert "20 of 100:" in said
    assert "/labels/ball/watch/" in said


def test_a_label_that_does_not_exist_is_said_and_kept_in_sight(two):
    for slug in ("bal", "Ball", "owner__password"):
        status, said = page(f"{NEW}?label={slug}&label=cube")
        assert status == 422
        assert f"<h3>{slug}</h3>" in said
        assert "There is no such label." in said


@pytest.mark.parametrize(
    ("query", "place", "words"),
    [
        ("min_side=abc", "min_side", "abc is not a value of the shorter side."),
        ("per_class=-1", "per_class", "-1 is not a value of photos of one label."),
        ("country=fr", "countries", "fr is not a value of the country."),
        ("licences=gpl", "licences", "gpl is not a value of the licence."),
        ("without=ugly", "without", "ugly is not a value of what to leave out."),
        ("since=yesterday", "since", "yesterday is not a value of the first day."),
        ("train=80&validation=30&test=10", "split", "The shares 0.8 + 0.3 + 0.1 do not add up to 1."),
        ("train=1e999&test=10", "train", "inf is not a value of the share of train."),
        ("train=1e9999999&test=10", "train", "1e9999999 is not a value of the share of train."),
        ("train=0&test=100", "split", "Nothing would be left to train on."),
        ("folds=1", "folds", "1 is not a value of the number of folds."),
        ("together=planet", "together", "planet is not a value of what is kept together."),
        ("overlap=shuffle", "overlap", "shuffle is not a value of what becomes of photos of two labels."),
        ("exact=bell", "exact", "bell is not a value of the labels chosen."),
        ("label=ball", "labels", "A label is chosen twice."),
        ("owner__password__startswith=a", "labels", "There is no filter owner__password__startswith."),
    ],
)
def test_a_mistake_is_said_beside_its_field(two, query, place, words):
    answer = Client().get(f"{NEW}?label=ball&label=cube&{query}")
    assert answer.status_code == 422
    assert answer.context["error"]["field"] == place
    assert answer.context["error"]["words"] == words
    assert words in answer.content.decode()


def test_nothing_chosen_is_no_mistake_but_a_beginning(two):
    status, said = page(NEW)
    assert status == 200
    assert f'href="{NEW}?label=ball"' in said


def test_buttons_change_the_address(two):
    factories.label("Ring")
    press = {
        "add=Ring": "label=ball&label=cube&label=ring",
        "up=cube": "label=cube&label=ball",
        "down=ball": "label=cube&label=ball",
        "drop=ball": "label=cube",
        "add=ball&exact=cube&seed=0&min_side=": "label=ball&label=cube&exact=cube",
    }
    for pressed, became in press.items():
        answer = Client().get(f"{NEW}?label=ball&label=cube&{pressed}")
        assert (answer.status_code, answer["Location"]) == (302, f"{NEW}?{became}")


def test_adding_what_is_no_label_is_said(two):
    status, said = page(f"{NEW}?label=ball&add=Zeppelin")
    assert status == 422
    assert "There is no label “Zeppelin”." in said


def test_an_overlap_asks_what_should_become_of_it(two):
    ball, cube = two
    also(cube, *Image.objects.filter(image_labels__label=ball)[:3])
    status, said = page(f"{NEW}?label=ball&label=cube")
    assert status == 200
    assert "3 photos of Ball are also under Cube" in said
    assert "Say what should become of them." in said
    assert "Say what should become of them." not in page(f"{NEW}?label=ball&label=cube&overlap=drop")[1]


def test_too_few_photos_are_said_at_their_label(two):
    stock(factories.label("Ring"), 3)
    said = page(f"{NEW}?label=ball&label=cube&label=ring")[1]
    assert "Ring has 3 distinct photos, too few for a share of test" in said


def test_every_selection_survives_its_address(two):
    ball, cube = two
    full = {
        "labels": [{"id": cube.pk, "below": False}, ball.pk],
        "overlap": "first",
        "verified": True,
        "min_side": 300,
        "licences": ["CC0-1.0", "CC-BY-4.0"],
        "countries": ["FR", "PT"],
        "without": ["dark", "drawn"],
        "per_supplier": 5,
        "per_class": 50,
        "since": "2024-01-31",
        "until": "2026-01-31",
        "split": {"train": 0.6667, "validation": 0.1333, "test": 0.2, "seed": 7, "together": "batch"},
    }
    folded = {"labels": [ball.pk], "licences": ["CC-BY-SA-4.0"], "split": {"train": 0.8, "test": 0.2, "folds": 5}}
    for asked in (full, folded, {"labels": [ball.pk, cube.pk]}):
        query = QueryDict(choosing.address(read(asked)))
        assert read(choosing.fields(query, choosing.rows(query))) == read(asked)


def test_what_goes_without_saying_is_not_in_the_address(two):
    ball, cube = two
    assert choosing.address(read({"labels": [ball.pk, cube.pk]})) == "label=ball&label=cube"


def test_everything_that_can_be_kept_together_has_words():
    assert set(choosing.KEPT_TOGETHER) == {"", *TOGETHER}


def test_saving_names_the_selection_and_orders_its_first_version(two, browser, supplier):
    answer = browser.post(
        f"{NEW}?label=cube&label=ball&seed=3", {"name": "Round or not", "description": "For a robot."}
    )
    made = Dataset.objects.get()
    assert answer["Location"] == f"/datasets/{made.pk}/versions/1/"
    assert (made.owner, made.name, made.public) == (supplier, "Round or not", False)
    assert [one["id"] for one in made.selection["labels"]] == [two[1].pk, two[0].pk]
    assert "Waiting for a worker" in page(answer["Location"], browser)[1]
    factories.work_off()
    assert DatasetVersion.objects.get().state == "ready"
    assert page(answer["Location"], browser)[0] == 200


@pytest.mark.parametrize(
    ("query", "name", "said"),
    [
        ("label=ball&label=cube", "", "A dataset needs a name"),
        ("label=ball&label=cube", "x" * 101, "at most 100 characters."),
        ("label=ball&label=cube", " \t ", "A dataset needs a name"),
        ("label=ball", "Balls", "Only one label is chosen."),
        ("", "Nothing", "No label is chosen."),
        ("label=bell&label=cube", "Bells", "There is no such label."),
    ],
)
def test_what_cannot_be_saved_is_said_and_leaves_nothing(two, browser, query, name, said):
    answer = browser.post(f"{NEW}?{query}", {"name": name})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Dataset.objects.exists()


def test_a_stranger_may_look_but_must_log_in_to_save(two):
    assert "Log in to freeze it" in page(f"{NEW}?label=ball&label=cube")[1]
    answer = Client().post(f"{NEW}?label=ball&label=cube", {"name": "Mine"})
    assert answer["Location"] == "/accounts/login/?next=/datasets/new/%3Flabel%3Dball%26label%3Dcube"
    assert not Dataset.objects.exists()
