"""Labels: find, browse, one."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from hub import browse, labels
from hub.api.access import anybody
from hub.api.answers import Page, only, page_url, paged, url
from hub.models import Label
from hub.problems import Refused
from hub.views.catalogue import MANY, clean

router = Router(auth=anybody)
HITS = 100


class LabelOut(Schema):
    """A label and the distinct images it holds, those of its kinds included. `path` leads to it from a root."""

    id: int
    slug: str
    name: str
    images: int
    path: list[str]
    url: str


class LabelWhole(LabelOut):
    """A label with all that is known of it. Counts are of live images."""

    description: str
    mid: str | None
    synonyms: list[str]
    paths: list[list[str]]
    kinds: list[LabelOut]
    direct: int
    licences: dict[str, int]
    countries: dict[str, int]
    page: str


def named(slug: str, status: int = 422) -> Label:
    """The label of exactly this slug. Raises Refused."""
    found = None if "\0" in slug else Label.objects.filter(slug=slug[:121]).first()
    if found is None:
        raise Refused("unknown_label", status, label=slug[:80])
    return found


def told(request: HttpRequest, label: Label, images: int, path: list[Label]) -> dict[str, Any]:
    """A label as scripts see it."""
    return {
        "id": label.pk,
        "slug": label.slug,
        "name": label.name,
        "images": images,
        "path": [one.slug for one in path],
        "url": url(request, "one_label", label.slug),
    }


def _tiles(request: HttpRequest, tiles: list[labels.Tile]) -> list[dict[str, Any]]:
    ways = labels.paths_of([tile.label for tile in tiles])
    return [told(request, tile.label, tile.images, ways[tile.label.pk]) for tile in tiles]


@router.get("/labels", response=Page[LabelOut])
def list_labels(request: HttpRequest, q: str = "", under: str = "", after: str = ""):
    """Labels that match `q`, the likeliest first; or all of them, or the kinds of `under`, most images first."""
    only(request, "q", "under", "after")
    if q:
        hits = labels.search(clean(q), HITS)
        return paged(request, [told(request, hit.label, hit.images, hit.path) for hit in hits])
    tiles, cursor = labels.tiles(named(under) if under else None, after)
    return paged(request, _tiles(request, tiles), after=cursor)


@router.get("/labels/{slug}", response=LabelWhole)
def one_label(request: HttpRequest, slug: str):
    """One label, by its slug exactly."""
    label = named(slug, 404)
    counted = browse.stats(label)
    paths = labels.paths(label)
    return told(request, label, counted.one("images"), paths[0]) | {
        "description": label.description,
        "mid": label.mid,
        "synonyms": [name.text for name in label.names.all() if name.text != label.name],
        "paths": [[one.slug for one in path] for path in paths],
        "kinds": _tiles(request, labels.tiles(label, limit=MANY)[0]),
        "direct": counted.one("direct"),
        "licences": counted.of("licence"),
        "countries": counted.of("country"),
        "page": page_url(request, "label", label.slug),
    }
