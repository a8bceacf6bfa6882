"""Names of places, by geopy: asks a Nominatim, or open data that packages ship. Knows nothing of the hub."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import geopy.geocoders
from geopy.adapters import URLLibAdapter
from geopy.exc import GeopyError

TIMEOUT = 5  # seconds
CITY_ZOOM = 10
TOWNS = ("city", "town", "village", "municipality", "hamlet")
REGIONS = ("state", "province", "region", "state_district", "county")


class Unreachable(Exception):  # noqa: N818  reads as what happened
    """The geocoder did not answer, or not in its own language."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a place is called. A point in degrees only where a town was found, never the middle of a country."""

    country_code: str
    country: str
    region: str = ""
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None


class Nominatim:
    """A Nominatim server at `url`; it is told who asks. Keeping to its rate is the caller's matter."""

    def __init__(self, url: str, user_agent: str) -> None:
        parts = urlsplit(url)
        self._client = geopy.geocoders.Nominatim(
            domain=f"{parts.netloc}{parts.path}",
            scheme=parts.scheme,
            user_agent=user_agent,
            timeout=TIMEOUT,
            adapter_factory=URLLibAdapter,
        )

    def reverse(self, latitude: float, longitude: float) -> Found | None:
        """The town at a point in degrees; None where there is nothing. Raises Unreachable."""
        return _asked(
            lambda: self._client.reverse((latitude, longitude), language="en", addressdetails=True, zoom=CITY_ZOOM)
        )

    def forward(self, text: str) -> Found | None:
        """The place of this name; None if there is none. Raises Unreachable."""
        return _asked(lambda: self._client.geocode(text, language="en", addressdetails=True))


def _asked(question: Callable[[], Any]) -> Found | None:
    try:
        answer = question()
        return None if answer is None else _found(answer)
    except (GeopyError, OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        # geopy reads the answer without looking at its shape, so rubbish raises anything.
        raise Unreachable(f"{type(error).__name__}: {error}") from error


def _found(answer: Any) -> Found | None:
    address = answer.raw["address"]
    if not address.get("country_code"):
        return None
    city = _first(address, TOWNS)
    latitude, longitude = float(answer.raw["lat"]), float(answer.raw["lon"])
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):  # false for NaN too
        raise ValueError("a point off the map")
    return Found(
        country_code=str(address["country_code"]).upper()[:2],
        country=str(address["country"]),
        region=_first(address, REGIONS),
        city=city,
        latitude=latitude if city else None,
        longitude=longitude if city else None,
    )


def _first(address: dict[str, Any], keys: tuple[str, ...]) -> str:
    return next((str(address[key]) for key in keys if address.get(key)), "")
