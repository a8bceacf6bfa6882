"""Queue `places`: what becomes of a place that nobody has looked up."""

import itertools
import threading
import time

import pytest
from django.core.cache import cache

from hub import places
from hub.models import Job, Place
from tests import nominatim
from workers import geocoding
from workers import places as tasks

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_turn():
    cache.delete(tasks.TURN)


@pytest.fixture
def server(settings):
    with nominatim.serving() as running:
        settings.NOMINATIM_URL = running.url
        settings.NOMINATIM_USER_AGENT = "our-hub/1"
        yield running


def located(place: Place) -> Place:
    """The place after a worker has done its job, if there was one."""
    if job := places.lookup(place):
        tasks.locate(job.pk)
        assert Job.objects.get(pk=job.pk).state == "done"
    place.refresh_from_db()
    return place


def names(place: Place) -> tuple[str, str, str, str, str]:
    return place.source, place.country_code, place.country, place.region, place.city


def test_nominatim_is_asked_about_the_middle_of_the_cell_and_told_who_asks(server):
    place = located(places.at(38.712345, -9.139876))
    assert names(place) == ("nominatim", "PT", "Portugal", "Lisboa", "Lisbon")
    assert place.looked_up_at is not None
    path, query, agent, _ = server.asked[0]
    assert (path, query["lat"], query["lon"], agent) == ("/reverse", "38.7", "-9.1", "our-hub/1")
    assert "712345" not in str(server.asked)


def test_a_second_photo_in_the_cell_asks_nothing(server):
    located(places.at(38.712345, -9.139876))
    located(places.at(38.790001, -9.010001))
    assert (len(server.asked), Place.objects.count()) == (1, 1)


def test_a_job_for_a_place_that_is_known_by_now_asks_nothing(server):
    place = places.at(38.7, -9.1)
    job = places.lookup(place)
    Place.objects.update(source="offline")
    tasks.locate(job.pk)
    assert (server.asked, Job.objects.get().state) == ([], "done")


def test_a_typed_town_gets_the_cell_of_its_middle_and_no_more(server):
    place = located(places.typed("Lisbon"))
    assert names(place) == ("nominatim", "PT", "Portugal", "Lisboa", "Lisbon")
    assert place.centre == (38.7, -9.1)
    assert server.queries[0]["q"] == "lisbon"


def test_without_a_server_the_data_here_answers():
    place = located(places.at(38.712345, -9.139876))
    assert names(place) == ("offline", "PT", "Portugal", "", "Lisbon")
    town = located(places.typed("Paris, Texas"))
    assert (names(town), town.centre) == (("offline", "US", "United States", "Texas", "Paris"), (33.7, -95.5))


@pytest.mark.parametrize("trouble", [{"status": 429}, {"status": 500}, {"body": b"<html>"}, {"delay": 0.5}])
def test_a_server_in_trouble_fails_no_job(server, monkeypatch, trouble):
    monkeypatch.setattr(geocoding, "TIMEOUT", 0.2)
    vars(server).update(trouble)
    assert names(located(places.at(38.7, -9.1))) == ("offline", "PT", "Portugal", "", "Lisbon")


def test_where_nominatim_sees_only_water_the_nearest_town_is_told(server):
    server.answer = {"error": "Unable to geocode"}
    assert located(places.at(38.7, -9.1)).city == "Lisbon"


def test_a_place_that_does_not_exist_is_unknown_and_not_asked_again(server):
    server.answer, server.body = None, b"[]"
    place = located(places.typed("Nowhere at all"))
    assert (names(place), place.centre) == (("unknown", "", "", "", ""), None)
    assert places.lookup(place) is None


def test_names_that_are_too_long_or_hold_a_nul_are_cut_to_fit(server):
    address = {"city": "L\0" + "i" * 200, "country": "P" * 200, "country_code": "pt"}
    server.answer = {**nominatim.LISBON, "address": address}
    place = located(places.at(38.7, -9.1))
    assert (len(place.city), len(place.country), place.city[:2]) == (120, 80, "Li")


def test_markup_in_an_answer_is_kept_as_text(server):
    server.answer = {**nominatim.LISBON, "address": {**nominatim.LISBON["address"], "city": "<b>{{ x }}"}}
    assert located(places.at(38.7, -9.1)).city == "<b>{{ x }}"


def test_several_callers_ask_at_most_once_a_second(server):
    server.delay = 0.1

    def ask(n: int) -> None:
        tasks.asked(Place(query=f"town {n}"))

    callers = [threading.Thread(target=ask, args=(n,)) for n in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    times = sorted(when for _, _, _, when in server.asked)
    assert len(times) == 3
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= 1


def test_a_turn_is_known_to_other_processes(server):
    """The turn is a key in the Redis all processes share, so it holds for each of them."""
    with tasks.turn():
        assert not cache.add(tasks.TURN, 1)
    assert not cache.add(tasks.TURN, 1)
    started = time.monotonic()
    with tasks.turn():
        assert time.monotonic() - started >= 0.8


def test_who_waits_too_long_for_a_turn_is_answered_offline(server, monkeypatch):
    monkeypatch.setattr(tasks, "PATIENCE", 0.1)
    cache.set(tasks.TURN, 1, 30)
    assert located(places.at(38.7, -9.1)).source == "offline"
    assert server.asked == []
