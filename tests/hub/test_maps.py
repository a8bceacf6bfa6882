"""The map of the world."""

import gzip
import re
import subprocess
import sys

import pytest

from hub import maps


@pytest.fixture(scope="module")
def empty():
    return {country.code: country for country in maps.world({})}


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


def test_the_world_is_drawn_in_few_bytes(empty):
    paths = "".join(country.path for country in empty.values())
    assert len(empty) > 170
    assert len(paths) <= 45 * 1024
    assert len(gzip.compress(paths.encode())) <= 18 * 1024


def test_every_country_lies_inside_the_view_box(empty):
    points = [point for country in empty.values() for point in corners(country.path)]
    assert all(0 <= x <= maps.WIDTH and 0 <= y <= maps.HEIGHT for x, y in points)


@pytest.mark.parametrize(
    ("code", "longitude", "latitude"), [("PT", -8, 39.5), ("HU", 19, 47), ("MM", 96, 21), ("AU", 134, -25)]
)
def test_a_country_is_drawn_where_it_lies(empty, code, longitude, latitude):
    x, y = maps.project(longitude, latitude)
    xs, ys = zip(*corners(empty[code].path), strict=True)
    assert min(xs) < x < max(xs)
    assert min(ys) < y < max(ys)


def test_antarctica_is_left_out(empty):
    assert "AQ" not in empty


def test_shades_grow_with_the_count():
    found = {country.code: country for country in maps.world({"PT": 1, "FR": 40, "US": 1000})}
    assert (found["US"].level, found["US"].n, found["ES"].level, found["ES"].n) == (5, 1000, 0, 0)
    assert 1 <= found["PT"].level < found["FR"].level < 5
    assert {country.level for country in maps.world({"PT": 1})} == {0, 5}


def test_a_country_without_a_border_is_still_listed():
    found = {country.code: country for country in maps.world({"SG": 5, "ZZ": 1})}
    assert (found["SG"].name, found["SG"].path, found["SG"].n) == ("Singapore", "", 5)
    assert found["ZZ"].name == "ZZ"


def test_cells_become_dots_the_largest_first():
    dots = maps.cells({"643,854": 1, "653,529": 100, "10,10": 5})
    assert [dot.n for dot in dots] == [100, 1]  # the one near the south pole is off the map
    assert (dots[1].x, dots[1].y) == maps.project(-9.1, 38.7)
    assert dots[0].r > dots[1].r
    assert maps.cells({}) == []


def test_importing_the_map_reads_no_data():
    code = "import sys; from hub import maps; print(maps._paths.cache_info().currsize, 'numpy' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "0 False\n"
    )
