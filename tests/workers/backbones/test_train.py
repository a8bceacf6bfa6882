"""A whole training of the tiny network: what is learnt, what is told, how it stops, goes on and fails."""

import os
from dataclasses import replace

import numpy as np
import pytest

from workers.backbones import assemble, spec, worth
from workers.backbones.types import Failure, Stopped

from . import tiny

pytestmark = pytest.mark.usefixtures("small_scratch", "no_yardstick")
YARDSTICK = worth.yardstick
METHODS = {"probe": [], "transfer": ["head"] * 3, "full": ["head"] * 3 + ["full"] * 2}


@pytest.fixture(scope="module")
def finetuned(tmp_path_factory, small_scratch):
    """An outcome, its listener, its store and its folder; not to be changed."""
    folder, listener, store = tmp_path_factory.mktemp("finetuned"), tiny.Listener(), tiny.Store()
    return tiny.trained(folder, listener=listener, store=store), listener, store, folder


def losses(history):
    return [(epoch.phase, epoch.loss, epoch.val_loss) for epoch in history]


def pictures(split):
    """The pictures of a split, raw and of their own size, float32 (n, h, w, 3)."""
    import io

    from PIL import Image

    chosen = [one for one in tiny.examples() if one.split == split]
    return np.stack([np.asarray(Image.open(io.BytesIO(tiny.read(one))), np.float32) for one in chosen])


def test_the_model_takes_raw_pictures_and_answers_as_it_was_measured(finetuned):
    outcome = finetuned[0]
    answer = outcome.model.predict_on_batch(pictures("test"))
    np.testing.assert_allclose(answer, outcome.test, atol=5e-3)  # it squeezes in float, Pillow in bytes
    np.testing.assert_allclose(answer.sum(axis=1), 1, atol=1e-6)


def test_the_assembled_model_agrees_with_the_cached_path(finetuned):
    assert finetuned[0].facts["cached_gap"] < 1e-4


def test_in_bfloat16_the_same_numbers_give_the_same_answers(tmp_path):
    outcome = tiny.trained(tmp_path, precision="bfloat16")
    assert outcome.facts["precision"] == "bfloat16"
    assert outcome.facts["cached_gap"] < 1e-2


def test_calibration_is_what_lies_between_the_two_answers(finetuned):
    outcome = finetuned[0]
    odds, calibrated = (np.log(p[:, 1] / p[:, 0]) for p in (outcome.uncalibrated_test, outcome.test))
    np.testing.assert_allclose(odds / outcome.temperature, calibrated, rtol=1e-4)


def test_the_listener_hears_every_phase_and_every_epoch(finetuned):
    outcome, listener, *_ = finetuned
    phases = [value for kind, value in listener.told if kind == "phase"]
    assert phases == ["features", "probe", "head", "tune", "evaluate", "yardstick"]
    assert [epoch.number for epoch in listener.epochs] == [1, 2, 3, 4, 5]
    assert listener.epochs == outcome.history
    early = next(value for kind, value in listener.told if kind == "early")
    assert early["n"] == 4
    assert 0 <= early["accuracy"] <= 1


def test_what_is_measured_beside_the_model_has_its_shape(finetuned):
    outcome = finetuned[0]
    assert (outcome.test.shape, outcome.validation.shape, outcome.yardstick.shape) == ((4, 2), (4, 2), (4, 2))
    assert (outcome.pooled.shape, outcome.activations([0, 3]).shape) == ((20, 24), (2, 2, 2, 24))
    assert outcome.random_split.keys() == {"method", "accuracy", "honest"}
    assert outcome.facts["weights_sha256"] == tiny.weights(finetuned[3]).sha256


def test_nothing_is_left_in_the_scratch_folder(finetuned):
    assert os.listdir(finetuned[3] / "scratch") == []


def test_fine_tuning_changes_the_last_block_and_nothing_before_it(finetuned):
    start = tiny.BACKBONE.build()
    start.load_weights(tiny.weights(finetuned[3]).path)
    tuned = finetuned[0].fixed.get_layer("scratch")
    changed = [
        before.name
        for before, after in zip(start.layers, tuned.layers, strict=True)
        if not all(map(np.array_equal, before.get_weights(), after.get_weights()))
    ]
    assert changed == ["block5_conv1"]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_ends_in_a_model_of_the_same_shape(tmp_path, method):
    outcome = tiny.trained(tmp_path, method=method)
    assert [epoch.phase for epoch in outcome.history] == METHODS[method]
    assert (outcome.model.input_shape, outcome.model.output_shape) == ((None, None, None, 3), (None, 2))
    assert [layer.name for layer in outcome.fixed.layers][-2:] == ["temperature", "probabilities"]
    assert outcome.facts["cached_gap"] < 1e-4


def test_features_are_computed_once_and_shared_by_later_trainings(finetuned, tmp_path):
    store = finetuned[2]
    assert store.puts == len(store) == 12 * 2 + 8  # two views of what is learnt from, one of the rest
    again = tiny.trained(tmp_path, store=store)
    assert store.puts == 32
    assert losses(again.history) == losses(finetuned[0].history)  # and the same seed gives the same history


def test_damaged_features_are_computed_anew(finetuned, tmp_path):
    store = tiny.Store(finetuned[2])
    key = next(iter(store))
    whole, store[key] = store[key], store[key][:-1]
    tiny.trained(tmp_path, store=store, method="probe")
    assert (store.puts, store[key]) == (1, whole)


@pytest.mark.parametrize("last", [1, 3, 4])
def test_a_resumed_training_is_the_uninterrupted_one(finetuned, tmp_path, last):
    outcome, first, store, _ = finetuned
    (tmp_path / "kept.npz").write_bytes(first.states[last - 1])
    second = tiny.Listener(saved=(first.epochs[:last], tmp_path / "kept.npz"))
    resumed = tiny.trained(tmp_path, listener=second, store=store)
    assert losses(resumed.history) == losses(outcome.history)
    assert [epoch.number for epoch in second.epochs] == list(range(last + 1, 6))
    np.testing.assert_allclose(resumed.test, outcome.test, atol=1e-6)


@pytest.mark.parametrize("phase", ["features", "head", "tune", "evaluate", "yardstick"])
def test_stopping_takes_effect_at_the_next_batch_and_leaves_nothing(finetuned, tmp_path, monkeypatch, phase):
    monkeypatch.setattr(worth, "yardstick", YARDSTICK)
    told = []

    def stop(kind, value):
        told.append((kind, value))
        if kind == "step" and [value for kind, value in told if kind == "phase"][-1] == phase:
            raise Stopped

    method, store = "probe" if phase == "yardstick" else "finetune", None if phase == "features" else finetuned[2]
    with pytest.raises(Stopped):
        tiny.trained(tmp_path, listener=tiny.Listener(stop), store=store, method=method)
    assert [kind for kind, _ in told[-2:]] == ["phase", "step"]
    assert os.listdir(tmp_path / "scratch") == []


def test_the_best_weights_are_kept_and_patience_ends_a_phase(tmp_path, finetuned):
    outcome = tiny.trained(
        tmp_path, store=finetuned[2], method="transfer", head_rate=0.5, head_epochs=12, patience=2, dropout=0.0
    )
    validation = [epoch.val_loss for epoch in outcome.history]
    best = int(np.argmin(validation))
    assert len(validation) == min(12, best + 3)
    labels = [one.label for one in tiny.examples() if one.split == "validation"]
    logits = outcome.temperature * np.log(outcome.validation)
    found = -(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))[np.arange(4), labels].mean()
    assert found == pytest.approx(validation[best], rel=1e-3)


def test_a_loss_that_is_no_number_ends_in_a_failure(tmp_path, finetuned):
    with pytest.raises(Failure) as failure:
        tiny.trained(tmp_path, store=finetuned[2], method="transfer", head_rate=float("inf"))
    assert failure.value.code == "loss_not_finite"
    assert failure.value.detail == {"epoch": 1, "phase": "head"}


def test_running_out_of_memory_ends_in_a_failure(tmp_path, monkeypatch):
    def full(*_):
        raise MemoryError

    monkeypatch.setattr(assemble, "extractor", full)
    with pytest.raises(Failure) as failure:
        tiny.trained(tmp_path)
    assert failure.value.code == "out_of_memory"


def test_a_picture_that_vanished_ends_in_a_failure_and_leaves_nothing(tmp_path):
    def gone(example):
        if example.group == 7:
            raise FileNotFoundError(example.id)
        return tiny.read(example)

    with pytest.raises(Failure) as failure:
        tiny.trained(tmp_path, read=gone)
    assert (failure.value.code, failure.value.detail) == ("picture_gone", {"image": tiny.examples()[7].id})
    assert os.listdir(tmp_path / "scratch") == []


def test_weights_cut_short_after_they_were_found_are_refused(tmp_path):
    def cut(folder):
        found = tiny.weights(folder)
        found.path.write_bytes(found.path.read_bytes()[:5000])
        return found

    with pytest.raises(Failure) as failure:
        tiny.trained(tmp_path, weights=cut)
    assert failure.value.code == "weights_damaged"


def test_without_weights_nothing_is_trained(tmp_path):
    with pytest.raises(Failure) as failure:
        tiny.trained(tmp_path, weights=None)
    assert failure.value.code == "weights_missing"


def without(**lacking):
    return [one for one in tiny.examples() if any(getattr(one, name) != value for name, value in lacking.items())]


@pytest.mark.parametrize(
    ("given", "code", "detail"),
    [
        (without(split="test"), "empty_split", {"split": "test"}),
        (without(label=0), "one_class", {}),
        ([one for one in tiny.examples() if one.label or one.split != "train"], "empty_class", {"label": 0}),
        ([replace(one, label=one.label * 2) for one in tiny.examples()], "empty_class", {"label": 1}),
    ],
    ids=["no test", "one class", "a class without training", "a class without pictures"],
)
def test_examples_that_do_not_do_are_refused(tmp_path, given, code, detail):
    with pytest.raises(Failure) as failure:
        tiny.trained(tmp_path, given=given)
    assert (failure.value.code, failure.value.detail) == (code, detail)


@pytest.mark.parametrize("changes", [{"backbone": "none"}, {"method": "magic"}, {"backbone": "scratch"}])
def test_a_recipe_that_makes_no_sense_is_an_error(tmp_path, changes):
    with pytest.raises(ValueError, match=r"no 'finetune'|no 'magic'|from scratch"):
        tiny.trained(tmp_path, **changes)


def test_drawn_shapes_are_learnt_from_scratch(tmp_path, monkeypatch):
    given = tiny.examples(each=40, classes=3)
    monkeypatch.setitem(spec.BACKBONES, "scratch", replace(tiny.SCRATCH, build=lambda: spec.scratch.build(tiny.SIDE)))
    outcome = tiny.trained(
        tmp_path,
        given=given,
        backbone="scratch",
        method="full",
        head_rate=2e-3,
        head_epochs=20,
        tune_epochs=0,
        dense=64,
    )
    labels = [one.label for one in given if one.split == "test"]
    assert (outcome.test.argmax(axis=1) == labels).mean() >= 0.95
    assert outcome.pooled is None
    assert outcome.random_split["method"] == "scratch"


def test_a_head_on_given_features_reaches_what_scikit_learn_reaches():
    from sklearn.datasets import make_classification
    from sklearn.linear_model import LogisticRegression

    from workers.backbones.engine import Single
    from workers.backbones.fitting import Course, Lesson, answers, compiled, fit

    x, y = make_classification(400, 32, n_informative=10, n_classes=3, class_sep=1.0, random_state=2)
    x, training, validation, test = x.astype("float32"), np.arange(240), np.arange(240, 300), np.arange(300, 400)
    model, load = compiled(assemble.head(32, 3, 64, 0.3, 1), 3e-3), lambda rows, number: x[rows]
    fit(Lesson("head", model, load, y, training, validation, 40, 8, 32, 7), Course(Single(), lambda done: None))
    ours = (answers(model, load, test, 100, Single()).argmax(axis=1) == y[test]).mean()
    assert ours >= LogisticRegression(max_iter=1000).fit(x[training], y[training]).score(x[test], y[test])
