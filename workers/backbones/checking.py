"""The self-check: every file of a model answers the golden pictures in a process of its own, as its user's would."""

import json
import os
import runpy
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from . import export, golden, predictor
from .types import Failure

TOLERANCE = 1e-3  # of a probability
SECONDS = 180  # for one file: ten pictures, and the slowest start of TensorFlow
ROOT = Path(__file__).parents[__name__.count(".")] if __name__ != "__main__" else Path()
Answer = Callable[[golden.Expected], Any]


def check(
    folder: Path, told: Callable[[int], None] = lambda _: None, seconds: float = SECONDS
) -> dict[str, dict[str, float]]:
    """For every model file: the largest `gap` to golden.json, how many of `pictures` `agree` on the likeliest class,
    and the `seconds` it took.

    `told` hears, twice a second at least, how many files are done; whatever it raises ends the check. Raises
    Failure("artefacts_disagree", file, gap) above TOLERANCE (int8 reports its gap and is not held to it),
    Failure("artefact_broken", file, why) for a file that does not answer, or not with numbers, or not in time.
    """
    expected = np.array([one.probabilities for one in golden.expected(folder)])
    found: dict[str, dict[str, float]] = {}
    for name in export.MODELS:
        if (folder / name).exists():
            started = time.monotonic()
            answers = _answers(folder / name, seconds, lambda: told(len(found)))
            found[name] = _compared(name, answers, expected) | {"seconds": round(time.monotonic() - started, 2)}
    told(len(found))
    return found


def _compared(name: str, answers: np.ndarray, expected: np.ndarray) -> dict[str, float]:
    if answers.shape != expected.shape or not np.isfinite(answers).all():
        raise Failure("artefact_broken", file=name, why="it answers with other than probabilities")
    gap = float(abs(answers - expected).max())
    if gap > TOLERANCE and name != export.INT8:
        raise Failure("artefacts_disagree", file=name, gap=gap)
    agree = int((answers.argmax(axis=1) == expected.argmax(axis=1)).sum())
    return {"gap": gap, "agree": agree, "pictures": len(expected)}


def _answers(path: Path, seconds: float, tick: Callable[[], None]) -> np.ndarray:
    """What a fresh process answers with this file."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        command = [sys.executable, "-m", __name__, str(path.absolute())]
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=_environment())
        try:
            code = _ended(child, seconds, tick)
        finally:
            child.kill()
            child.wait()
        out.seek(0), err.seek(0)
        if code != 0:
            last = err.read().decode(errors="replace").strip().rpartition("\n")[2][:300]
            why = "it took too long" if code is None else last or f"it ended with {code}"
            raise Failure("artefact_broken", file=path.name, why=why)
        return np.array(json.loads(out.read().splitlines()[-1]), ndmin=2)


def _ended(child: subprocess.Popen, seconds: float, tick: Callable[[], None]) -> int | None:
    """The exit code; None when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        tick()
        try:
            return child.wait(0.5)
        except subprocess.TimeoutExpired:
            continue
    return None


def _environment() -> dict[str, str]:
    """On the processor: a graphics card is still held by who trains, and rounds in its own way."""
    return os.environ | {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}


def _keras(path: Path) -> Answer:
    import keras

    model = keras.saving.load_model(path, compile=False, safe_mode=True)
    return lambda picture: np.asarray(model.predict_on_batch(predictor.read(picture.png)[None]))[0]


def _saved(path: Path) -> Answer:
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as scratch:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(scratch)
        model = tf.saved_model.load(f"{scratch}/{path.stem}")
    return lambda picture: model.serve(tf.constant(predictor.read(picture.png)[None])).numpy()[0]


def _onnx(path: Path) -> Answer:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    [asked] = session.get_inputs()
    return lambda picture: session.run(None, {asked.name: predictor.read(picture.png)[None]})[0][0]


def _tflite(path: Path) -> Answer:
    """By the predict.py that is delivered with it."""
    delivered = runpy.run_path(str(path.with_name(export.PREDICT)))
    model = delivered["load"](path)
    return lambda picture: model.probabilities(delivered["read"](picture.png, model.side))


LOADERS: dict[str, Callable[[Path], Answer]] = {".keras": _keras, ".zip": _saved, ".tflite": _tflite, ".onnx": _onnx}


def main(path: Path) -> None:
    """The fresh process: print the probabilities of every golden picture beside a model file, as JSON."""
    answer = LOADERS[path.suffix](path)
    print(json.dumps([[float(share) for share in answer(one)] for one in golden.expected(path.parent)]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
