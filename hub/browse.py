"""What visitors see of the catalogue: numbers, newest batches, the images under a label, an image's neighbours."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone

from hub import maps, sql
from hub.models import Account, Annotation, Batch, Claim, Image, Label, Place, Twin

Row = TypeVar("Row", bound=Model)
PAGE = 60
# What an image is shown by among others.
TILE = ("sha256", "width", "height", "tint", "drawn", "credit")
QUALITY = {
    "dark": "Dark",
    "light": "Very bright",
    "blurry": "Possibly blurry",
    "low_information": "Little to see",
    "small": "Shorter side under 224",
}
SIDES = ("under 224", "224 to 499", "500 to 999", "1000 to 1999", "2000 and more")


@dataclass(slots=True)
class Stats:
    """Counts of the live images under one label, or of the whole hub: facet → value → n."""

    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)

    def of(self, facet: str) -> dict[str, int]:
        """Values and counts of one facet, the most frequent first (at most 300)."""
        return self.facets.get(facet, {})

    def one(self, facet: str) -> int:
        """The count of a facet that has one value only."""
        return self.of(facet).get("", 0)

    def distinct(self, facet: str) -> int:
        """How many values of a facet occur."""
        return self.kinds.get(facet, 0)


def stats(label: Label | None = None) -> Stats:
    """All counts under a label, or of the whole hub, in one query."""
    found = Stats()
    for row in sql.rows("stats", label=label and label.pk):
        found.facets.setdefault(row["facet"], {})[row["value"]] = row["n"]
        found.kinds[row["facet"]] = row["of"]
    return found


def numbers(counted: Stats) -> dict[str, int]:
    """The hub's live numbers."""
    return {
        "images": counted.one("images"),
        "drawn": counted.one("drawn"),
        "labels": Label.objects.count(),
        "countries": counted.distinct("country"),
        "suppliers": counted.distinct("supplier"),
    }


def newest_batches(limit: int = 12) -> list[Batch]:
    """The newest batches with something in, each with up to four `covers`."""
    batches = list(
        Batch.objects.filter(accepted__gt=0).select_related("label", "supplier", "place").order_by("-id")[:limit]
    )
    with_covers(batches)
    return batches


def with_covers(batches: list[Batch]) -> None:
    """Give each batch its `covers`: up to four live images."""
    ids = [row["id"] for row in sql.rows("batch_covers", batches=[batch.pk for batch in batches])]
    images = Image.objects.filter(pk__in=ids).order_by("id")
    by_batch: dict[int, list[Image]] = {}
    for image in images:
        by_batch.setdefault(image.batch_id, []).append(image)
    for batch in batches:
        batch.covers = by_batch.get(batch.pk, [])  # type: ignore[attr-defined]


def country_names(codes: list[str]) -> dict[str, str]:
    """Names of countries, as their places have them."""
    places = Place.objects.filter(country_code__in=codes).order_by("country_code").distinct("country_code")
    return dict(places.values_list("country_code", "country"))


def top_countries(counted: Stats, limit: int = 10) -> list[tuple[str, str, int]]:
    """Code, name and count of the countries with most images."""
    top = list(counted.of("country").items())[:limit]
    names = country_names([code for code, _ in top])
    return [(code, names.get(code, code), n) for code, n in top]


def world(counted: Stats) -> str:
    """The map of where images come from, as SVG."""
    return _drawn(tuple(counted.of("country").items()), tuple(counted.of("cell").items()))


@lru_cache(128)
def _drawn(countries: tuple[tuple[str, int], ...], cells: tuple[tuple[str, int], ...]) -> str:
    """A map depends on nothing but these counts."""
    shown = {
        "view_box": maps.VIEW_BOX,
        "version": maps.version(),
        "layers": maps.world(dict(countries)),
        "dots": maps.cells(dict(cells)),
    }
    return render_to_string("partials/world.html", {"world": shown})


def weeks(counted: Stats, n: int = 12) -> list[int]:
    """New images in each of the last `n` weeks, oldest first."""
    monday = timezone.now().date()
    monday -= timedelta(days=monday.weekday())
    found = counted.of("week")
    return [found.get(str(date.fromordinal(monday.toordinal() - 7 * back)), 0) for back in reversed(range(n))]


def quality(counted: Stats) -> list[dict[str, Any]]:
    """How many images carry each flag, look like another, and are verified, with their share in percent."""
    images = counted.one("images")
    flags = counted.of("flag")
    rows = [(title, flags.get(name, 0)) for name, title in QUALITY.items()]
    rows.append(("Has a near-duplicate", counted.one("alike")))
    rows.append(("Verified by people", counted.one("verified")))
    return [{"name": name, "n": n, "share": round(100 * n / images, 1) if images else 0} for name, n in rows]


def sides(counted: Stats) -> list[tuple[str, int]]:
    """How many images have a shorter side of each size, in pixels."""
    return [(name, counted.of("side").get(name, 0)) for name in SIDES]


def top_suppliers(counted: Stats, limit: int = 8) -> list[tuple[Account, int, str]]:
    """Account, count and id of those who gave most."""
    top = list(counted.of("supplier").items())[:limit]
    people = Account.objects.in_bulk([int(pk) for pk, _ in top])
    return [(people[int(pk)], n, pk) for pk, n in top if int(pk) in people]


def place(before: str) -> int | None:
    """The id a cursor stands at; None where there is none, or it is none of ours."""
    return int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None


def keyset(rows: QuerySet[Row], before: str, size: int = PAGE) -> tuple[list[Row], str]:
    """One page of rows ordered by falling id, and the cursor of the next ("" at the end)."""
    if (start := place(before)) is not None:
        rows = rows.filter(pk__lt=start)
    found = list(rows[: size + 1])
    return found[:size], str(found[size - 1].pk) if len(found) > size else ""


def labels_of(image: Image) -> list[dict[str, Any]]:
    """The labels people say the image shows, each with its votes and what follows from them; disputed ones last."""
    claims = {claim.label_id: claim for claim in Claim.objects.filter(image=image)}
    rows: dict[int, dict[str, Any]] = {}
    for annotation in Annotation.objects.filter(image=image).select_related("label").order_by("id"):
        row = rows.setdefault(
            annotation.label_id, {"label": annotation.label, "yes": 0, "no": 0, "unsure": 0, "conflicting": True}
        )
        row["claim"] = claims.get(annotation.label_id)
        row[annotation.verdict] += 1
        row["conflicting"] &= annotation.conflicting or annotation.verdict != "yes"
    return sorted(rows.values(), key=lambda row: row["conflicting"])


def twins_of(image: Image, limit: int = 12) -> list[dict[str, Any]]:
    """The live images that look like this one, nearest first."""
    pairs = Twin.objects.filter(first=image) | Twin.objects.filter(second=image)
    ordered = pairs.select_related("first", "second").order_by("bits", "id")[:limit]
    return [{"image": pair.second if pair.first_id == image.pk else pair.first, "bits": pair.bits} for pair in ordered]


def neighbours(image: Image, label: Label | None) -> tuple[Image | None, Image | None]:
    """The newer and the older image beside this one under a label."""
    if label is None:
        return None, None
    under = Image.objects.filter(image_labels__label=label)
    return under.filter(id__gt=image.pk).order_by("id").first(), under.filter(id__lt=image.pk).order_by("-id").first()
