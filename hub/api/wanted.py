"""Wanted: the labels somebody waits for, and what they lack."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from hub.api.access import anybody
from hub.api.answers import Page, only, page_url, paged, url
from hub.api.labels import named
from hub.demand import wanted

router = Router(auth=anybody)


class WishOut(Schema):
    """A label that is wanted. `groups`: distinct images there are; `wanted`: what one of the `people` asked for.

    `rather` says what new photos had better bring; `notes` what people wrote about those they wait for.
    """

    slug: str
    name: str
    groups: int
    suppliers: int
    countries: int
    wanted: int
    missing: int
    people: int
    rather: str
    notes: list[str]
    url: str
    page: str


@router.get("/wanted", response=Page[WishOut])
def list_wanted(request: HttpRequest, under: str = "", after: str = ""):
    """The labels that are wanted, those that lack most first; only those that stand `under` a label."""
    only(request, "under", "after")
    wishes, cursor = wanted.board(under=named(under) if under else None, after=after)
    return paged(request, [told(request, wish) for wish in wishes], after=cursor)


def told(request: HttpRequest, wish: wanted.Wish) -> dict[str, Any]:
    """A wish as scripts see it."""
    counted = ("groups", "suppliers", "countries", "wanted", "missing", "people", "rather")
    return {name: getattr(wish, name) for name in counted} | {
        "slug": wish.label.slug,
        "name": wish.label.name,
        "notes": [note.text for note in wish.notes],
        "url": url(request, "one_label", wish.label.slug),
        "page": page_url(request, "label", wish.label.slug),
    }
