"""What the pages of models show: figures as bars, tables and curves, mistakes with what became of doubts about them."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, F, Func, QuerySet

from hub import curves, doubts, trained
from hub.curves import Chart
from hub.models import Backbone, Image, Label, Prediction, TrainedModel, TrainingEpoch
from hub.trainings import SCRATCH

# Cells are shaded in so many steps, by their share of the row.
SHADES = 5
COVERS = 3
BASELINES = {
    "scratch": "A small network from scratch",
    "probe": "A linear probe on the same network",
    "majority": "Always the commonest label",
    "chance": "Guessing",
}
REFUSALS = {
    "few_groups": "there are fewer than 20 distinct photos to draw a curve from",
    "few_tests": "too few photos are held back to see a difference of three points",
    "flat": "more photos have changed little so far",
    "not_rising": "the curve does not rise steadily",
    "poor_fit": "the curve is too uneven to be continued",
    "ceiling": "the curve levels off before three points more",
    "too_far": "it would take more than twenty times what there is",
}
FILES = {
    "model.keras": "Keras: takes a photo as it is, of any size",
    "saved_model.zip": "TensorFlow SavedModel, zipped: the same",
    "model-float16.tflite": "LiteRT, half precision: what answers on this page",
    "model-int8.tflite": "LiteRT, 8 bit: the smallest and quickest",
    "model.onnx": "ONNX: takes a photo as it is",
    "predict.py": "Classifies photos by itself: needs LiteRT, NumPy and Pillow",
    "golden.zip": "Ten photos with the answers expected",
    "labels.txt": "The labels, in the order of the answers",
    "metrics.json": "Every figure of this page",
    "history.csv": "Every epoch",
    "predictions.csv": "Every answer on the test",
    "README.md": "The model card",
}


def title(model: TrainedModel) -> str:
    """What a model tells apart: "Ball or Cube", "Ball, Cube or 4 more"."""
    if len(model.labels) <= 3:
        return f"{', '.join(model.labels[:-1])} or {model.labels[-1]}"
    return f"{', '.join(model.labels[:2])} or {len(model.labels) - 2} more"


def against(model: TrainedModel) -> list[dict[str, Any]]:
    """The accuracy with its interval and what it stands against, if measured: {name, value}, this model first."""
    told = model.metrics.get("baselines", {})
    low, high = model.metrics["interval"]
    rows = [{"name": "This model", "value": model.accuracy, "low": low, "high": high}]
    rows += [{"name": words, "value": told[name]} for name, words in BASELINES.items() if told.get(name) is not None]
    return rows


def careless(model: TrainedModel) -> dict[str, Any]:
    """What a split image by image would have said: {accuracy, honest, probe, more}; {} where that was not tried."""
    told = model.metrics.get("random_split") or {}
    if told.get("accuracy") is None or told.get("honest") is None:
        return {}
    probe = told.get("method") == "probe" and model.method != "probe"
    more = round(100 * told["accuracy"]) > round(100 * told["honest"])
    return {"accuracy": told["accuracy"], "honest": told["honest"], "probe": probe, "more": more}


def confusion(model: TrainedModel) -> list[dict[str, Any]]:
    """Rows of the confusion matrix: {label, total, cells: [{n, guess, label, hit, shade}]}."""
    return [
        {
            "label": model.labels[truth],
            "truth": truth,
            "total": sum(row),
            "cells": [_cell(model, truth, guess, n, sum(row)) for guess, n in enumerate(row)],
        }
        for truth, row in enumerate(model.metrics["confusion"])
    ]


def _cell(model: TrainedModel, truth: int, guess: int, n: int, whole: int) -> dict[str, Any]:
    shade = max(1, round(SHADES * n / whole)) if n else 0
    return {"n": n, "guess": guess, "label": model.labels[guess], "hit": truth == guess, "shade": shade}


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


def epochs(model: TrainedModel) -> list[TrainingEpoch]:
    """The epochs of the training that made it; none where that was deleted."""
    made = TrainingEpoch.objects.filter(request__model=model).order_by("request", "number")
    first = made.values_list("request", flat=True).first()
    return list(made.filter(request=first)) if first else []


def mistakes(model: TrainedModel, found: Sequence[Prediction]) -> list[dict[str, Any]]:
    """Predictions with the names of their classes, and what became of a doubt about them ("" where there was none)."""
    known = doubts.states((one.image_id, model.label_ids[one.truth]) for one in found)
    rows = trained.names(model, found)
    for row, one in zip(rows, found, strict=True):
        row["doubt"] = known.get((one.image_id, model.label_ids[one.truth]), "")
        row["heat"] = bool(one.heat)
    return rows


def weights(model: TrainedModel) -> dict[str, Any]:
    """Where its weights came from: {scratch, sha256, published}; published is None where nobody can say any more."""
    sha256 = (model.metrics.get("facts") or {}).get("weights_sha256") or ""
    row = Backbone.objects.filter(name=model.backbone, weights_sha256=sha256).first() if sha256 else None
    return {"scratch": model.backbone == SCRATCH, "sha256": sha256, "published": row.published if row else None}


def files(model: TrainedModel) -> list[dict[str, Any]]:
    """Its files in the order people look for them: {file, words}."""
    order = list(FILES)
    found = sorted(model.files.all(), key=lambda one: (order.index(one.name) if one.name in order else 99, one.name))
    return [{"file": one, "words": FILES.get(one.name, "")} for one in found]


def covers(models: Sequence[TrainedModel]) -> dict[int, list[Image]]:
    """Up to three pictures of each model's test, of different labels; none that was withdrawn."""
    shown = Prediction.objects.filter(model__in=models, truth__lt=COVERS, image__withdrawn_at=None)
    first = shown.select_related("image").order_by("model", "truth", "-truth_confidence", "image")
    found: dict[int, list[Image]] = {}
    for one in first.distinct("model", "truth"):
        found.setdefault(one.model_id, []).append(one.image)
    return found


def labels_of(models: QuerySet[TrainedModel], limit: int = 24) -> list[tuple[Label, int]]:
    """The labels most of these models know, with how many do."""
    each = TrainedModel.objects.filter(pk__in=models.order_by().values("pk"))
    known = each.annotate(known=Func(F("label_ids"), function="unnest")).values("known")
    counted = {row["known"]: row["n"] for row in known.annotate(n=Count("pk")).order_by("-n", "known")[:limit]}
    labels = Label.objects.in_bulk(list(counted))
    return [(labels[pk], n) for pk, n in counted.items() if pk in labels]
