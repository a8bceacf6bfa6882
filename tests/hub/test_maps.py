"""The map of the world."""

import gzip
import re
import subprocess
import sys

import pytest

from hub import browse, maps


@pytest.fixture(scope="module")
def shapes():
    """The path of each country in the file of borders."""
    return dict(re.findall(r'<path id="([A-Z]{2})" d="([^"]+)"', maps.borders()))


def shaded(counts: dict[str, int]) -> dict[str, maps.Country]:
    return {country.code: country for layer in maps.world(counts) for country in layer.countries}


def corners(path: str) -> list[tuple[int, int]]:
    """The absolute points of a path."""
    found = []
    for x, y, steps in re.findall(r"M(\d+) (\d+)l([^z]+)z", path):
        points = [(int(x), int(y))]
        numbers = [int(n) for n in re.findall(r"-?\d+", steps)]
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            points.append((points[-1][0] + dx, points[-1][1] + dy))
        found += points
    return found


def test_the_borders_are_drawn_in_few_bytes(shapes):
    assert len(shapes) > 170
    assert len(maps.borders()) <= 60 * 1024
    assert len(gzip.compress(maps.borders().encode())) <= 18 * 1024


def test_a_map_carries_no_borders_and_a_browser_keeps_them(client, db):
    page = browse.world(browse.Stats())
    address = re.search(r'<use class="l0" href="(/borders-[0-9a-f]{12}\.svg)#land"/>', page)[1]
    response = client.get(address, headers={"accept-encoding": "gzip"})
    assert gzip.decompress(response.content).decode() == maps.borders()
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/borders-000000000000.svg").status_code == 404
    assert maps.borders()[100:200] not in page


def test_every_country_lies_inside_the_view_box(shapes):
    points = [point for path in shapes.values() for point in corners(path)]
    assert all(0 <= x <= maps.WIDTH and 0 <= y <= maps.HEIGHT for x, y in points)


@pytest.mark.parametrize(
    ("code", "longitude", "latitude"), [("PT", -8, 39.5), ("HU", 19, 47), ("MM", 96, 21), ("AU", 134, -25)]
)
def test_a_country_is_drawn_where_it_lies(shapes, code, longitude, latitude):
    x, y = maps.project(longitude, latitude)
    xs, ys = zip(*corners(shapes[code]), strict=True)
    assert min(xs) < x < max(xs)
    assert min(ys) < y < max(ys)


def test_antarctica_is_left_out(shapes):
    assert "AQ" not in shapes


def test_shades_grow_with_the_count():
    found = shaded({"PT": 1, "FR": 40, "US": 1000})
    assert (found["US"].level, found["US"].n, found["US"].name) == (5, 1000, "United States")
    assert 1 <= found["PT"].level < found["FR"].level < 5
    assert found.keys() == {"PT", "FR", "US"}
    assert shaded({"PT": 1})["PT"].level == 5


def test_countries_without_a_border_lie_lowest(shapes):
    discs, land = maps.world(dict.fromkeys(shapes, 1))
    assert (discs.name, land.name) == ("discs", "land")
    assert len(land.countries) > 150
    assert {country.code for country in discs.countries} & {"HU", "MM"}


def test_a_country_that_is_not_drawn_is_not_shaded():
    assert shaded({"SG": 5, "ZZ": 1, "PT": 0}) == {}


def test_cells_become_dots_the_largest_first():
    dots = maps.cells({"643,854": 1, "653,529": 100, "10,10": 5})
    assert [dot.n for dot in dots] == [100, 1]  # the one near the south pole is off the map
    assert (dots[1].x, dots[1].y) == maps.project(-9.1, 38.7)
    assert dots[0].r > dots[1].r
    assert maps.cells({}) == []


def test_importing_the_map_reads_no_data():
    code = "import sys; from hub import maps; print(maps._layers.cache_info().currsize, 'numpy' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "0 False\n"
    )
