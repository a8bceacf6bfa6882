"""What the benchmarks of training share: sample photos as renditions, weights drawn by a seed, work in a process."""

import hashlib
import os
import resource
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench._edits import photos
from workers.backbones import BACKBONES, Weights
from workers.backbones.types import Example

DATA = Path(os.environ.get("HUB_SAMPLE_DATA", Path(__file__).parents[2] / "shared" / "data"))
RANDOM = "The weights are drawn by a seed: only times and memory are measured here, no accuracy."


def valves(side: int = 224) -> tuple[list[Example], dict[str, bytes]]:
    """The 100 valves, 80 to learn from, 10 to validate, 10 to test, and their renditions by id."""
    from workers.imaging import process

    examples: list[Example] = []
    renditions: dict[str, bytes] = {}
    classes = [paths for name, paths in sorted(photos(DATA).items()) if name.startswith("valves/")]
    for label, paths in enumerate(classes):
        for number, path in enumerate(paths):
            data = path.read_bytes()
            split = {8: "validation", 9: "test"}.get(number % 10, "train")
            one = Example(hashlib.sha256(str(path).encode()).hexdigest(), label, split, len(examples))
            examples.append(one)
            renditions[one.id] = process(data).renditions[side].data
    if not examples:
        raise SystemExit(f"no valves under {DATA}: set HUB_SAMPLE_DATA")
    return examples, renditions


def drawn_weights(backbone: str, folder: Path) -> Weights:
    """A file of weights of the right shape."""
    import keras

    path = folder / f"{backbone}.weights.h5"
    keras.utils.set_random_seed(1)
    BACKBONES[backbone].build().save_weights(path)
    return Weights(path, "drawn by seed 1")


class Forgetful:
    """A store of features that keeps nothing: every one is computed."""

    def known(self, keys):
        return set()

    def get(self, key):
        return None

    def put(self, example, key, data):
        pass


class Clock:
    """A listener that takes each phase's CPU seconds, all threads together."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._name, self._since = "", time.process_time()

    def phase(self, name, total):
        self._stop()
        self._name = name

    def _stop(self):
        now = time.process_time()
        self.seconds[self._name] = self.seconds.get(self._name, 0.0) + now - self._since
        self._since = now

    def step(self, done):
        self._stop()

    def epoch(self, epoch, state):
        pass

    def early(self, result):
        pass

    def saved(self):
        return None


def in_a_process(work: Callable[..., Any], *given: Any) -> Any:
    """What `work` returns, run in a new process, so that its memory is its own."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(work, given)


def peak() -> float:
    """The most memory this process has held, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
