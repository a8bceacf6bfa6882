"""Where a phase stands: one .npz without pickles, from which it goes on as if it had never stopped."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

FILE = "state.npz"
Arrays = list[np.ndarray]


@dataclass(slots=True)
class State:
    """A phase's best validation loss and weights so far, and for how many epochs it has waited for better.

    `weights` and `optimizer` are only filled in a state that was read from a file.
    """

    phase: str
    best: float = float("inf")
    waits: int = 0
    best_weights: Arrays = field(default_factory=list)
    weights: Arrays = field(default_factory=list)
    optimizer: Arrays = field(default_factory=list)

    def judged(self, model: "keras.Model", loss: float) -> None:
        """Take note of an epoch's validation loss."""
        if loss < self.best:
            self.best, self.waits, self.best_weights = loss, 0, model.get_weights()
        else:
            self.waits += 1

    def into(self, model: "keras.Model") -> None:
        """Let the compiled model stand where the file left it."""
        if self.weights:
            model.set_weights(self.weights)
            for variable, value in zip(model.optimizer.variables, self.optimizer, strict=True):
                variable.assign(value)

    def best_into(self, model: "keras.Model") -> None:
        """Give the model the best weights there were."""
        if self.best_weights:
            model.set_weights(self.best_weights)

    def saved(self, model: "keras.Model", folder: Path) -> Path:
        """Write the state beside the model's own to a file, in one act. Raises OSError when the disk is full."""
        arrays = {f"w{n:05}": value for n, value in enumerate(model.get_weights())}
        arrays |= {f"o{n:05}": np.asarray(value) for n, value in enumerate(model.optimizer.variables)}
        if self.waits:  # else the best are the present ones
            arrays |= {f"b{n:05}": value for n, value in enumerate(self.best_weights)}
        path, part = folder / FILE, folder / f"{FILE}.part"
        with part.open("wb") as file:
            np.savez(file, phase=np.array(self.phase), best=self.best, waits=self.waits, **arrays)
        os.replace(part, path)
        return path


def read(path: Path) -> State:
    """The state a file holds. Raises OSError, KeyError, ValueError or zipfile.BadZipFile for what is none."""
    with np.load(path, allow_pickle=False) as stored:
        kept = {name: stored[name] for name in sorted(stored.files)}
    phase, best, waits = str(kept.pop("phase")), float(kept.pop("best")), int(kept.pop("waits"))
    weights, optimizer, earlier = ([kept[name] for name in kept if name[0] == kind] for kind in "wob")
    return State(phase, best, waits, earlier if waits else weights, weights, optimizer)
