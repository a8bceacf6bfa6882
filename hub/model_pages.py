"""What the pages of models show: figures as bars, tables and curves, mistakes with what became of doubts about them."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, F, Func, QuerySet

from hub import trained
from hub.models import Backbone, Image, Label, Prediction, TrainedModel, TrainingEpoch
from hub.moderation import doubts
from hub.trainings import SCRATCH

# Cells are shaded in so many steps, by their share of the row.
SHADES = 5
COVERS = 3
BASELINES = {
    "scratch": "A small network from scratch",
    "probe": "A linear probe on the same network",
    "majority": "Always saying the commonest label",
    "chance": "Guessing",
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
CHARTS = {
    "confusion": "The confusion matrix",
    "curves": "Loss and accuracy by epoch",
    "reliability": "How sure, and how right",
    "learning-curve": "The learning curve",
}
FILES |= {f"{name}.{kind}": words for name, words in CHARTS.items() for kind in ("svg", "png")}


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
    others = {name: words for name, words in BASELINES.items() if name != model.method}
    return rows + [{"name": words, "value": told[name]} for name, words in others.items() if told.get(name) is not None]


def warnings(model: TrainedModel) -> list[str]:
    """What to know before trusting it, in words: of the report's codes those that no other part of the page says."""
    told = model.metrics.get("advice", [])
    worse = [BASELINES[one["than"]] for one in told if one["code"] == "not_better" and one["than"] != model.method]
    few = [model.labels[n] for one in told if one["code"] == "few_tests" for n in one["labels"]]
    said: list[str] = []
    if worse:
        said.append(f"This test cannot tell it from {', or from '.join(worse).lower()}.")
    if few:
        more = f" and {len(few) - COVERS} more" if len(few) > COVERS else ""
        named = f"{', '.join(few[:COVERS])}{more}"
        said.append(f"With fewer than five photos in the test, the figures of {named} are rough.")
    return said


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
    known = models.annotate(known=Func(F("label_ids"), function="unnest")).values("known")
    counted = {row["known"]: row["n"] for row in known.annotate(n=Count("pk")).order_by("-n", "known")[:limit]}
    labels = Label.objects.in_bulk(list(counted))
    return [(labels[pk], n) for pk, n in counted.items() if pk in labels]
