"""A network small enough for tests, pictures a network can tell apart, a store and a listener, each in one line."""

import hashlib
import io
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from workers.backbones import scratch, spec
from workers.backbones.recipe import train
from workers.backbones.spec import Backbone, Published
from workers.backbones.types import Epoch, Example, Recipe
from workers.backbones.weights import Weights, locate

SIDE, WIDTHS, FILE = 32, (8, 8, 16, 16, 24), "tiny.weights.h5"
BACKBONE = Backbone(
    "tiny",
    SIDE,
    "tf",
    lambda: scratch.build(SIDE, WIDTHS),
    lambda base: base.get_layer("block4_pool").output,
    Published(FILE, "http://127.0.0.1:9/tiny.weights.h5", ""),
)
SCRATCH = replace(spec.BACKBONES["scratch"], side=SIDE, build=lambda: scratch.build(SIDE, WIDTHS))
RECIPE = Recipe(
    backbone="tiny", method="finetune", views=2, batch=8, head_epochs=3, tune_epochs=2, dense=16, precision="float32",
    head_rate=1e-2, tune_rate=1e-3,
)  # fmt: skip
SPLITS = ("train", "train", "train", "validation", "test")


def recipe(**changes) -> Recipe:
    return replace(RECIPE, **changes)


def weights(folder: Path, seed=3) -> Weights:
    """The tiny network's fixed weights as a file in `folder`, found again as a worker would."""
    path = folder / FILE
    path.write_bytes(_weights(seed))
    return locate("tiny", folder, {FILE: hashlib.sha256(_weights(seed)).hexdigest()})


@cache
def _weights(seed: int) -> bytes:
    import tempfile

    import keras

    keras.utils.set_random_seed(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, FILE)
        BACKBONE.build().save_weights(path)
        return path.read_bytes()


def drawn(label: int, seed=0, size=(48, 40)) -> bytes:
    """A JPEG of one coloured shape on grey: label 0 a red disc, 1 a green box, 2 a blue bar."""
    random, image = np.random.default_rng([label, seed]), Image.new("RGB", size, (120, 120, 120))
    left, top, across = *random.integers(2, 14, 2), int(random.integers(14, 24))
    draw, colour = (
        ImageDraw.Draw(image),
        tuple(int(c) for c in np.roll((220, 60, 60), label) + random.integers(-30, 30, 3)),
    )
    box = [int(left), int(top), int(left) + across, int(top) + across // (1 + (label == 2))]
    (draw.ellipse if label == 0 else draw.rectangle)(box, fill=colour)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def examples(each=10, classes=2) -> list[Example]:
    """`each` pictures a class, three fifths of them to learn from; groups of one."""
    return [
        Example(hashlib.sha256(f"{label} {n}".encode()).hexdigest(), label, SPLITS[n % 5], label * each + n)
        for label in range(classes)
        for n in range(each)
    ]


def read(example: Example) -> bytes:
    """The picture of an example of `examples`."""
    return drawn(example.label, example.group)


class Store(dict):
    """Features kept in memory; `puts` counts what was given."""

    puts = 0

    def known(self, keys):
        return {key for key in keys if key in self}

    def put(self, example, key, data):
        self.puts += 1
        self[key] = data


class Listener:
    """Keeps what it is told; `act(kind, value)` may raise."""

    def __init__(self, act=lambda kind, value: None, saved=None) -> None:
        self.act, self.resume = act, saved
        self.told: list[tuple] = []
        self.epochs: list[Epoch] = []
        self.states: list[bytes] = []

    def phase(self, name, total):
        self._tell("phase", name)

    def step(self, done):
        self._tell("step", done)

    def epoch(self, epoch, state):
        self.epochs.append(epoch)
        self.states.append(state.read_bytes())
        self._tell("epoch", epoch)

    def early(self, result):
        self._tell("early", result)

    def saved(self):
        return self.resume

    def _tell(self, kind, value):
        self.told.append((kind, value))
        self.act(kind, value)


def trained(
    folder: Path, /, *, given=None, read=read, weights=weights, store=None, listener=None, engine=None, **changes
):
    """The outcome of a training of the tiny network, or of the recipe's changes."""
    chosen, work = recipe(**changes), folder / "scratch"
    start = weights(folder) if weights and chosen.backbone == "tiny" else None
    work.mkdir(exist_ok=True)
    kept = Store() if store is None else store
    return train(given or examples(), read, chosen, start, kept, listener or Listener(), work, engine)
