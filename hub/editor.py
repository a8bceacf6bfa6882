"""The page that builds datasets: what its address asks for, what its buttons change, and what it offers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from hub import choosing, labels, sql
from hub.browse import country_names
from hub.models import Image, Label, LabelEdge, LabelStat
from hub.previews import ClassCount, Preview, Trouble, preview
from hub.problems import Refused
from hub.reasons import advice, words
from hub.selections import Selection, read

# What the buttons of the page change in the address.
ACTIONS = ("add", "drop", "up", "down")
# Codes that speak of one place on the page.
PLACES = {"shares_do_not_sum": "split", "no_training_share": "split", "dataset_name": "name"}
# Only an address written by hand is refused for it; its advice is for scripts.
BY_HAND = "bad_filter"
COUNTRIES = 60


@dataclass
class Asked:
    """The selection of an address and what it would give, or what is wrong with it: {field, words, advice}."""

    rows: list[choosing.Row]
    selection: Selection | None = None
    preview: Preview | None = None
    error: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Shown:
    """A chosen label as a row of the page: its newest image, its counts, and what stands in its way."""

    row: choosing.Row
    kinds: bool
    cover: Image | None
    count: ClassCount | None
    troubles: list[Trouble]


def understood(query: QueryDict) -> Asked:
    """What an address asks for, and what that would give."""
    asked = Asked(choosing.rows(query))
    try:
        fields = choosing.fields(query, asked.rows)
        if asked.rows:
            asked.selection = read(fields)
            asked.preview = preview(asked.selection)
    except Refused as refused:
        asked.error = error(refused)
    return asked


def error(refused: Refused) -> dict[str, str]:
    """A refusal as the page shows it: beside which field, and in words."""
    name = str(refused.detail.get("field", ""))
    said = words(refused.code, refused.detail | {"field": choosing.TITLES.get(name, name)})
    if refused.code == "unknown_label":
        return {"field": f"label-{name}", "words": said, "advice": advice(refused.code)}
    place = PLACES.get(refused.code) or (name if name in choosing.TITLES else "labels")
    return {"field": place, "words": said, "advice": "" if refused.code == BY_HAND else advice(refused.code)}


def change(query: QueryDict) -> tuple[QueryDict, str]:
    """The address after a button was pressed, and the label that was to be added but does not exist, or ""."""
    changed, unknown = query.copy(), ""
    add, drop, up, down = (str((changed.pop(name, None) or [""])[-1]) for name in ACTIONS)
    slugs = [slug for slug in changed.getlist("label") if slug and slug != drop]
    if add.strip():
        found = labels.named(add.strip()[:120])
        unknown = "" if found else add.strip()[:120]
        slugs += [found.slug] if found and found.slug not in slugs else []
    for slug, by in ((up, -1), (down, 1)):
        if slug in slugs:
            at = slugs.index(slug)
            slugs.insert(max(0, at + by), slugs.pop(at))
    changed.setlist("label", slugs)
    changed.setlist("exact", [slug for slug in changed.getlist("exact") if slug in slugs])
    return bare(changed), unknown


def bare(query: QueryDict) -> QueryDict:
    """The address without what goes without saying."""
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        said = [str(value) for value in values if value and value != choosing.DEFAULT.get(name)]
        if said and name not in ACTIONS:
            kept.setlist(name, said)
    if any(name in kept for name in choosing.SHARES):
        for name in choosing.SHARES:
            kept[name] = query.get(name) or "0"
    return kept


def shown(asked: Asked) -> list[Shown]:
    """The chosen labels with their counts."""
    ids = [row.label.pk for row in asked.rows if row.label]
    parents = set(LabelEdge.objects.filter(parent__in=ids, kind="kind").values_list("parent", flat=True))
    covers = {row["label"]: row["image"] for row in sql.rows("label_covers", labels=ids)}
    images = Image.objects.in_bulk(list(covers.values()))
    counts = asked.preview.classes if asked.preview else [None] * len(asked.rows)
    found = []
    for row, count in zip(asked.rows, counts, strict=True):
        pk = row.label.pk if row.label else 0
        troubles = [*_troubles_of(row.label, asked.preview)]
        found.append(Shown(row, pk in parents, images.get(covers.get(pk, 0)), count, troubles))
    return found


def _troubles_of(label: Label | None, found: Preview | None) -> Iterator[Trouble]:
    for trouble in found.obstacles if found else ():
        if label and trouble.detail.get("label") == label.name:
            yield trouble


def options(query: QueryDict) -> dict[str, Any]:
    """What the page offers to choose, each with whether it is chosen."""
    licence, countries, without = query.get("licences", ""), query.getlist("country"), query.getlist("without")
    licences = {**choosing.LICENCES, licence: choosing.LICENCES.get(licence, licence.replace(",", ", "))}
    return {
        "licences": [(name, title, name == licence) for name, title in licences.items()],
        "overlaps": [(name, *said, name == query.get("overlap")) for name, said in choosing.OVERLAPS.items()],
        "together": [
            (name, title, name == query.get("together", "")) for name, title in choosing.KEPT_TOGETHER.items()
        ],
        "flags": [(name, title, name in without) for name, title in choosing.FLAGS.items()],
        "countries": [(code, title, n, code in countries) for code, title, n in _countries(countries)],
        "values": {name: query.get(name) or choosing.DEFAULT.get(name, "") for name in choosing.NAMES},
        "more": any(query.get(name) for name in ("since", "until", "country")),
        "strange": [one for one in without if one and one not in choosing.FLAGS],
    }


def _countries(chosen: list[str]) -> list[tuple[str, str, int]]:
    """The countries most images come from, and those chosen: code, name, count."""
    found = LabelStat.objects.filter(label=None, facet="country").order_by("-n", "value")[:COUNTRIES]
    counts = dict.fromkeys([code for code in chosen if code], 0) | dict(found.values_list("value", "n"))
    names = country_names(list(counts))
    return sorted(((code, names.get(code, code), n) for code, n in counts.items()), key=lambda row: (-row[2], row[1]))
