"""A report tells what the test pictures carry, beside what simpler means reach, in what JSON knows."""

import dataclasses
import json
from functools import cache

import numpy as np
import pytest

from workers.backbones import calibration, report
from workers.backbones.types import Example, Outcome


def drawn(n=300, classes=3, d=16, seed=1, twins=1):
    """Examples, features that tell them apart fairly well, and answers that are right about as often."""
    rng = np.random.default_rng(seed)
    groups = np.arange(n) // twins
    splits = rng.choice(["train", "validation", "test"], n, p=[0.6, 0.1, 0.3])[groups]
    examples = [Example(f"{i:x}", int(g) % classes, str(splits[i]), int(g)) for i, g in enumerate(groups)]
    pooled = (np.eye(classes, d)[groups % classes] * 1.5 + rng.normal(size=(n, d))).astype(np.float32)
    return examples, pooled


def outcome(examples, pooled, **fields):
    test = np.array([e.split == "test" for e in examples])
    logits = 4 * pooled[test, :3].astype(float)
    told = {
        "model": None,
        "fixed": None,
        "side": 32,
        "history": [],
        "temperature": 2.5,
        "validation": np.zeros((0, 3)),
        "test": calibration.softmax(logits, 2.5),
        "uncalibrated_test": calibration.softmax(logits),
        "pooled": pooled,
        "activations": lambda rows: np.zeros((len(rows), 1, 1, 1)),
        "yardstick": np.tile([0.5, 0.3, 0.2], (test.sum(), 1)),
        "random_split": {"method": "probe", "accuracy": 0.9, "honest": 0.8},
    }
    return Outcome(**(told | fields))


@cache
def whole():
    return built()


def built(**fields):
    """The report of 300 pictures that are groups of their own, with some fields of the outcome otherwise."""
    examples, pooled = drawn()
    return report.build(dataclasses.replace(outcome(examples, pooled), **fields), examples, ["Ball", "Cube", "Cone"])


def test_a_report_is_json_without_nan():
    assert json.loads(json.dumps(whole(), allow_nan=False)) == built()


def test_the_figures_agree_with_each_other():
    found = whole()
    matrix = np.array(found["confusion"])
    assert found["accuracy"] == pytest.approx(np.trace(matrix) / matrix.sum(), abs=1e-4)
    assert found["interval"][0] < found["accuracy"] < found["interval"][1]
    assert [row["support"] for row in found["per_class"]] == matrix.sum(axis=1).tolist()
    assert found["macro_f1"] == pytest.approx(np.mean([row["f1"] for row in found["per_class"]]), abs=1e-4)
    assert sum(row["n"] for row in found["calibration"]["bins"]) == matrix.sum() == found["n"]["test"]["images"]
    assert found["calibration"]["ece"] < found["calibration"]["ece_before"]


def test_images_and_groups_are_counted_by_split():
    examples, pooled = drawn(twins=2)
    found = report.build(outcome(examples, pooled), examples, ["Ball", "Cube", "Cone"])
    assert all(part["images"] == 2 * part["groups"] for part in found["n"].values())
    assert found["interval_method"] == "bootstrap_groups"


def test_simpler_means_are_tried_on_the_same_pictures():
    examples, pooled = drawn()
    found = report.build(outcome(examples, pooled), examples, ["Ball", "Cube", "Cone"])["baselines"]
    labels = np.array([e.label for e in examples if e.split == "test"])
    assert found["chance"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["scratch"] == pytest.approx((labels == 0).mean(), abs=1e-4)
    assert found["probe"] == 0.8


def test_what_was_not_tried_is_none():
    found = built(yardstick=None, pooled=None, random_split={})
    assert (found["baselines"]["scratch"], found["baselines"]["probe"]) == (None, None)
    assert (found["random_split"], found["learning_curve"]) == (None, None)


def test_the_random_split_shows_its_gap():
    assert whole()["random_split"] == {"method": "probe", "accuracy": 0.9, "honest": 0.8, "gap": 0.1}
    assert {"code": "leaks", "gap": 0.1} in whole()["advice"]


def test_a_model_that_does_not_beat_a_small_network_says_so():
    examples, pooled = drawn()
    perfect = np.eye(3)[[e.label for e in examples if e.split == "test"]]
    told = report.build(outcome(examples, pooled, yardstick=perfect), examples, ["Ball", "Cube", "Cone"])["advice"]
    assert {"code": "not_better", "than": "scratch", "accuracy": 1} in told


def test_advice_is_sought_for_the_weakest_labels():
    found = whole()
    weakest = sorted(range(3), key=lambda n: found["per_class"][n]["f1"])[:2]
    assert [part["label"] for part in found["learning_curve"]["advice"]] == [None, *weakest]


def test_a_label_without_test_pictures_is_told_and_has_no_figures():
    examples, pooled = drawn()
    examples = [Example(e.id, min(e.label, 1), e.split, e.group) if e.split == "test" else e for e in examples]
    found = report.build(outcome(examples, pooled), examples, ["Ball", "Cube", "Cone"])
    assert found["per_class"][2] == {"label": "Cone", "precision": None, "recall": None, "f1": None, "support": 0}
    assert {"code": "few_tests", "labels": [2]} in found["advice"]


@pytest.mark.parametrize("answers", [np.zeros((2, 3)), np.zeros((0, 3))])
def test_answers_that_do_not_fit_the_pictures_are_refused(answers):
    with pytest.raises(ValueError, match="answers"):
        built(test=answers)


def test_answers_that_are_no_numbers_are_refused():
    examples, _ = drawn()
    tests = sum(e.split == "test" for e in examples)
    with pytest.raises(ValueError, match="answers"):
        built(test=np.full((tests, 3), np.nan))


def test_figures_keep_four_digits_and_what_is_not_finite_is_none():
    assert report.plain({"a": np.float32(0.123456), "b": (np.nan, 1.23456e-6), "c": np.int64(3)}) == {
        "a": 0.1235,
        "b": [None, 1.235e-6],
        "c": 3,
    }
