"""The recipe: features, probe, head, fine-tuning, calibration, and what the result is worth beside simpler means."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from . import assemble, features, probe, state, worth
from . import weights as pretrained
from .calibration import softmax, temperature
from .engine import Engine, Single
from .fitting import Course, Lesson, Load, answers, compiled, fit
from .run import Run, checked
from .types import Example, Failure, FeatureStore, Listener, Outcome, Read, Recipe
from .weights import Weights


def train(
    examples: Sequence[Example],
    read: Read,
    recipe: Recipe,
    weights: Weights | None,
    store: FeatureStore,
    listener: Listener,
    scratch_dir: Path,
    engine: Engine | None = None,
) -> Outcome:
    """Learn from the examples as the recipe says, starting from `weights` (None for backbone `scratch`).

    Goes on from `listener.saved()` if there is something. Nothing is left in `scratch_dir`, however it ends. With an
    `engine` of several processes (see `distributed`), every one of them calls this with the same arguments; the
    first tells its listener.

    Raises ValueError for a recipe that makes no sense; Failure: empty_split (`split`), one_class, empty_class
    (`label`), weights_missing, weights_damaged, picture_gone, picture_unreadable (`image`), loss_not_finite (`epoch`,
    `phase`), out_of_memory; and what `read`, `store` and `listener` raise.
    """
    checked(examples, recipe)
    engine = engine or Single()
    with _memory(), tempfile.TemporaryDirectory(prefix="train-", dir=scratch_dir) as work:
        run = Run(examples, read, recipe, listener, engine, Path(work))
        run.course = _course(run)
        return _scratch(run) if run.backbone.published is None else _pretrained(run, weights, store)


@contextmanager
def _memory() -> Iterator[None]:
    """However the engine says that memory ran out, say it by our code."""
    try:
        yield
    except Exception as error:
        if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error) or "OOM when" in str(error):
            raise Failure("out_of_memory") from error
        raise


class Trained(NamedTuple):
    """A base and a head that have learnt; `model` and `load` give the logits of an example the way it was learnt."""

    base: Any
    head: Any
    model: Any
    load: Load


def _course(run: Run) -> Course:
    saved = run.listener.saved()
    course = Course(run.engine, run.step, run.told.epoch, run.work)
    if saved is not None:
        course.history, course.resumed = list(saved[0]), state.read(saved[1])
    return course


def _pretrained(run: Run, weights: Weights | None, store: FeatureStore) -> Outcome:
    with run.engine.scope():
        base = assemble.base(run.backbone, run.precision)
    pretrained.load(base, run.backbone, weights)
    assert weights is not None
    found = _features(run, base, weights, store)
    pooled = found.pooled(range(len(run.examples)))
    line = _probe(run, pooled)
    trained = _probed(run, base, found, line) if run.recipe.method == "probe" else _learnt(run, base, found)
    outcome = _outcome(run, trained, pooled)
    outcome.facts["weights_sha256"] = weights.sha256
    if not run.engine.rank:
        test = run.rows("test")
        outcome.yardstick = worth.yardstick(run)
        outcome.random_split = worth.leaked(run, pooled, probe.accuracy(line, pooled[test], run.labels[test]))
    return outcome


def _features(run: Run, base: Any, weights: Weights, store: FeatureStore) -> features.Features:
    recipe, backbone, engine = run.recipe, run.backbone, run.engine
    views = 1 if recipe.method == "probe" else recipe.views
    wanted = [(i, v) for i, one in enumerate(run.examples) for v in range(views if one.split == "train" else 1)]
    extractor = assemble.extractor(backbone, base)
    found = features.Features(
        wanted, features.layout(extractor, run.precision), run.work, keep_cut=recipe.method == "finetune"
    )
    source = features.Source(backbone.name, weights.sha256, run.precision, backbone.side, recipe.seed)
    with run.phase("features", len(wanted)):
        features.Extraction(
            run.examples, run.read, source, store, lambda x: engine.answer(extractor, x), found, run.step
        ).run(wanted, engine.rank, engine.size, engine.meet)
    return found


def _probe(run: Run, pooled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    training, validation = run.rows("train"), run.rows("validation")
    with run.phase("probe", 1):
        line = probe.fitted(pooled[training], run.labels[training], run.classes)
        accuracy = probe.accuracy(line, pooled[validation], run.labels[validation])
        run.told.early({"accuracy": accuracy, "n": len(validation)})
        run.told.step(1)
    return line


def _probed(run: Run, base: Any, found: features.Features, line: tuple[np.ndarray, np.ndarray]) -> Trained:
    head = assemble.head(found.layout.pooled, run.classes, 0, 0.0, run.recipe.seed)
    probe.into(head, line)
    return Trained(base, head, head, found.pooled)


def _learnt(run: Run, base: Any, found: features.Features) -> Trained:
    recipe = run.recipe
    head = run.built(lambda: _head(run, found.layout.pooled))
    if not (run.course.resumed and run.course.resumed.phase in ("tune", "full")):
        _taught(run, "head", head, found.pooled, recipe.head_epochs, recipe.head_rate)
    if recipe.method == "transfer":
        return Trained(base, head, head, found.pooled)
    if recipe.method == "finetune":
        model, load, phase = assemble.tuned(run.backbone, base, head), _cut_of(found), "tune"
    else:
        model, phase = assemble.entire(run.backbone, base, head), "full"
        load = run.album(run.backbone.side).views(recipe.seed)
    _taught(run, phase, model, load, recipe.tune_epochs, recipe.tune_rate)
    return Trained(base, head, model, load)


def _head(run: Run, width: int) -> Any:
    return assemble.head(width, run.classes, run.recipe.dense, run.recipe.dropout, run.recipe.seed)


def _cut_of(found: features.Features) -> Load:
    """float16 is only how it is kept; bfloat16 is also what the tail computes in."""
    if found.layout.kind.itemsize == 2 and found.layout.kind.kind == "f":
        return lambda rows, number: found.cut(rows, number).astype(np.float32)
    return found.cut


def _taught(run: Run, phase: str, model: Any, load: Load, epochs: int, rate: float) -> None:
    with run.engine.scope():
        compiled(model, rate)
    training = run.rows("train")
    lesson = Lesson(phase, model, load, run.labels, training, run.rows("validation"), epochs,
                    run.recipe.patience, run.recipe.batch, run.recipe.seed)  # fmt: skip
    with run.phase(phase, epochs * lesson.batches):
        fit(lesson, run.course)


def _scratch(run: Run) -> Outcome:
    recipe = run.recipe
    base = run.built(lambda: assemble.base(run.backbone, run.precision))
    head = run.built(lambda: _head(run, base.output_shape[-1]))
    model, load = assemble.entire(run.backbone, base, head), run.album(run.backbone.side).views(recipe.seed)
    _taught(run, "full", model, load, recipe.head_epochs + recipe.tune_epochs, recipe.head_rate)
    outcome = _outcome(run, Trained(base, head, model, load), None)
    if not run.engine.rank:
        outcome.random_split = worth.leaked(run, None, _accuracy(outcome.test, run.labels[run.rows("test")]))
    return outcome


def _accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def _outcome(run: Run, trained: Trained, pooled: np.ndarray | None) -> Outcome:
    """Calibrate on validation as it was learnt; answer the test pictures by the very model that is delivered."""
    validation, test, batch, alone = run.rows("validation"), run.rows("test"), run.recipe.batch, Single()
    with run.phase("evaluate", len(validation) + len(test)):
        logits = answers(trained.model, trained.load, validation, batch, run.engine)
        warmth = temperature(logits, run.labels[validation])
        model, fixed = assemble.assembled(run.backbone, trained.base, trained.head, warmth)
        album = run.album(run.backbone.side)
        run.told.step(len(validation))
        held = answers(assemble.logits(fixed), album.load, test, features.BATCH, alone)
        cached = answers(trained.model, trained.load, test, batch, run.engine)
    last = assemble.last_activations(fixed)
    outcome = Outcome(
        model, fixed, run.backbone.side, run.course.history, warmth, softmax(logits, warmth), softmax(held, warmth),
        softmax(held), pooled, lambda rows: answers(last, album.load, np.asarray(rows), features.BATCH, alone), None,
    )  # fmt: skip
    outcome.timings, outcome.facts = run.timings, run.facts()
    outcome.facts["cached_gap"] = float(np.abs(softmax(cached, warmth) - outcome.test).max())
    return outcome
