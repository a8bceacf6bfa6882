"""Trained models in one line: on a frozen version, with figures, answers for its test pictures and stored files."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from celery.contrib.testing.worker import start_worker
from django.utils import timezone

from hub import storage, trained
from hub.models import Account, DatasetVersion, ModelFile, Prediction, TrainedModel, TrainingRequest
from tests import shelves, tflites
from workers import predict
from workers.backbones import heat, measures
from workers.celery import app

numbers = itertools.count(1)
celerys_own = pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")
TFLITE = "model-float16.tflite"


def model(
    version: DatasetVersion | None = None, owner: Account | None = None, *, public: bool = False, **fields: Any
) -> TrainedModel:
    """A model of a version (of its own, where none is given), every fourth of whose test pictures it gets wrong.

    Its float16 file really answers: red photos are of its first class, green ones of the second. Versions of the same
    photos have one id, so that two models of them are seen by the same people.
    """
    version = version or shelves.frozen(owner, public=public)
    names = [label["name"] for label in version.header["labels"]]
    answers = _answers(version)
    metrics = _metrics(names, answers, version) | fields.pop("metrics", {})
    usual = {
        "recipe": storage.digest_of(f"recipe {next(numbers)}".encode()), "digest": version.digest,
        "backbone": "vgg16", "method": "finetune", "hyperparameters": {"seed": 7, "epochs": 20}, "labels": names,
        "label_ids": [label["id"] for label in version.header["labels"]], "metrics": metrics,
        "accuracy": metrics["accuracy"], "images": version.images, "seconds": 321.0,
    }  # fmt: skip
    made = TrainedModel.objects.create(**usual | fields)
    for answer in answers:
        answer.model = made
    Prediction.objects.bulk_create(answers)
    stored(made, TFLITE, tflites.by_colour(len(names)), gap=3e-5)
    stored(made, "labels.txt", "".join(f"{name}\n" for name in names).encode())
    stored(made, "metrics.json", json.dumps(metrics).encode())
    stored(made, "README.md", f"# A model\n\nNumber {made.pk}.\n".encode())
    made.refresh_from_db()
    return made


def asked(made: TrainedModel, owner: Account, **fields: Any) -> TrainingRequest:
    """The training that gave a model to an account: ended, unless `state` says otherwise."""
    version = DatasetVersion.objects.filter(digest=made.digest).first()
    usual = {"state": "ready", "model": made, "finished_at": timezone.now()}
    wish = {name: getattr(made, name) for name in ("backbone", "method", "hyperparameters")}
    return TrainingRequest.objects.create(owner=owner, version=version, **wish | usual | fields)


def heated(made: TrainedModel, one: Prediction | None = None) -> Prediction:
    """An answer of a model (its first, where none is given), with where it looked."""
    found = one or made.predictions.order_by("image")[0]
    found.heat = heat.png(np.eye(7))
    made.predictions.filter(image=found.image_id).update(heat=found.heat)
    return found


def stored(made: TrainedModel, name: str, data: bytes, **fields: Any) -> ModelFile:
    """A file of a model, its bytes in `artifacts`."""
    sha256 = storage.digest_of(data)
    storage.put("artifacts", trained.key(sha256), data)
    return ModelFile.objects.create(model=made, name=name, size=len(data), sha256=sha256, **fields)


@contextmanager
def answering_at_once() -> Iterator[None]:
    """Let pictures be tried in this process, without a broker, by a worker that has loaded no model yet."""
    predict._loaded.clear()
    app.conf.task_always_eager = True
    try:
        yield
    finally:
        app.conf.task_always_eager = False


@contextmanager
def worker() -> Iterator[None]:
    """A predict worker in threads of this process (others would cap its memory), heard through Redis.

    Mark such tests `celerys_own`.
    """
    predict._loaded.clear()
    with start_worker(app, pool="threads", queues=["predict"], perform_ping_check=False, shutdown_timeout=20):
        yield


def _answers(version: DatasetVersion) -> list[Prediction]:
    places = {label["id"]: place for place, label in enumerate(version.header["labels"])}
    members = version.members.filter(split="test").order_by("image")
    return [
        _answer(member.image_id, places[member.labels[0]], len(places), wrong=n % 4 == 3)
        for n, member in enumerate(members)
    ]


def _answer(image: int, truth: int, classes: int, *, wrong: bool) -> Prediction:
    guess = (truth + 1) % classes if wrong else truth
    return Prediction(
        image_id=image, truth=truth, guess=guess, confidence=0.8, truth_confidence=0.2 if wrong else 0.8, heat=b""
    )


def _metrics(names: list[str], answers: list[Prediction], version: DatasetVersion) -> dict[str, Any]:
    """What the report says (workers/backbones/report.py), from these answers; what they do not carry is made up."""
    truth, guess = (np.array([getattr(one, name) for one in answers]) for name in ("truth", "guess"))
    matrix = measures.confusion(truth, guess, len(names))
    low, high, how = measures.interval(truth == guess, np.arange(len(answers)))
    accuracy = float((truth == guess).mean())
    splits = ("train", "validation", "test")
    counted = {part: version.members.filter(split=part).count() for part in splits}
    sizes = [4, 8, 16, 24, 32]
    advice = {"label": None, "metric": "accuracy", "more": 40, "between": [20, 90], "points": 3}
    return {
        "accuracy": accuracy,
        "interval": [low, high],
        "interval_method": how,
        "macro_f1": measures.macro_f1(matrix),
        "per_class": [
            {"label": name} | row for name, row in zip(names, measures.per_class(matrix), strict=True)
        ],
        "confusion": matrix.tolist(),
        "calibration": {
            "ece": 0.04, "ece_before": 0.11, "temperature": 1.3,
            "bins": [{"confidence": 0.8, "accuracy": accuracy, "n": len(answers)}],
        },
        "baselines": {"majority": 0.5, "probe": 0.7, "scratch": 0.6, "chance": 1 / len(names)},
        "random_split": {"method": "probe", "accuracy": 0.9, "honest": 0.7, "gap": 0.2},
        "learning_curve": {
            "sizes": sizes, "accuracy": [0.5, 0.6, 0.66, 0.7, 0.72], "low": [0.4, 0.5, 0.6, 0.66, 0.7],
            "high": [0.6, 0.7, 0.7, 0.74, 0.74], "fit": {"a": 0.8, "b": 0.6, "c": 0.7},
            "advice": [advice, {"label": 0, "metric": "f1", "refused": "few_groups"}],
        },
        "top5": None,
        "n": {part: {"images": n, "groups": n} for part, n in counted.items()},
    }  # fmt: skip
