"""Epochs: our own short loop, so that it can stop within a batch, go on where it broke off, and run distributed."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .engine import Engine
from .state import State
from .types import Epoch, Failure

if TYPE_CHECKING:
    import keras

# Which examples, in which epoch (0: the plain view) → what the model takes.
Load = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one phase teaches: `model` (logits; compiled by `compiled`) learns `training` examples by their `labels`,
    judged by `validation`; both are indices into whatever `load` loads and `labels` holds."""

    phase: str
    model: "keras.Model"
    load: Load
    labels: np.ndarray
    training: np.ndarray
    validation: np.ndarray
    epochs: int
    patience: int
    batch: int
    seed: int

    @property
    def batches(self) -> int:
        return math.ceil(len(self.training) / self.batch)


@dataclass(slots=True)
class Course:
    """The epochs of a training so far, and who is told: `step` after every batch, `epoch` after every epoch with a
    file to go on from. `resumed` is such a file's content until its phase has been reached."""

    engine: Engine
    step: Callable[[int], None]
    epoch: Callable[[Epoch, Path], None] | None = None
    work: Path = Path()
    history: list[Epoch] = field(default_factory=list)
    resumed: State | None = None


def compiled(model: "keras.Model", rate: float) -> "keras.Model":
    """The model made ready to learn by Adam. No XLA on TensorFlow: on a CPU it costs time and 7 GB."""
    import keras

    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )
    model.optimizer.build(model.trainable_variables)
    return model


def fit(lesson: Lesson, course: Course) -> None:
    """Teach until the epochs are over or the validation loss has not bettered for `patience`; best weights stay.

    Raises Failure `loss_not_finite` (`epoch`, `phase`), and whatever who is told raises.
    """
    state = course.resumed if course.resumed and course.resumed.phase == lesson.phase else State(lesson.phase)
    state.into(lesson.model)
    course.resumed = None
    past = sum(epoch.phase == lesson.phase for epoch in course.history)
    for turn in range(past, lesson.epochs):
        if state.waits >= lesson.patience:
            break
        _epoch(lesson, course, state, turn)
    state.best_into(lesson.model)


def _epoch(lesson: Lesson, course: Course, state: State, turn: int) -> None:
    number, started = len(course.history) + 1, time.monotonic()
    loss, accuracy = _taught(lesson, course, turn, number)
    val_loss, val_accuracy = _judged(lesson, course.engine)
    for value in (loss, val_loss):
        _finite(value, number, lesson.phase)
    state.judged(lesson.model, val_loss)
    epoch = Epoch(number, lesson.phase, loss, accuracy, val_loss, val_accuracy, time.monotonic() - started)
    course.history.append(epoch)
    if course.epoch is not None and course.engine.rank == 0:
        course.epoch(epoch, state.saved(lesson.model, course.work))


def _taught(lesson: Lesson, course: Course, turn: int, number: int) -> tuple[float, float]:
    """One pass: mean loss and accuracy over the examples, each as it was before its batch was learnt."""
    engine, sums = course.engine, np.zeros(2)
    weights = balance(lesson.labels[lesson.training])
    _seed_dropout(lesson.model, lesson.seed, number)
    for done, rows in enumerate(shares(lesson, number), 1):
        mine = rows[engine.rank :: engine.size]
        labels = lesson.labels[mine]
        told = engine.step(lesson.model, lesson.load(mine, number), labels, weights[labels], len(rows))
        _finite(told[0], number, lesson.phase)
        sums += np.array(told) * len(rows)
        course.step(turn * lesson.batches + done)
    loss, accuracy = sums / len(lesson.training)
    return float(loss), float(accuracy)


def shares(lesson: Lesson, number: int) -> list[np.ndarray]:
    """The batches of epoch `number`: an order drawn by (seed, number), in parts of nearly equal size."""
    order = np.random.default_rng([lesson.seed, number]).permutation(lesson.training)
    return np.array_split(order, lesson.batches)


def balance(labels: np.ndarray) -> np.ndarray:
    """The weight of each class, float32: n / (classes * n of the class), so that all classes weigh the same."""
    counts = np.bincount(labels)
    return (len(labels) / (len(counts) * np.maximum(counts, 1))).astype(np.float32)


def _seed_dropout(model: "keras.Model", seed: int, number: int) -> None:
    """Let dropout draw by (seed, epoch), so that a resumed epoch is the epoch it would have been."""
    for layer in model._flatten_layers():
        if hasattr(layer, "seed_generator"):
            layer.seed_generator.state.assign(np.array([seed, number], "uint32"))


def _judged(lesson: Lesson, engine: Engine) -> tuple[float, float]:
    """Loss and accuracy on the validation examples, each process answering its share."""
    import keras

    sums = np.zeros(2)
    for rows in _parts(lesson.validation[engine.rank :: engine.size], lesson.batch):
        logits, labels = np.asarray(engine.answer(lesson.model, lesson.load(rows, 0))), lesson.labels[rows]
        losses = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        sums += keras.ops.convert_to_numpy(losses).sum(), (logits.argmax(axis=1) == labels).sum()
    loss, accuracy = engine.total(sums) / len(lesson.validation)
    return float(loss), float(accuracy)


def answers(model: "keras.Model", load: Load, rows: np.ndarray, batch: int, engine: Engine) -> np.ndarray:
    """What the model answers to the plain views of these examples, float32 (n, classes)."""
    parts = [engine.answer(model, load(part, 0)) for part in _parts(rows, batch)]
    return np.concatenate([np.asarray(part, np.float32) for part in parts])


def _parts(rows: np.ndarray, size: int) -> Sequence[np.ndarray]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _finite(value: float, number: int, phase: str) -> None:
    if not math.isfinite(value):
        raise Failure("loss_not_finite", epoch=number, phase=phase)
