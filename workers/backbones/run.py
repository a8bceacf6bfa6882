"""What one training holds all the way: its pictures, its recipe, who is told, how long each phase took."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from .engine import Engine
from .fitting import Course
from .pictures import Album
from .precision import settled
from .spec import BACKBONES
from .types import METHODS, Epoch, Example, Failure, Listener, Read, Recipe

SPLITS = ("train", "validation", "test")


def checked(examples: Sequence[Example], recipe: Recipe) -> None:
    """Raise ValueError for a recipe that makes no sense, Failure (see `recipe.train`) for examples that do not do."""
    if recipe.backbone not in BACKBONES or recipe.method not in METHODS:
        raise ValueError(f"no {recipe.method!r} of {recipe.backbone!r}")
    if BACKBONES[recipe.backbone].published is None and recipe.method != "full":
        raise ValueError("from scratch, all layers learn: method full")
    for split in SPLITS:
        if not any(one.split == split for one in examples):
            raise Failure("empty_split", split=split)
    classes = {one.label for one in examples}
    if len(classes) < 2:
        raise Failure("one_class")
    if lacking := set(range(max(classes) + 1)) - {one.label for one in examples if one.split == "train"}:
        raise Failure("empty_class", label=min(lacking))


class Told:
    """The listener of the first process; the others are silent."""

    def __init__(self, listener: Listener, loud: bool) -> None:
        self._listener, self._loud = listener, loud

    def phase(self, name: str, total: int) -> None:
        if self._loud:
            self._listener.phase(name, total)

    def step(self, done: int) -> None:
        if self._loud:
            self._listener.step(done)

    def epoch(self, epoch: Epoch, state: Path) -> None:
        if self._loud:
            self._listener.epoch(epoch, state)

    def early(self, result: dict[str, float]) -> None:
        if self._loud:
            self._listener.early(result)


class Run:
    """One training. `course` is set before the first epoch."""

    course: Course

    def __init__(
        self, examples: Sequence[Example], read: Read, recipe: Recipe, listener: Listener, engine: Engine, work: Path
    ) -> None:
        self.examples, self.read, self.recipe, self.engine, self.work = examples, read, recipe, engine, work
        self.backbone = BACKBONES[recipe.backbone]
        # The small network is quick in any precision, and learns best in float32.
        self.precision = settled(recipe.precision) if self.backbone.published else "float32"
        self.listener, self.told = listener, Told(listener, loud=not engine.rank)
        self.labels = np.array([one.label for one in examples])
        self.classes = int(self.labels.max()) + 1
        self.timings: dict[str, float] = {}
        self._albums: dict[int, Album] = {}

    def rows(self, split: str) -> np.ndarray:
        """The indices of a split's examples."""
        return np.flatnonzero([one.split == split for one in self.examples])

    def album(self, side: int) -> Album:
        """The pictures at a side."""
        if side not in self._albums:
            self._albums[side] = Album(self.examples, self.read, side, self.work)
        return self._albums[side]

    def built(self, make: Callable[[], Any]) -> Any:
        """A network made to learn, its first weights drawn by the recipe's seed whatever was drawn before."""
        import keras

        keras.utils.set_random_seed(self.recipe.seed)
        with self.engine.scope():
            return make()

    @contextmanager
    def phase(self, name: str, total: int) -> Iterator[None]:
        """Tell of a phase, and take its time."""
        self.told.phase(name, total)
        started = time.monotonic()
        try:
            yield
        finally:
            self.timings[name] = self.timings.get(name, 0.0) + time.monotonic() - started

    def step(self, done: int) -> None:
        """Tell how much of a phase is done, in which all processes take part."""
        self.engine.heed(self.told.step, done)

    def facts(self) -> dict[str, Any]:
        """On what and with what this training ran."""
        import importlib

        import keras

        backend = keras.backend.backend()
        versions = {name: importlib.import_module(name).__version__ for name in ("keras", backend, "numpy")}
        devices = keras.distribution.list_devices()
        return {
            "precision": self.precision,
            "device": devices[0] if devices else "cpu",
            "processes": self.engine.size,
            "weights_sha256": None,
            "versions": versions,
        }
