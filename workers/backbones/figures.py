"""The figures of metrics.json in the words of a model's card, and what Markdown and YAML want of text."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

BASELINES = {
    "majority": "always the commonest label",
    "probe": "a linear classifier on deep features",
    "scratch": "a small network trained from scratch",
    "chance": "guessing",
}


def counts(metrics: Mapping[str, Any]) -> str:
    """How many pictures and groups each part of the data has."""
    found = metrics.get("n", {})
    rows = [(part, f"{n['images']:,}", f"{n['groups']:,}") for part, n in found.items()]
    return table([("part", "pictures", "groups of like pictures"), *rows])


def figures(metrics: Mapping[str, Any]) -> Iterable[str]:
    """What is known, a line each; what the pictures did not carry is not there."""
    if (accuracy := metrics.get("accuracy")) is None:
        yield "There are no figures: there was nothing to try it on."
        return
    low, high = metrics["interval"]
    yield f"accuracy **{accuracy:.1%}** on pictures never learnt from (95 % interval {low:.1%} to {high:.1%})"
    if (f1 := metrics.get("macro_f1")) is not None:
        yield f"macro-F1 {f1:.3f}"
    if (drawn := metrics.get("random_split") or {}).get("accuracy") is not None:
        yield (
            f"a random split, which lets like pictures into training and test alike, would have said"
            f" {drawn['accuracy']:.1%} where the honest one says {drawn['honest']:.1%} ({drawn['method']})"
        )
    for name, value in (metrics.get("baselines") or {}).items():
        if value is not None:
            yield f"to compare: {BASELINES.get(name, name)} {value:.1%}"
    if (ece := (metrics.get("calibration") or {}).get("ece")) is not None:
        yield f"calibration error {ece:.3f}"


def per_class(metrics: Mapping[str, Any]) -> str:
    """A row a label; nothing where nothing was measured."""
    names = ("precision", "recall", "f1")
    rows = [
        (escaped(row["label"]), *(_share(row.get(name)) for name in names), row.get("support", ""))
        for row in metrics.get("per_class", ())
    ]
    return table([("label", *names, "test pictures"), *rows]) if rows else ""


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def table(rows: Sequence[Sequence[object]]) -> str:
    """Rows in Markdown, the first of them the head."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join((lines[0], "|---" * len(rows[0]) + "|", *lines[1:]))


def quoted(text: str) -> str:
    """Text as YAML takes it whatever it holds: a string of JSON in ASCII."""
    return json.dumps(text)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&$^=@])", r"\\\1", " ".join(text.split()))
