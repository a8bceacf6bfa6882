"""One model as all the files it is delivered in. Each takes raw upright RGB but the TFLite ones, which take it squeezed
to the backbone's square; predict.py does that by the same filter."""

import contextlib

import hashlib
import importlib.util
import io
import json
import logging
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import golden, predictor
from .types import Epoch, Example, Failure, Outcome

if TYPE_CHECKING:
    import keras

KERAS, SAVED, ONNX = "model.keras", "saved_model.zip", "model.onnx"
FLOAT16, INT8 = "model-float16.tflite", "model-int8.tflite"
MODELS = (KERAS, SAVED, FLOAT16, INT8, ONNX)
PREDICT, METRICS, CARD = "predict.py", "metrics.json", "README.md"
# Opset 18 is the first in which ONNX can say all of our resize
ONNX_NEEDS = ("tf2onnx", "onnx", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Artefact:
    """One file of a model: its name in the model's folder, its size in bytes, its SHA-256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Material:
    """What the files need beside the model: `labels` in the order of the classes; `test` in the order of Outcome.test;
    bytes of some `training` pictures, by which int8 finds its ranges (100 are plenty); about ten `golden` ones."""

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


def _keras(path: Path, outcome: Outcome, material: Material) -> None:
    """Rebuilt, because a model that was compiled drags its optimizer along, twice its own size."""
    bare(outcome.model).save(path)


def bare(model: "keras.Model") -> "keras.Model":
    """The same model, never compiled."""
    made = type(model).from_config(model.get_config())
    made.set_weights(model.get_weights())
    return made


def _saved(path: Path, outcome: Outcome, material: Material) -> None:
    folder = path.with_suffix("")
    with _quiet():
        outcome.model.export(folder, format="tf_saved_model", verbose=False)
    _pack(folder, path)
    shutil.rmtree(folder)


def _pack(folder: Path, path: Path) -> None:
    """Stored, since weights do not shrink; sorted and undated, so that the same files are the same zip."""
    with zipfile.ZipFile(path, "w") as archive:
        for one in sorted(folder.rglob("*")):
            if one.is_file():
                entry = zipfile.ZipInfo(f"{folder.name}/{one.relative_to(folder).as_posix()}", golden.BEGINNING)
                with one.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                    shutil.copyfileobj(source, target)


def _float16(path: Path, outcome: Outcome, material: Material) -> None:
    import tensorflow as tf

    converter = _converter(outcome)
    converter.target_spec.supported_types = [tf.float16]
    _convert(converter, path)


def _int8(path: Path, outcome: Outcome, material: Material) -> None:
    """Weights and activations in 8 bits, their ranges found on training pictures; floats go in and come out."""
    converter = _converter(outcome)
    converter.representative_dataset = lambda: ([one[None]] for one in _squeezed(material.training, outcome.side))
    _convert(converter, path)


def _converter(outcome: Outcome) -> Any:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(outcome.fixed)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return converter


def _convert(converter: Any, path: Path) -> None:
    with _quiet():
        path.write_bytes(converter.convert())


def _squeezed(pictures: Sequence[bytes], side: int) -> Iterator[Any]:
    for data in pictures:
        try:
            yield predictor.read(data, side)
        except ValueError as error:
            raise Failure("picture_unreadable", image=hashlib.sha256(data).hexdigest()) from error


def _onnx(path: Path, outcome: Outcome, material: Material) -> None:
    if all(importlib.util.find_spec(name) for name in ONNX_NEEDS):
        with _quiet():
            outcome.model.export(path, format="onnx", verbose=False)


def _labels(path: Path, outcome: Outcome, material: Material) -> None:
    """One a line, the first for class 0."""
    path.write_text("".join(f"{' '.join(label.split())}\n" for label in material.labels), "utf-8")


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


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keras, TensorFlow and tf2onnx tell their own story while they export; nobody asked."""
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)


MAKERS: dict[str, Callable[[Path, Outcome, Material], None]] = {
    "labels.txt": _labels,
    "history.csv": _history,
    "predictions.csv": _predictions,
    PREDICT: _predict,
    KERAS: _keras,
    golden.FILE: _golden,
    FLOAT16: _float16,
    INT8: _int8,
    SAVED: _saved,
    ONNX: _onnx,
}
