"""`dih predict`: what a model says of photos, with no hub at all."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from dih import sums
from dih.failures import DIFFERENT, NOT_FOUND, OK, USAGE, Failure
from dih.said import Said
from dih.train import INSTALL as TRAIN
from dih.train import missing_packages, silent_start

PREDICT = "Install what it needs: pip install 'dih[predict]'"
DEFAULT, LABELS = "model-float16.tflite", "labels.txt"
DOUBT = "A .keras file can run code of whoever made it as it opens."
TRUST = "Use its .tflite, or say --trust if you know who made it."


class Model(Protocol):
    """What answers."""

    labels: Any

    def predict(self, source: Path) -> list[tuple[str, float]]:
        """Every label with its probability, the likeliest first."""


def predict(said: Said, asked: Any) -> int:
    """`dih predict`: 0 when every photo was answered, 1 when some could not be read. Raises Failure."""
    missing_packages(("numpy", "PIL"), PREDICT)
    from dih.backbones import predictor

    model = opened(asked.model, asked.trust)
    files = list(predictor.photos(asked.photos))
    if not files:
        raise Failure(NOT_FOUND, "no_photos", f"{', '.join(map(str, asked.photos))}: there are no photos.")
    with said.bar(len(files), "predicting", bytes=False) as bar:
        answers = [_answer(model, path, asked.top, said, bar) for path in files]
    if asked.csv:
        sums.keep(asked.csv, _table(model, answers).encode())
    unread = sum("words" in one for one in answers)
    said.line(f"{len(files) - unread} answered, {unread} not read")
    told = [{key: value for key, value in one.items() if key != "shares"} for one in answers]
    said.result({"model": str(asked.model), "files": told, "unread": unread})
    return DIFFERENT if unread else OK


def opened(path: Path, trust: bool) -> Model:
    """A model from its folder, a .tflite, or a .keras that is trusted. Raises Failure."""
    if path.is_dir():
        path = path / DEFAULT
    if not path.is_file():
        raise Failure(NOT_FOUND, "no_model", f"{path} is no model: there is no such file.")
    if path.suffix not in (".tflite", ".keras"):
        raise Failure(USAGE, "no_model", f"{path} is neither a .tflite nor a .keras.")
    if path.suffix == ".keras" and not trust:
        raise Failure(USAGE, "not_trusted", DOUBT, TRUST)
    try:
        labels = (path.parent / LABELS).read_text("utf-8").splitlines()
    except FileNotFoundError:
        raise Failure(NOT_FOUND, "no_labels", f"There is no {LABELS} beside {path}.") from None
    except ValueError:
        raise Failure(USAGE, "bad_model", f"{LABELS} beside {path} is not text.") from None
    return _keras(path, labels) if path.suffix == ".keras" else _tflite(path, labels)


def _tflite(path: Path, labels: list[str]) -> Model:
    missing_packages(("ai_edge_litert",), PREDICT)
    from dih.backbones import predictor

    try:
        return predictor.load(path, labels)
    except ValueError as error:
        raise Failure(USAGE, "bad_model", f"{error}") from None


def _keras(path: Path, labels: list[str]) -> Model:
    """In Keras' safe mode, which refuses the code it knows to look for."""
    missing_packages(("keras", "tensorflow"), TRAIN)
    silent_start()
    import keras

    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, OSError, LookupError, AttributeError) as error:
        raise Failure(USAGE, "bad_model", f"{path} does not open safely: {str(error)[:300]}") from None
    if model.output_shape[-1] != len(labels):
        raise Failure(USAGE, "bad_model", f"{path} knows {model.output_shape[-1]} classes, {LABELS} {len(labels)}.")
    return Keras(model, labels)


class Keras:
    """A Keras model of ours: raw upright RGB in, probabilities out."""

    def __init__(self, model: Any, labels: list[str]) -> None:
        self.model, self.labels = model, labels

    def predict(self, source: Path) -> list[tuple[str, float]]:
        """Every label with its probability, the likeliest first."""
        from dih.backbones import predictor

        found = self.model.predict_on_batch(predictor.read(source)[None])[0]
        return sorted(zip(self.labels, map(float, found), strict=True), key=lambda one: -one[1])


def _answer(model: Model, path: Path, top: int, said: Said, bar: Any) -> dict[str, Any]:
    from dih.backbones import predictor

    bar.update()
    try:
        found = model.predict(path)
    except (predictor.Unreadable, OSError) as error:
        words = (error.strerror if isinstance(error, OSError) else None) or str(error)
        said.line(f"{path}: not read: {words}")
        return {"file": str(path), "words": words}
    said.line(f"{path}: " + ", ".join(f"{label} {share:.1%}" for label, share in found[:top]))
    best = [{"label": label, "probability": share} for label, share in found[:top]]
    return {"file": str(path), "top": best, "shares": dict(found)}


def _table(model: Model, answers: list[dict[str, Any]]) -> str:
    """A line a photo, with the probability of every label; of photos not read, the reason."""
    from dih.backbones import predictor

    text = io.StringIO()
    write = predictor.table(text, ("file", "label", "probability", *model.labels, "not read"))
    for row in _rows(model, answers):
        write(row)
    return text.getvalue()


def _rows(model: Model, answers: list[dict[str, Any]]) -> Iterator[list[object]]:
    for one in answers:
        if "words" in one:
            yield [one["file"], *("" for _ in range(2 + len(model.labels))), one["words"]]
        else:
            best, shares = one["top"][0], one["shares"]
            yield [one["file"], best["label"], best["probability"], *(shares[name] for name in model.labels), ""]
