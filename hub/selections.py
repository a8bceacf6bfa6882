"""A selection: which labels, through which filters, split how. Read from people, kept as JSON, asked as SQL."""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from hub.browse import QUALITY
from hub.models import Label, LabelPath
from hub.models.submission import Licence
from hub.problems import Refused

OVERLAPS = ("drop", "first", "multi")
TOGETHER = ("batch", "supplier", "place")
FLAGS = (*QUALITY, "drawn")
LICENCE_SETS = {"commercial": [Licence.CC0.value, Licence.CC_BY.value], "cc0": [Licence.CC0.value]}
CHOSEN = ("id", "below")
MAX_LABELS = 500
MAX_FOLDS = 20
# Shares are kept as ten-thousandths: whole numbers split the same on every machine.
WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Chosen:
    """A chosen label; `below`: its descendants count as it."""

    id: int
    below: bool = True


@dataclass(frozen=True, slots=True)
class Split:
    """Shares of 10,000; `seed` turns the ranks; `folds` (0 or k ≥ 2) divide what is not test, in place of validation.

    `together` names what else, besides near-duplicates, must never be torn apart: a batch, a supplier, a place.
    """

    train: int = 8000
    validation: int = 1000
    test: int = 1000
    seed: int = 0
    folds: int = 0
    together: str = ""

    def shares(self) -> dict[str, int]:
        """Each split that gets a share, in order."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: share for name, share in named.items() if share}

    def as_json(self) -> dict[str, Any]:
        """Shares as fractions of one."""
        return asdict(self) | {name: getattr(self, name) / WHOLE for name in ("train", "validation", "test")}


@dataclass(frozen=True, slots=True)
class Selection:
    """Everything that decides what a dataset holds. Caps of 0, empty sets and missing dates let everything through."""

    labels: tuple[Chosen, ...]
    overlap: str = ""
    verified: bool = False
    min_side: int = 0
    licences: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    per_supplier: int = 0
    per_class: int = 0
    since: date | None = None
    until: date | None = None
    split: Split = field(default_factory=Split)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON, equal for equal selections; `read` takes it back."""
        found = asdict(self) | {"split": self.split.as_json()}
        return found | {
            name: value and value.isoformat() for name, value in (("since", self.since), ("until", self.until))
        }

    def asked(self) -> dict[str, Any]:
        """The parameters of the queries in sql/queries that take a selection."""
        filters = ("overlap", "verified", "min_side", "per_supplier", "per_class", "since", "until")
        sets = ("licences", "countries", "without")
        chosen = [label.id for label in self.labels]
        below = [label.id for label in self.labels if label.below]
        under = LabelPath.objects.filter(ancestor__in=below).values_list("descendant", flat=True)
        return {
            **{name: getattr(self, name) for name in filters},
            **{name: list(getattr(self, name)) for name in sets},
            "labels": chosen,
            "below": [label.below for label in self.labels],
            "given": sorted({*chosen, *under}),
        }


def read(data: Any) -> Selection:
    """The selection somebody described in JSON. Raises Refused: every field is known, and every value checked."""
    fields = _fields(data, SELECTION, "filter")
    return Selection(**{name: SELECTION[name](name, value) for name, value in fields.items()})


def _fields(data: Any, known: Collection[str], what: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise Refused("bad_filter", field=what, value=str(data)[:80])
    for name in data:
        if name not in known:
            raise Refused("unknown_filter", field=str(name)[:80], known=", ".join(known))
    found = {name: value for name, value in data.items() if value is not None}
    if what == "filter" and "labels" not in found:
        raise Refused("no_labels")
    return found


def _bad(name: str, value: Any) -> Refused:
    return Refused("bad_filter", field=name, value=str(value)[:80])


def _labels(name: str, value: Any) -> tuple[Chosen, ...]:
    """Chosen labels, each an id, or {"id", "below"}; in the order given, none twice."""
    if not isinstance(value, list | tuple):
        raise _bad(name, value)
    found = [_fields(item, CHOSEN, "label") if isinstance(item, dict) else {"id": item} for item in value]
    chosen = [Chosen(_whole("labels", item.get("id")), _flag("below", item.get("below", True))) for item in found]
    ids = [label.id for label in chosen]
    if not ids:
        raise Refused("no_labels")
    if len(ids) > MAX_LABELS:
        raise Refused("too_many_labels", limit=MAX_LABELS)
    if len(set(ids)) < len(ids):
        raise Refused("label_twice")
    if unknown := sorted(set(ids) - set(Label.objects.filter(pk__in=ids).values_list("pk", flat=True))):
        raise Refused("unknown_label", label=unknown[0])
    return tuple(chosen)


def _whole(name: str, value: Any, most: int = 2**31 - 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise _bad(name, value)
    return value


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _bad(name, value)
    return value


def _one_of(known: tuple[str, ...]) -> Callable[[str, Any], str]:
    def read_one(name: str, value: Any) -> str:
        if value not in ("", *known):
            raise _bad(name, value)
        return value

    return read_one


def _some_of(known: tuple[str, ...] | None) -> Callable[[str, Any], tuple[str, ...]]:
    def read_set(name: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item for item in value):
            raise _bad(name, value)
        if strange := [item for item in value if known is not None and item not in known]:
            raise _bad(name, strange[0])
        return tuple(sorted(set(value)))

    return read_set


def _countries(name: str, value: Any) -> tuple[str, ...]:
    codes = _some_of(None)(name, value)
    if strange := [code for code in codes if not (len(code) == 2 and code.isascii() and code.isupper())]:
        raise _bad(name, strange[0])
    return codes


def _day(name: str, value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if value != "" else None
    except (TypeError, ValueError):
        raise _bad(name, value) from None


def _share(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise _bad(name, value)
    return round(value * WHOLE)


def _split(name: str, value: Any) -> Split:
    fields = {name: SPLIT[name](name, given) for name, given in _fields(value, SPLIT, "split").items()}
    shares = ("train", "validation", "test")
    split = Split(**dict.fromkeys(shares, 0) | fields) if any(name in fields for name in shares) else Split(**fields)
    if split.train + split.validation + split.test != WHOLE:
        raise Refused("shares_do_not_sum", shares=" + ".join(f"{share / WHOLE:g}" for share in split.shares().values()))
    if split.folds == 1:
        raise _bad("folds", 1)
    if split.folds:  # the folds are what validation is for
        split = Split(split.train + split.validation, 0, split.test, split.seed, split.folds, split.together)
    if not split.train:
        raise Refused("no_training_share")
    return split


SPLIT: dict[str, Callable[[str, Any], Any]] = {
    "train": _share,
    "validation": _share,
    "test": _share,
    "seed": _whole,
    "folds": lambda name, value: _whole(name, value, MAX_FOLDS),
    "together": _one_of(TOGETHER),
}
SELECTION: dict[str, Callable[[str, Any], Any]] = {
    "labels": _labels,
    "overlap": _one_of(OVERLAPS),
    "verified": _flag,
    "min_side": _whole,
    "licences": _some_of(tuple(Licence.values)),
    "countries": _countries,
    "without": _some_of(FLAGS),
    "per_supplier": _whole,
    "per_class": _whole,
    "since": _day,
    "until": _day,
    "split": _split,
}
