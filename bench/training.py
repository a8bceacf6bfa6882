"""Train on the 100 valves: CPU time against the capstone's published recipe, peak memory, one model for both paths."""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench import _learning
from bench._table import headline, table
from workers.backbones import BACKBONES, spec, worth
from workers.backbones.precision import native
from workers.backbones.types import Example, Recipe

EPOCHS = 20
GOALS = {"bfloat16": 15.0, "float32": 9.0}
MIB, FLAT, GAP = 2000, 200, 1e-4
CUT = (14, 14, 512)  # VGG's


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench training", description=__doc__)
    parser.add_argument("--methods", nargs="*", default=["probe", "transfer", "finetune", "full"])
    parser.add_argument("--images", type=int, nargs=2, default=(1_000, 10_000), help="to compare memory; 0 0: do not")
    options = parser.parse_args(argv)
    print(
        f"{_learning.RANDOM}\nThe capstone's side and method full run one epoch of each kind, counted {EPOCHS} times.\n"
    )
    capstone, most = _learning.in_a_process(published)
    rows = [("the capstone's recipe", "float32", f"{capstone:.0f}", "1.0", "", f"{most:.0f}", "", "")]
    found = {}
    for precision in ["bfloat16", "float32"] if native() else ["float32"]:
        for method in options.methods:
            found[method, precision] = one = _learning.in_a_process(ours, method, precision)
            rows.append((method, precision, *_cells(one, capstone)))
    table(("method", "precision", "CPU s", "times less", "with yardstick", "peak MiB", "gap", "gap to float32"), rows)
    _headlines(found, capstone)
    if options.images[1]:
        flatness(*options.images)


def _cells(one: tuple[float, float, float, float, float], capstone: float) -> tuple[str, ...]:
    spent, beside, most, gap, far = one
    less, all_in = (f"{capstone / seconds:.1f}" for seconds in (spent, spent + beside))
    return f"{spent:.0f}", less, all_in, f"{most:.0f}", f"{gap:.1e}", f"{far:.1e}"


def _headlines(found: dict, capstone: float) -> None:
    for precision, goal in GOALS.items():
        if one := found.get(("finetune", precision)):
            headline(f"training gap {precision}", f"{one[3]:.1e}", "between assembled and cached", f"<= {GAP:.0e}")
            headline(f"training memory {precision}", f"{one[2]:.0f}", "MiB", f"<= {MIB}")
            headline(f"training {precision}", f"{capstone / one[0]:.1f}", "times less CPU", f">= {goal:.0f}")


def published() -> tuple[float, float]:
    """CPU seconds and peak MiB of the capstone's recipe: the frozen base in every epoch, then all layers.

    VGG16 at 224 pixels, pooled, Dense 1024 and softmax; batches of 32, pixels only divided by 255; 80 to learn from, 20
    to validate after every epoch.
    """
    import keras

    examples, renditions = _learning.valves()
    from workers.backbones.pictures import squeezed

    x = np.stack([squeezed(renditions[one.id], 224) for one in examples]).astype("float32") / 255
    y, learnt = np.array([one.label for one in examples]), np.array([one.split == "train" for one in examples])
    base = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
    layers = [
        base,
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(1024, "relu"),
        keras.layers.Dense(2, "softmax"),
    ]
    model, spent = keras.Sequential(layers), 0.0
    for base.trainable in (False, True):
        model.compile(
            keras.optimizers.Adam(1e-5), "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False
        )
        for _ in range(2):  # the first traces the graph, which twenty epochs do once
            started = time.process_time()
            model.fit(x[learnt], y[learnt], 32, 1, 0, validation_data=(x[~learnt], y[~learnt]))
            epoch = time.process_time() - started
        spent += EPOCHS * epoch
    return spent, _learning.peak()


def ours(method: str, precision: str) -> tuple[float, float, float, float, float]:
    """CPU seconds of a training, of what is measured beside it, peak MiB, and how far the assembled model is from the
    cached path: in the same precision, and as delivered, in float32."""
    from workers.backbones import train

    examples, renditions = _learning.valves()
    epochs = 1 if method == "full" else EPOCHS
    recipe = Recipe(method=method, precision=precision, head_epochs=EPOCHS, tune_epochs=epochs, patience=EPOCHS)
    with tempfile.TemporaryDirectory() as folder:
        weights = _learning.drawn_weights("vgg16", Path(folder))
        clock = _learning.Clock()
        outcome = train(
            examples, lambda one: renditions[one.id], recipe, weights, _learning.Forgetful(), clock, Path(folder)
        )
        clock.step(0)
        most, gap = _learning.peak(), _gap(outcome, recipe, examples, renditions)
    beside = clock.seconds.pop("yardstick", 0.0)
    spent = sum(clock.seconds.values()) + (EPOCHS // epochs - 1) * clock.seconds.get("full", 0.0)
    return spent, beside, most, gap, outcome.facts["cached_gap"]


def _gap(outcome, recipe: Recipe, examples: list[Example], renditions: dict[str, bytes]) -> float:
    """The assembled model in the precision it was trained in, against what the cached path said of validation."""
    from workers.backbones import assemble
    from workers.backbones.calibration import softmax
    from workers.backbones.pictures import squeezed

    backbone = BACKBONES[recipe.backbone]
    base = assemble.base(backbone, recipe.precision)
    base.set_weights(outcome.fixed.get_layer(base.name).get_weights())
    named = {layer.name: layer for layer in outcome.fixed.layers}
    dense = recipe.dense if "hidden" in named else 0
    head = assemble.head(base.output_shape[-1], 2, dense, 0.0, 1)
    for layer in head.layers:
        layer.set_weights(named[layer.name].get_weights() if layer.name in named else [])
    x = np.stack([squeezed(renditions[one.id], backbone.side) for one in examples if one.split == "validation"])
    logits = assemble.entire(backbone, base, head).predict_on_batch(x)
    return float(np.abs(softmax(logits, outcome.temperature) - outcome.validation).max())


def flatness(few: int, many: int) -> None:
    """Print the peak memory of two trainings, the second of many more pictures."""
    small, large = (_learning.in_a_process(trained_on, count) for count in (few, many))
    print("\nMemory: a network of 32 pixels that keeps activations as wide as VGG16's, one epoch of everything.")
    table(("images", "peak MiB"), [(f"{few:,}", f"{small:.0f}"), (f"{many:,}", f"{large:.0f}")])
    headline("training flatness", f"{large - small:+.0f}", f"MiB from {few:,} to {many:,} images", f"<= +{FLAT}")


def trained_on(count: int) -> float:
    """Peak MiB of a process that trains on so many drawn pictures."""
    from tests import images
    from workers.backbones import train

    spec.BACKBONES["wide"] = replace(BACKBONES["vgg16"], name="wide", side=32, build=_wide, cut=_wide_cut)
    spec.BACKBONES["scratch"] = replace(BACKBONES["scratch"], side=32, build=lambda: spec.scratch.build(32))
    worth.EPOCHS = 1
    data = [images.photo(seed, (48, 48)) for seed in range(20)]
    splits = ("train",) * 8 + ("validation", "test")
    examples = [Example(f"{n:064}", n % 2, splits[n // 2 % 10], n) for n in range(count)]
    recipe = Recipe(backbone="wide", views=2, head_epochs=1, tune_epochs=1)
    with tempfile.TemporaryDirectory() as folder:
        weights = _learning.drawn_weights("wide", Path(folder))
        clock = _learning.Clock()
        train(examples, lambda one: data[one.group % 20], recipe, weights, _learning.Forgetful(), clock, Path(folder))
    return _learning.peak()


def _wide():
    import keras

    given = keras.Input((32, 32, 3))
    cut = keras.layers.Conv2D(CUT[-1], 5, strides=2, activation="relu", name="cut")(given)
    return keras.Model(given, keras.layers.Conv2D(64, 1, activation="relu")(cut), name="wide")


def _wide_cut(base):
    return base.get_layer("cut").output
