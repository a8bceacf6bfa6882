"""Images: what everybody may know of them."""

from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from ninja import Router, Schema

from hub import browse, facets, places
from hub.api.access import anybody
from hub.api.answers import Page, only, page_url, paged, url
from hub.api.labels import named
from hub.models import Image, ImageLabel
from hub.people import suppliers
from hub.problems import Refused
from hub.reviewing import negatives

router = Router(auth=anybody)


class Shows(Schema):
    """A label given to an image."""

    slug: str
    name: str


class Votes(Shows):
    """A label of an image, how many people say it shows it, does not, or cannot tell, and what follows from that.

    `state`: asking (more verdicts are needed), verified, refuted, contested, kept or dropped (by a moderator),
    conflicting; null where nobody says any more that it shows it.
    """

    yes: int
    no: int
    unsure: int
    conflicting: bool
    state: str | None


class ImageOut(Schema):
    """An image. `place` is as exact as its supplier allows; `renditions` maps a side in pixels to an address."""

    sha256: str
    width: int
    height: int
    size: int
    format: str
    licence: str
    credit: str
    supplier: str
    drawn: bool
    flags: list[str]
    given_on: str
    taken_on: str | None
    place: str
    country: str
    labels: list[Shows]
    renditions: dict[str, str]
    url: str
    page: str


class ImageWhole(ImageOut):
    """An image, the verdicts on its labels, and the images that look like it: SHA-256 → bits of 256 that differ."""

    labels: list[Votes]  # type: ignore[assignment]
    twins: dict[str, int]


def live() -> QuerySet[Image]:
    """Live images with what `told` says of them."""
    direct = ImageLabel.objects.filter(direct=True).select_related("label").order_by("label")
    images = Image.objects.filter(withdrawn_at=None).select_related("place", "supplier")
    return images.prefetch_related(Prefetch("image_labels", direct, to_attr="direct"))


def told(request: HttpRequest, image: Image) -> dict[str, Any]:
    """An image as scripts see it."""
    copied = ("sha256", "width", "height", "size", "format", "licence", "credit", "drawn", "flags")
    where = places.shown(image)
    return {name: getattr(image, name) for name in copied} | {
        "supplier": suppliers.name(image.supplier),
        "given_on": image.created_at.date().isoformat(),
        "taken_on": image.taken_on.isoformat() if image.taken_on else None,
        "place": where,
        "country": image.place.country_code if where and image.place else "",
        "labels": [row.label for row in image.direct],  # type: ignore[attr-defined]
        "renditions": {
            str(side): page_url(request, "rendition", image.sha256, side) for side in settings.RENDITION_SIZES
        },
        "url": url(request, "one_image", image.sha256),
        "page": page_url(request, "image", image.sha256),
    }


@router.get("/images", response=Page[ImageOut])
def list_images(
    request: HttpRequest,
    label: str = "",
    licence: str = "",
    country: str = "",
    flag: str = "",
    drawn: str = "",
    before: str = "",
):
    """Live images, the newest first: under a label (its slug) and its kinds, by licence, country code, quality flag."""
    only(request, "label", *facets.FILTERS, "before")
    filters = facets.chosen(request.GET.dict())
    for name in set(facets.FILTERS) & set(request.GET) - set(filters):
        raise Refused("bad_filter", field=name, value=request.GET[name][:80])
    seen = live().filter(facets.under(named(label), before)) if label else live()
    found, cursor = browse.keyset(facets.filtered(seen, filters), before)
    return paged(request, [told(request, image) for image in found], before=cursor)


@router.get("/labels/{slug}/negatives", response=Page[ImageOut])
def list_negatives(request: HttpRequest, slug: str, before: str = ""):
    """Live images that people judged not to show a label, though somebody had said so; the newest first."""
    only(request, "before")
    found, cursor = browse.keyset(negatives.of(named(slug, 404), live()), before)
    return paged(request, [told(request, image) for image in found], before=cursor)


@router.get("/images/{sha256}", response=ImageWhole)
def one_image(request: HttpRequest, sha256: str):
    """One image, by the SHA-256 of the bytes that were given."""
    image = find(live(), sha256)
    votes = [_votes(row) for row in browse.labels_of(image)]
    twins = {twin["image"].sha256: twin["bits"] for twin in browse.twins_of(image)}
    return told(request, image) | {"labels": votes, "twins": twins}


def _votes(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "slug": row["label"].slug, "name": row["label"].name, "state": row["claim"] and row["claim"].state}


def find(images: QuerySet[Image], sha256: str) -> Image:
    """The one of some images with this digest. Raises Refused: 410 for what was withdrawn, 404 for what never was."""
    sha256 = sha256.replace("\0", "")[:65]
    if image := images.filter(sha256=sha256).first():
        return image
    if Image.objects.filter(sha256=sha256).exists():
        raise Refused("gone", 410)
    raise Refused("not_found", 404)
