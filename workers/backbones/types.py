"""The words of training: what is learnt from, how, who is told of it, and what may go wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    import keras

METHODS = ("probe", "transfer", "finetune", "full")
PHASES = ("features", "probe", "head", "tune", "full", "yardstick", "evaluate", "export", "check")


class Failure(Exception):  # noqa: N818 (it says what failed, and is shown to the person who asked)
    """The training cannot end well, and another try would end the same. `code` is stable, `detail` its numbers."""

    def __init__(self, code: str, **detail: Any) -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


class Stopped(Exception):  # noqa: N818 (it is an event, not a fault)
    """Whoever listens asked to stop: cancelled, or the process is to end. What was saved stays."""


@dataclass(frozen=True, slots=True)
class Example:
    """One picture to learn from or to be tried on. `id` is the SHA-256 of its original, `label` an index."""

    id: str
    label: int
    split: str  # train, validation or test
    group: int  # never torn apart


# The bytes of a rendition (upright RGB JPEG, shorter side at least the backbone's). Raises FileNotFoundError.
Read = Callable[[Example], bytes]


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what a training does, beside its pictures and the weights it starts from.

    `method`: probe (logistic regression on deep features), transfer (a head on the frozen base), finetune (then the
    last convolution block, from cached activations), full (then every layer). Backbone `scratch` knows only `full`.
    """

    backbone: str = "vgg16"
    method: str = "finetune"
    seed: int = 7
    views: int = 4  # of each training picture: itself, and this many less one drawn changes of it
    batch: int = 32
    head_epochs: int = 20
    tune_epochs: int = 20
    patience: int = 5  # epochs without a better validation loss before the phase ends
    head_rate: float = 1e-3
    tune_rate: float = 1e-5
    dense: int = 1024
    dropout: float = 0.5
    precision: str = "auto"  # bfloat16 where the processor has it, else float32


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training pictures. `number` counts through all phases from 1; losses in nats."""

    number: int
    phase: str  # head, tune or full
    loss: float
    accuracy: float
    val_loss: float | None
    val_accuracy: float | None
    seconds: float


class Listener(Protocol):
    """Who is told what happens, and may end it. Every method may raise Stopped."""

    def phase(self, name: str, total: int) -> None:
        """A phase of PHASES begins; `total` steps of it are to do (pictures, epochs, files)."""

    def step(self, done: int) -> None:
        """So many steps of the phase are done. Called at least once per batch: the place to stop."""

    def epoch(self, epoch: Epoch, state: Path) -> None:
        """An epoch ended; `state` is a file from which it can go on, to be kept in the same act."""

    def early(self, result: dict[str, float]) -> None:
        """The linear probe's first figures: accuracy on validation (and n), while the rest goes on."""

    def saved(self) -> tuple[list[Epoch], Path] | None:
        """The epochs told so far and the last state kept, if the training was broken off before."""


class FeatureStore(Protocol):
    """Where features are kept by key (a SHA-256 of all that decides them), for this and later trainings."""

    def known(self, keys: Sequence[str]) -> set[str]:
        """Which of the keys are kept."""

    def get(self, key: str) -> bytes | None:
        """The bytes kept under a key; None when they are gone or damaged."""

    def put(self, example: Example, key: str, data: bytes) -> None:
        """Keep the bytes of one view of a picture. Doing it twice is harmless."""


@dataclass(slots=True)
class Outcome:
    """What came of a training: models in float32, answers for held-out pictures, and what was measured on the way.

    `model` takes raw upright RGB of any size (batch, height, width, 3), 0 to 255, and answers calibrated
    probabilities (batch, classes). `fixed` is the same from the backbone's own side on, without the resize.
    Arrays: `test` and `validation` are calibrated probabilities (n, classes) in the order of those examples;
    `pooled` (all examples, d) are the pooled deep features of the plain view; None from scratch.
    """

    model: "keras.Model"
    fixed: "keras.Model"
    side: int
    history: list[Epoch]
    temperature: float
    validation: np.ndarray
    test: np.ndarray
    uncalibrated_test: np.ndarray
    pooled: np.ndarray | None
    # For Grad-CAM: activations (n, h, w, c) of the last convolution, by the indices of examples.
    activations: Callable[[Sequence[int]], np.ndarray]
    yardstick: np.ndarray | None  # test probabilities of the small network trained from scratch
    random_split: dict[str, Any] = field(
        default_factory=dict
    )  # method, accuracy, honest: the same method's honest figure
    timings: dict[str, float] = field(default_factory=dict)  # seconds a phase
    facts: dict[str, Any] = field(default_factory=dict)  # precision, device, weights_sha256, versions
