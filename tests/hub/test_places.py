"""Where photos were taken: never finer than a cell."""

import math

import pytest

from hub import places
from hub.models import Batch, Job, Place
from tests import factories

pytestmark = pytest.mark.django_db


def test_two_points_of_one_cell_are_one_place():
    assert places.at(38.712345, -9.139876) == places.at(38.6500, -9.0100)
    assert Place.objects.get().centre == (38.7, -9.1)


def test_nothing_finer_than_the_cell_is_stored():
    places.at(38.712345, -9.139876)
    assert "7123" not in str(Place.objects.values().get())


@pytest.mark.parametrize("point", [(91, 0), (0, 181), (math.nan, 0), (0, math.inf), (-90.1, 0)])
def test_a_point_off_the_map_has_no_place(point):
    assert places.at(*point) is None


@pytest.mark.parametrize("point", [(90, 180), (-90, -180), (0, 180), (90, -180)])
def test_the_edges_of_the_map_have_one(point):
    assert places.at(*point).row in range(900)


def test_typed_coordinates_become_a_cell_and_a_typed_town_a_query():
    assert places.typed(" 38.7123, -9.1399 ") == places.at(38.7, -9.1)
    assert places.typed("  LISBON\t ").query == "lisbon"
    assert places.typed("lisbon") == places.typed("Lisbon")


@pytest.mark.parametrize("text", ["", "  ", "\0", "\u202e", "95, 200"])
def test_nothing_usable_is_no_place(text):
    assert places.typed(text) is None


def test_a_place_is_looked_up_once():
    place = places.at(38.7, -9.1)
    assert places.lookup(place) == places.lookup(place)
    assert Job.objects.count() == 1
    Place.objects.update(source="unknown")
    assert places.lookup(Place.objects.get()) is None


def test_a_place_is_shown_as_exactly_as_its_supplier_allows():
    place = places.at(38.7, -9.1)
    Place.objects.update(city="Lisbon", region="Lisboa", country="Portugal", country_code="PT")
    batch = factories.batch()
    for precision, words in [("open", "Lisbon, Portugal"), ("region", "Lisboa, Portugal"), ("hidden", "")]:
        Batch.objects.update(place=None if precision == "hidden" else place, precision=precision)
        assert places.shown(Batch.objects.select_related("place").get(pk=batch.pk)) == words
