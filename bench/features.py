"""Deep features, with decoding and storing, against TensorFlow's bare forward pass: pictures a second."""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench import _learning
from bench._table import headline, table
from workers.backbones import BACKBONES
from workers.backbones.precision import native

GOAL = 0.8


class Folder:
    """A store of features as files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def known(self, keys):
        return set()

    def get(self, key):
        return None

    def put(self, example, key, data):
        (self.folder / key).write_bytes(data)


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench features", description=__doc__)
    parser.add_argument("--backbone", default="vgg16", choices=[n for n, b in BACKBONES.items() if b.published])
    parser.add_argument("--views", type=int, default=1, help="of each of the 100 valves")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(argv)
    rows, ratios = [], []
    for precision in ["bfloat16", "float32"] if native() else ["float32"]:
        given = (options.backbone, precision, options.views, options.rounds)
        pictures, bare, whole, cpu = _learning.in_a_process(compare, *given)
        ratios.append(bare / whole)
        rows.append(
            (precision, f"{pictures / bare:.1f}", f"{pictures / whole:.1f}", f"{bare / whole:.2f}", f"{cpu:.2f}")
        )
    print(f"{options.backbone}. {_learning.RANDOM}")
    table(("precision", "bare pass, 1/s", "features, 1/s", "ratio", "ratio in CPU time"), rows)
    headline("features", f"{min(ratios):.2f}", "of the bare forward pass", f">= {GOAL}")


def compare(backbone: str, precision: str, views: int, rounds: int) -> tuple[int, float, float, float]:
    """Views computed, the best round's seconds of the bare pass and of all our work, and their ratio in CPU time."""
    bare, ours, views = _contestants(backbone, precision, views)
    times: dict[Callable, list[tuple[float, float]]] = {bare: [], ours: []}
    for act in (bare, ours) * (rounds + 1):  # in turns, the first of each to warm up
        times[act].append(_timed(act))
    best = {act: np.min(taken[1:], axis=0) for act, taken in times.items()}
    return views, float(best[bare][0]), float(best[ours][0]), float(best[bare][1] / best[ours][1])


def _timed(act: Callable[[], None]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - wall, time.process_time() - cpu


def _contestants(name: str, precision: str, views: int) -> tuple[Callable[[], None], Callable[[], None], int]:
    """The bare pass of the whole network over as many random pictures, our extraction, and how many they are."""
    import tensorflow as tf

    from workers.backbones import assemble, features
    from workers.backbones.engine import Single

    backbone = BACKBONES[name]
    base = assemble.base(backbone, precision)
    examples, renditions = _learning.valves(224 if backbone.side <= 224 else 299)
    wanted = [(index, view) for index in range(len(examples)) for view in range(views)]
    noise = np.random.default_rng(1).normal(size=(features.BATCH, backbone.side, backbone.side, 3)).astype("float32")
    forward, batch = tf.function(lambda x: base(x, training=False)), tf.constant(noise)

    def bare() -> None:
        for start in range(0, len(wanted), features.BATCH):
            forward(batch[: len(wanted) - start])

    extractor = assemble.extractor(backbone, base)
    source = features.Source(name, "drawn", precision, backbone.side, 7)

    def ours() -> None:
        with tempfile.TemporaryDirectory() as folder:
            into = features.Features(wanted, features.layout(extractor, precision), Path(folder), keep_cut=True)
            features.Extraction(
                examples, lambda one: renditions[one.id], source, Folder(Path(folder)),
                lambda x: Single().answer(extractor, x), into, lambda done: None,
            ).run(wanted)  # fmt: skip

    return bare, ours, len(wanted)
