"""A selection as people write it: the query string of the page that builds datasets, and sentences about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from hub.browse import QUALITY, country_names
from hub.models import Label
from hub.models.submission import Licence
from hub.problems import Refused
from hub.selections import LICENCE_SETS, WHOLE, Selection, Split

NUMBERS = ("min_side", "per_supplier", "per_class")
SHARES = ("train", "validation", "test")
SEVERAL = {"country": "countries", "without": "without"}
TEXTS = ("overlap", "since", "until")
SPLIT = (*SHARES, "seed", "folds", "together")
NAMES = ("label", "exact", "verified", "licences", *NUMBERS, *SEVERAL, *TEXTS, *SPLIT)
# What a mistake calls a field.
TITLES = {
    "min_side": "the shorter side",
    "per_supplier": "photos of one supplier",
    "per_class": "photos of one label",
    "licences": "the licence",
    "countries": "the country",
    "without": "what to leave out",
    "since": "the first day",
    "until": "the last day",
    "overlap": "what becomes of photos of two labels",
    **{share: f"the share of {share}" for share in SHARES},
    "seed": "the seed",
    "folds": "the number of folds",
    "together": "what is kept together",
    "exact": "the labels chosen",
}
FLAGS = {**QUALITY, "drawn": "Drawn, not a photo"}
LICENCES = {"": "All licences", "commercial": "Safe for commercial use", "cc0": "CC0 only"}
OVERLAPS = {
    "drop": ("Leave them out", "No photo shows two of the labels."),
    "first": ("Keep the first label", "Each counts under the label that stands higher in the list."),
    "multi": ("Keep all labels", "A photo may have several: for models that give several answers."),
}
KEPT_TOGETHER = {
    "": "Near-duplicates",
    "batch": "Near-duplicates, batches",
    "supplier": "Near-duplicates, suppliers",
    "place": "Near-duplicates, places",
}
DEFAULT = {"train": "80", "validation": "10", "test": "10", "seed": "0", "folds": "0"}


@dataclass(slots=True)
class Row:
    """A label as the address names it; `label` is None where there is no such label."""

    slug: str
    label: Label | None
    below: bool


def rows(query: QueryDict) -> list[Row]:
    """The labels of the address, in its order."""
    slugs, exact = query.getlist("label"), set(query.getlist("exact"))
    known = {label.slug: label for label in Label.objects.filter(slug__in=slugs)}
    return [Row(slug, known.get(slug), slug not in exact) for slug in slugs if slug]


def fields(query: QueryDict, chosen: list[Row]) -> dict[str, Any]:
    """The address as `selections.read` takes it; what is no number or no filter stays as it is, to be refused there.

    Raises Refused for a label that does not exist.
    """
    if missing := [row.slug for row in chosen if row.label is None]:
        raise Refused("unknown_label", field=missing[0])
    if stray := set(query.getlist("exact")) - {row.slug for row in chosen}:
        raise Refused("bad_filter", field="exact", value=sorted(stray)[0][:80])
    given = {name: str(query[name]) for name in query if query[name]}
    found: dict[str, Any] = {name: value for name, value in given.items() if name not in NAMES}
    found |= {name: _whole(given[name]) for name in NUMBERS if name in given}
    found |= {name: given[name] for name in TEXTS if name in given}
    found |= {kept: [one for one in query.getlist(name) if one] for name, kept in SEVERAL.items() if name in given}
    found["labels"] = [{"id": row.label.pk, "below": row.below} for row in chosen if row.label]
    found["verified"] = "verified" in given
    found["licences"] = _licences(given.get("licences", ""))
    found["split"] = _split(given)
    return found


def _whole(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else text


def _share(text: str) -> float | str:
    """Per cent as a fraction."""
    try:
        return float(Decimal(text.replace(",", ".")) / 100)
    except DecimalException:
        return text


def _licences(text: str) -> list[str]:
    return LICENCE_SETS.get(text) or [one for one in text.split(",") if one]


def _split(given: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {name: _share(given[name]) for name in SHARES if name in given}
    found |= {name: _whole(given[name]) for name in ("seed", "folds") if name in given}
    return found | ({"together": given["together"]} if "together" in given else {})


def address(selection: Selection) -> str:
    """The query string that `fields` reads as this selection; nothing in it says what goes without saying."""
    labels = Label.objects.in_bulk([label.id for label in selection.labels])
    chosen = [(labels[label.id].slug, label.below) for label in selection.labels if label.id in labels]
    pairs: list[tuple[str, Any]] = [("label", slug) for slug, _ in chosen]
    pairs += [("exact", slug) for slug, below in chosen if not below]
    pairs += [("overlap", selection.overlap), ("verified", "on" if selection.verified else "")]
    pairs += [("licences", _licence_set(selection.licences))]
    pairs += [(name, getattr(selection, name) or "") for name in (*NUMBERS, "since", "until")]
    pairs += [(name, one) for name, kept in SEVERAL.items() for one in getattr(selection, kept)]
    split = {name: f"{getattr(selection.split, name) / 100:g}" for name in SHARES}
    split |= {"seed": str(selection.split.seed), "folds": str(selection.split.folds)}
    if selection.split.folds:  # what is not test is divided, and said once
        split["validation"] = "0"
    shares = split if any(split[name] != DEFAULT[name] for name in SHARES) else {}
    pairs += [(name, value) for name, value in split.items() if name in shares or value != DEFAULT[name]]
    return urlencode([(name, value) for name, value in [*pairs, ("together", selection.split.together)] if value != ""])


def _licence_set(licences: tuple[str, ...]) -> str:
    named = [name for name, members in LICENCE_SETS.items() if sorted(members) == list(licences)]
    return named[0] if named else ",".join(licences)


def in_words(selection: Selection) -> list[tuple[str, str]]:
    """What a selection asks for, as titles and sentences."""
    return list(_words(selection))


def _words(selection: Selection) -> Iterator[tuple[str, str]]:
    labels = Label.objects.in_bulk([label.id for label in selection.labels])
    named = [
        (labels[one.id].name if one.id in labels else "a label that is gone", one.below) for one in selection.labels
    ]
    yield "Labels", ", ".join(name + ("" if below else " (exactly)") for name, below in named)
    if selection.overlap:
        yield "Photos of two labels", OVERLAPS[selection.overlap][0]
    if said := list(_filters(selection)):
        yield "Photos", "; ".join(said)
    yield "Split", "; ".join(_split_words(selection.split))


def _filters(selection: Selection) -> Iterator[str]:
    if selection.verified:
        yield "verified only"
    if selection.min_side:
        yield f"shorter side at least {selection.min_side} pixels"
    if selection.licences:
        yield ", ".join(str(Licence(licence).label) for licence in selection.licences)
    if selection.countries:
        names = country_names(list(selection.countries))
        yield "from " + ", ".join(names.get(code, code) for code in selection.countries)
    if selection.per_supplier:
        yield f"at most {selection.per_supplier} of one supplier for each label"
    if selection.per_class:
        yield f"at most {selection.per_class} of each label"
    if selection.without:
        yield "none that is " + ", ".join(FLAGS[flag].lower() for flag in selection.without)
    if selection.since:
        yield f"given since {selection.since}"
    if selection.until:
        yield f"given until {selection.until}"


def _split_words(split: Split) -> Iterator[str]:
    yield ", ".join(f"{name} {share * 100 / WHOLE:g} %" for name, share in split.shares().items())
    if split.folds:
        yield f"{split.folds} folds"
    yield f"seed {split.seed}"
    if split.together:
        yield f"a {split.together} is never torn apart"
