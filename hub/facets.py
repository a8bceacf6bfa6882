"""Filter the images under a label: which filters an address may carry, and which a page offers."""

import re
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from hub.browse import QUALITY, Stats, place
from hub.models import Image, Label
from hub.models.submission import Licence

FILTERS = {
    "country": "place__country_code",
    "licence": "licence",
    "flag": "flags__contains",
    "supplier": "supplier",
    "drawn": "drawn",
}
# What a value of each must look like to be one.
SENSE = {
    "country": r"[A-Z]{2}",
    "licence": "|".join(map(re.escape, Licence.values)),
    "flag": "|".join(QUALITY),
    "supplier": r"[0-9]{1,18}",
    "drawn": "yes|no",
}


def chosen(query: dict[str, str]) -> dict[str, str]:
    """The filters of a label page's address that exist and make sense; others are left out."""
    return {name: query[name] for name, sense in SENSE.items() if re.fullmatch(sense, query.get(name, ""))}


def under(label: Label, before: str = "") -> Q:
    """What images under a label meet: for a deep page, of those before its cursor.

    Postgres does not see that the cursor bounds the rows of the label too, and would read all newer ones first.
    """
    start = place(before)
    met = Q(image_labels__label=label)
    return met if start is None else met & Q(image_labels__image__lt=start)


def images_under(label: Label, filters: dict[str, str], *, direct: bool = False, before: str = "") -> QuerySet[Image]:
    """Live images under a label, newest first."""
    images = Image.objects.filter(under(label, before))
    if direct:
        images = images.filter(image_labels__direct=True, image_labels__label=label)
    return filtered(images, filters)


def filtered(images: QuerySet[Image], filters: dict[str, str]) -> QuerySet[Image]:
    """The images every filter lets through, newest first."""
    for name, value in filters.items():
        wanted: Any = [value] if name == "flag" else value == "yes" if name == "drawn" else value
        images = images.filter(**{FILTERS[name]: wanted})
    if "country" in filters:
        images = images.exclude(precision="hidden")
    return images.order_by("-id")


def address(path: str, **query: str) -> str:
    """A path with a query string, leaving out what is empty."""
    kept = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path


def offered(
    path: str, counted: Stats, countries: list[tuple[str, str, int]], filters: dict[str, str], **kept: str
) -> list[dict[str, Any]]:
    """The filters a label page offers, each option with its count and the address that turns it on or off."""
    titles = {
        "country": ("Country", {code: name for code, name, _ in countries}),
        "licence": ("Licence", dict(Licence.choices)),
        "flag": ("Quality flag", QUALITY),
    }
    found = []
    for name, (title, known) in titles.items():
        options = [
            {
                "value": value,
                "title": known[value],
                "n": n,
                "active": filters.get(name) == value,
                "url": address(path, **{**kept, **filters, name: "" if filters.get(name) == value else value}),
            }
            for value, n in counted.of(name).items()
            if value in known
        ]
        if options:
            found.append({"name": name, "title": title, "options": options})
    return found
