"""The curves of a model's page: how sure it is and how right, how it grew with its photos, what more would bring."""

from typing import Any

from hub import curves
from hub.curves import Chart
from hub.models import Label, TrainedModel

REFUSALS = {
    "few_groups": "there are fewer than 20 distinct photos to draw a curve from",
    "few_tests": "too few photos are held back to see a difference of three points",
    "flat": "more photos have changed little so far",
    "not_rising": "the curve does not rise steadily",
    "poor_fit": "the curve is too uneven to be continued",
    "ceiling": "the curve levels off before three points more",
    "too_far": "it would take more than twenty times what there is",
}


def calibration(model: TrainedModel) -> Chart | None:
    """How often it was right where it was so sure, as bars, beside the line of one exactly as sure as right."""
    bins = [one for one in model.metrics.get("calibration", {}).get("bins", []) if one["n"]]
    if not bins:
        return None
    x, y = curves.across(0, 1), curves.up(0, 1)
    even = curves.line("as sure as right", "dash", [0, 1], [0, 1], x, y)
    spans = [(x.at(one["confidence"]), y.at(0), y.at(one["accuracy"])) for one in bins]
    lines = [even] if even else []
    return Chart("Right, by how sure it was", lines, _shares(x), _shares(y), spans=spans, thick=True)


def _shares(axis: curves.Axis) -> list[tuple[float, str]]:
    return curves.ticks(axis, curves.percent)


def growth(model: TrainedModel) -> Chart | None:
    """The learning curve of the linear head, and where its law leads with twice the photos."""
    told = model.metrics.get("learning_curve") or {}
    sizes = told.get("sizes") or []
    if len(sizes) < 2:
        return None
    fit = told.get("fit")
    x = curves.across(sizes[0], sizes[-1] * (2 if fit else 1), ratio=True)
    y = curves.up(max(0.0, int(10 * min(told["low"])) / 10), 1.0)
    lines = [curves.line("measured", "ink", sizes, told["accuracy"], x, y)]
    if fit:
        further = [sizes[-1] * (1 + n / 8) for n in range(9)]
        law = [min(1.0, fit["a"] - fit["b"] * n ** -fit["c"]) for n in further]
        lines.append(curves.line("with up to twice the photos, if it goes on so", "dash", further, law, x, y))
    spans = [(x.at(n), y.at(low), y.at(high)) for n, low, high in zip(sizes, told["low"], told["high"], strict=True)]
    across = [(x.at(n), f"{n:g}") for n in sizes]
    return Chart("Accuracy by distinct photos learnt from", [one for one in lines if one], across, _shares(y), spans)


def grown(model: TrainedModel) -> list[tuple[float, ...]]:
    """The learning curve as a table: distinct photos, accuracy, the least and the most of the draws."""
    told = model.metrics.get("learning_curve") or {}
    return list(zip(*(told.get(name) or [] for name in ("sizes", "accuracy", "low", "high")), strict=True))


def advice(model: TrainedModel) -> list[dict[str, Any]]:
    """What more photos would bring, the whole (label None) first; `refused` in words where nothing is promised."""
    labels = Label.objects.in_bulk(model.label_ids)
    told = (model.metrics.get("learning_curve") or {}).get("advice", [])
    return [_advice(model, one, labels) for one in told]


def _advice(model: TrainedModel, one: dict[str, Any], labels: dict[int, Label]) -> dict[str, Any]:
    named = one.get("label")
    at = model.labels.index(named) if isinstance(named, str) else named
    label = None if at is None else labels.get(model.label_ids[at])
    name = "" if at is None else model.labels[at]
    refused = REFUSALS.get(one.get("refused", ""), one.get("refused", ""))
    return {**one, "label": label, "name": name, "refused": refused}
