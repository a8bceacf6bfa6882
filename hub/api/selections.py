"""Selections: what one would give, before anything is written."""

from typing import Any

from ninja import Body, Router, Schema

from hub import previews, reasons, selections
from hub.api.access import DATASETS, READ, Bearer, Request, costly

router = Router(auth=Bearer(READ, DATASETS))


class ClassOut(Schema):
    """What one chosen label would hold; `short`: how many images to a hundred."""

    id: int
    slug: str
    name: str
    images: int
    groups: int
    suppliers: int
    short: int


class Trouble(Schema):
    """What stands in the way of freezing."""

    code: str
    words: str
    advice: str
    about: dict[str, Any]


class OverlapOut(Schema):
    """How many images carry two of the chosen labels."""

    first: str
    second: str
    images: int


class PreviewOut(Schema):
    """What a selection would give now; `bytes` by size of picture. Nothing was written."""

    images: int
    suppliers: int
    balance: float
    classes: list[ClassOut]
    overlaps: list[OverlapOut]
    bytes: dict[str, int]
    obstacles: list[Trouble]
    selection: dict[str, Any]


@router.post("/selections/preview", response=PreviewOut, throttle=costly)
def preview(request: Request, selection: Body[dict[str, Any]]):
    """Count what a selection would give; nothing is written. `obstacles` says what a freeze would be refused for."""
    asked = selections.read(selection)
    found = previews.preview(asked)
    return {
        "images": found.images,
        "suppliers": found.suppliers,
        "balance": found.balance,
        "classes": [_counted(one) for one in found.classes],
        "overlaps": [
            {"first": two.first.slug, "second": two.second.slug, "images": two.images} for two in found.overlaps
        ],
        "bytes": {str(side or "original"): size for side, size in found.bytes.items()},
        "obstacles": [_trouble(one) for one in found.obstacles],
        "selection": asked.as_json(),
    }


def _counted(one: previews.ClassCount) -> dict[str, Any]:
    counted = {name: getattr(one, name) for name in ("images", "groups", "suppliers", "short")}
    return {"id": one.label.pk, "slug": one.label.slug, "name": one.label.name} | counted


def _trouble(one: previews.Trouble) -> dict[str, Any]:
    words = reasons.words(one.code, one.detail)
    return {"code": one.code, "words": words, "advice": reasons.advice(one.code), "about": one.detail}
