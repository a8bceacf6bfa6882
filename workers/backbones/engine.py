"""What a batch runs on: one process and device, or (see `distributed`) several."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    import keras


class Engine(Protocol):
    """What a batch runs on. Of `size` processes this is number `rank`; the first is the chief, who alone tells."""

    rank: int
    size: int

    def scope(self) -> AbstractContextManager[Any]:
        """Networks that are to learn are built inside."""

    def step(
        self, model: "keras.Model", x: np.ndarray, y: np.ndarray, weights: np.ndarray, n: int
    ) -> tuple[float, float]:
        """Learn from this process' share of a batch of `n`. Loss (nats) and accuracy of the whole batch before it."""

    def answer(self, model: "keras.Model", x: np.ndarray) -> Any:
        """What the model answers, as NumPy arrays."""

    def total(self, values: np.ndarray) -> np.ndarray:
        """The sum over all processes, the same in each. They wait for each other here."""

    def meet(self) -> None:
        """Wait for all processes."""

    def heed(self, told: Callable[[int], None], done: int) -> None:
        """Tell how much is done. If who is told raises Stopped, all processes do, at their next `step` or `total`."""


class Single:
    """This process alone, on whatever device Keras finds first."""

    rank, size = 0, 1

    def scope(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def step(
        self, model: "keras.Model", x: np.ndarray, y: np.ndarray, weights: np.ndarray, n: int
    ) -> tuple[float, float]:
        model.reset_metrics()
        told = model.train_on_batch(x, y, sample_weight=weights, return_dict=True)
        return float(told["loss"]), float(told["accuracy"])

    def answer(self, model: "keras.Model", x: np.ndarray) -> Any:
        return model.predict_on_batch(x)

    def total(self, values: np.ndarray) -> np.ndarray:
        return values

    def meet(self) -> None:
        pass

    def heed(self, told: Callable[[int], None], done: int) -> None:
        told(done)
