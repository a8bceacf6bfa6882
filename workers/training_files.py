"""What becomes of a training's outcome: figures, files, charts, each checked and kept; and rows for all of it."""

import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from hub import storage, trained, trainings
from hub.models import DatasetVersion, Prediction, TrainedModel, TrainingRequest
from hub.progress import Made
from workers.backbones import card, charts, checking, export, golden, heat, report
from workers.backbones.types import Outcome, Recipe
from workers.training_rows import Pictures, Told

GOLDEN, REPRESENTATIVE, HEATED = 10, 100, 48


def recipe(wish: trainings.Wish) -> Recipe:
    """A wish as the core of training takes it; from scratch there is one phase."""
    tuning = 0 if wish.backbone == trainings.SCRATCH else wish.epochs
    return Recipe(wish.backbone, wish.method, wish.seed, head_epochs=wish.epochs, tune_epochs=tuning)


def write(
    request: TrainingRequest, outcome: Outcome, seen: Pictures, told: Told, folder: Path
) -> tuple[TrainedModel, list[Made], list[Prediction]]:
    """Write, check and store every file of a model; the rows that are to name them, not saved yet.

    Raises Failure when a file does not answer as the model does.
    """
    folder.mkdir()
    labels = [label["name"] for label in request.version.header["labels"]]
    test = seen.of("test")
    chosen = kept(len(test))
    metrics = report.build(outcome, seen.examples, labels)
    told.phase("export", len(export.MAKERS))
    files = export.artefacts(outcome, _material(outcome, seen, labels, chosen), folder, told.step)
    files += charts.write(outcome, metrics, folder)
    told.phase("check", len(export.MODELS))
    gaps = checking.check(folder, told.step)
    metrics["checked"] = gaps
    files += export.papers(folder, metrics, card.card(_facts(request, outcome, seen, labels), metrics, files, gaps))
    made = [_stored(folder / file.name, file, gaps) for file in files]
    return _model(request, labels, metrics, len(seen.examples)), made, _predictions(outcome, seen, chosen)


def kept(tests: int) -> list[int]:
    """Which test pictures become golden: spread over all of them."""
    return sorted({round(place) for place in np.linspace(0, tests - 1, min(GOLDEN, tests))})


def _material(outcome: Outcome, seen: Pictures, labels: list[str], chosen: list[int]) -> export.Material:
    test, training = seen.of("test"), seen.of("train")
    some = training[:: max(1, len(training) // REPRESENTATIVE)][:REPRESENTATIVE]
    pictures = [
        golden.Picture(one.id, seen.read(one), seen.rows[one.id]["licence"], seen.rows[one.id]["credit"])
        for one in (test[place] for place in chosen)
    ]
    return export.Material(labels, test, [seen.read(one) for one in some], pictures)


def _facts(request: TrainingRequest, outcome: Outcome, seen: Pictures, labels: list[str]) -> card.Facts:
    version, rows = request.version, seen.rows.values()
    weights = outcome.facts.get("weights_sha256") or ""
    return card.Facts(
        title=f"{', '.join(labels[:4])}{' …' if len(labels) > 4 else ''}: {request.backbone}",
        labels=labels,
        backbone=request.backbone,
        method=request.method,
        seed=request.hyperparameters["seed"],
        data=f"{_name(version)}, version {version.number}, of Deep Images Hub",
        split=version.header["split_report"]["rule"],
        weights=_origin(weights),
        weights_sha256=weights,
        version=version.digest,
        address=f"{settings.ORIGIN}/versions/{version.digest}/",
        licences=Counter(row["licence"] for row in rows),
        credits=len({row["credit"] for row in rows}),
        made={name: outcome.facts[name] for name in ("precision", "device", "versions")},
    )


def _name(version: DatasetVersion) -> str:
    """Whoever freezes the same photos is given the same model: what somebody calls them in private is not told."""
    return version.dataset.name if version.dataset.public else "A private dataset"


def _origin(weights_sha256: str) -> str:
    if not weights_sha256:
        return "scratch"
    return "other" if weights_sha256 in settings.WEIGHTS_HASHES.values() else "published"


def _stored(path: Path, file: export.Artefact, gaps: dict[str, dict[str, float]]) -> Made:
    with path.open("rb") as opened:
        storage.put("artifacts", trained.key(file.sha256), opened)
    return Made(file.name, file.size, file.sha256, gaps.get(file.name, {}).get("gap"))


def _model(request: TrainingRequest, labels: list[str], metrics: dict[str, Any], images: int) -> TrainedModel:
    return TrainedModel(
        digest=request.version.digest,
        backbone=request.backbone,
        method=request.method,
        hyperparameters=request.hyperparameters,
        labels=labels,
        label_ids=[label["id"] for label in request.version.header["labels"]],
        metrics=metrics,
        accuracy=metrics["accuracy"],
        images=images,
        seconds=time.time() - started.timestamp() if (started := request.started_at) else 0.0,
    )


def _predictions(outcome: Outcome, seen: Pictures, chosen: list[int]) -> list[Prediction]:
    """A row for every test picture; those it was surest of and wrong carry where it looked."""
    test = seen.of("test")
    guesses = outcome.test.argmax(axis=1)
    rows = [
        Prediction(
            image_id=seen.rows[one.id]["image"],
            truth=one.label,
            guess=int(guess),
            confidence=float(shares[guess]),
            truth_confidence=float(shares[one.label]),
            golden=place in chosen,
        )
        for place, (one, guess, shares) in enumerate(zip(test, guesses, outcome.test, strict=True))
    ]
    _heat(outcome, seen, rows)
    return rows


def _heat(outcome: Outcome, seen: Pictures, rows: list[Prediction]) -> None:
    """Grad-CAM of the surest mistakes, and then of the surest right answers."""
    places = sorted(range(len(rows)), key=lambda n: (rows[n].guess == rows[n].truth, -rows[n].confidence))[:HEATED]
    at = [n for n, example in enumerate(seen.examples) if example.split == "test"]
    layers = dense_layers(outcome)
    for place in places:
        activations = outcome.activations([at[place]])[0]
        rows[place].heat = heat.png(heat.grad_cam(activations, layers, rows[place].guess))


def dense_layers(outcome: Outcome) -> list[heat.Dense]:
    """The weights of the head, as Grad-CAM takes them."""
    named = {layer.name: layer for layer in outcome.fixed.layers}
    found: Iterable[Any] = (named[name].get_weights() for name in ("hidden", "logits") if name in named)
    return [(weights[0], weights[1]) for weights in found]
