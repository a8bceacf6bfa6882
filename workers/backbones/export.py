"""One model as all the files it is delivered in. Each takes raw upright RGB but the TFLite ones, which take it squeezed
to the backbone's square; predict.py does that by the same filter."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from . import exporters, golden, predictor
from .types import Epoch, Example, Failure, Outcome

KERAS, SAVED, ONNX = "model.keras", "saved_model.zip", "model.onnx"
FLOAT16, INT8 = "model-float16.tflite", "model-int8.tflite"
MODELS = (KERAS, SAVED, FLOAT16, INT8, ONNX)
PREDICT, METRICS, CARD = "predict.py", "metrics.json", "README.md"


@dataclass(frozen=True, slots=True)
class Artefact:
    """One file of a model: its name in the model's folder, its size in bytes, its SHA-256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Material:
    """What the files need beside the model: `labels` in the order of the classes; `test` in the order of Outcome.test;
    bytes of some `training` pictures, by which int8 finds its ranges (40 are plenty); about ten `golden` ones."""

    labels: Sequence[str]
    test: Sequence[Example]
    training: Sequence[bytes]
    golden: Sequence[golden.Picture]


def artefacts(
    outcome: Outcome, material: Material, folder: Path, told: Callable[[int], None] = lambda _: None
) -> list[Artefact]:
    """Write every file but metrics.json and README.md (see `papers`) into an empty folder, and say what was written.

    `told` hears how many of `len(MAKERS)` files are done; whatever it raises ends the work. model.onnx is left out
    where its exporter is not installed. Raises Failure("picture_unreadable"), OSError.
    """
    made = []
    material = replace(material, labels=[" ".join(label.split()) for label in material.labels])  # one a line
    for done, (name, make) in enumerate(MAKERS.items(), 1):
        make(folder / name, outcome, material)
        if (folder / name).exists():
            made.append(artefact(folder / name))
        told(done)
    return made


def papers(folder: Path, metrics: dict[str, Any], card: str) -> list[Artefact]:
    """Write metrics.json and README.md, which are told last. Raises ValueError for what JSON cannot say, as NaN."""
    told = json.dumps(metrics, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    for name, text in ((METRICS, told), (CARD, card)):
        (folder / name).write_text(text, "utf-8")
    return [artefact(folder / METRICS), artefact(folder / CARD)]


def artefact(path: Path) -> Artefact:
    """A file as it is."""
    with path.open("rb") as file:
        return Artefact(path.name, path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _int8(path: Path, outcome: Outcome, material: Material) -> None:
    exporters.int8(path, outcome.fixed, lambda: _squeezed(material.training, outcome.side))


def _squeezed(pictures: Sequence[bytes], side: int) -> Iterator[np.ndarray]:
    for data in pictures:
        try:
            yield predictor.read(data, side)
        except ValueError as error:
            raise Failure("picture_unreadable", image=hashlib.sha256(data).hexdigest()) from error


def _labels(path: Path, outcome: Outcome, material: Material) -> None:
    """One a line, the first for class 0."""
    path.write_text("".join(f"{label}\n" for label in material.labels), "utf-8")


def _history(path: Path, outcome: Outcome, material: Material) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        write = predictor.table(file, [field.name for field in fields(Epoch)])
        for epoch in outcome.history:
            write(astuple(epoch))


def _predictions(path: Path, outcome: Outcome, material: Material) -> None:
    """A line a test picture: what it shows, what was said, and the probability of every class."""
    labels = material.labels
    with path.open("w", encoding="utf-8", newline="") as file:
        write = predictor.table(file, ("image", "split", "truth", "guess", *labels))
        for example, shares in zip(material.test, outcome.test, strict=True):
            seen = (labels[example.label], labels[int(shares.argmax())])
            write((example.id, example.split, *seen, *(f"{share:.7g}" for share in shares)))


def _predict(path: Path, outcome: Outcome, material: Material) -> None:
    shutil.copyfile(predictor.__file__, path)


def _golden(path: Path, outcome: Outcome, material: Material) -> None:
    golden.write(path.parent, material.golden, material.labels, outcome.model)


MAKERS: dict[str, Callable[[Path, Outcome, Material], None]] = {
    "labels.txt": _labels,
    "history.csv": _history,
    "predictions.csv": _predictions,
    PREDICT: _predict,
    KERAS: lambda path, outcome, _: exporters.keras(path, outcome.model),
    golden.FILE: _golden,
    FLOAT16: lambda path, outcome, _: exporters.float16(path, outcome.fixed),
    INT8: _int8,
    SAVED: lambda path, outcome, _: exporters.saved(path, outcome.model),
    ONNX: lambda path, outcome, _: exporters.onnx(path, outcome.model),
}
