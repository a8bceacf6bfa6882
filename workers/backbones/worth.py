"""What a result is worth: a small network from scratch beside it, and the figure a random split would have given."""

from typing import Any

import numpy as np

from . import assemble, probe
from .calibration import softmax
from .engine import Single
from .fitting import Course, Lesson, answers, compiled, fit
from .run import Run
from .spec import BACKBONES

EPOCHS = 15  # at most, of the yardstick
DRAWS = 3  # random splits a probe is tried on: one draw of a small test set says little


def yardstick(run: Run) -> np.ndarray:
    """Test probabilities (n, classes) of the small network, trained from nothing on the same split."""
    return _scratch(run, (run.rows("train"), run.rows("validation"), run.rows("test")), EPOCHS)


def _scratch(run: Run, rows: tuple[np.ndarray, ...], epochs: int) -> np.ndarray:
    import keras

    (training, validation, test), recipe, backbone = rows, run.recipe, BACKBONES["scratch"]
    keras.utils.set_random_seed(recipe.seed)
    base = assemble.base(backbone, "float32")
    head = assemble.head(base.output_shape[-1], run.classes, recipe.dense, recipe.dropout, recipe.seed)
    model = compiled(assemble.entire(backbone, base, head), recipe.head_rate)
    load = run.album(backbone.side).views(recipe.seed)
    lesson = Lesson("yardstick", model, load, run.labels, training, validation, epochs,
                    recipe.patience, recipe.batch, recipe.seed)  # fmt: skip
    with run.phase("yardstick", epochs * lesson.batches):
        fit(lesson, Course(Single(), run.told.step))
    return softmax(answers(model, load, test, recipe.batch, Single()))


def leaked(run: Run, pooled: np.ndarray | None, honest: float) -> dict[str, Any]:
    """Accuracy on a split of the same images drawn one by one, by the probe, or from scratch without features.

    `honest` is the same method's figure on the split that tears no group apart.
    """
    if pooled is None:
        return {"method": "scratch", "accuracy": _scratch_leaked(run), "honest": honest}
    return {"method": "probe", "accuracy": _probe_leaked(run, pooled), "honest": honest}


def _scratch_leaked(run: Run) -> float:
    rows = shuffled(run, 0)
    found = _scratch(run, rows, run.recipe.head_epochs + run.recipe.tune_epochs)
    return float(np.mean(found.argmax(axis=1) == run.labels[rows[2]]))


def _probe_leaked(run: Run, pooled: np.ndarray) -> float:
    found = []
    for draw in range(DRAWS):
        training, _, test = shuffled(run, draw)
        line = probe.fitted(pooled[training], run.labels[training], run.classes)
        found.append(probe.accuracy(line, pooled[test], run.labels[test]))
    return float(np.mean(found))


def shuffled(run: Run, draw: int) -> tuple[np.ndarray, ...]:
    """Training, validation and test rows drawn picture by picture, as many of each class as the honest split has."""
    random = np.random.default_rng([run.recipe.seed, draw])
    splits = np.array([one.split for one in run.examples])
    for label in range(run.classes):
        rows = np.flatnonzero(run.labels == label)
        splits[rows] = splits[random.permutation(rows)]
    return tuple(np.flatnonzero(splits == name) for name in ("train", "validation", "test"))
