"""What is known of a trained model, as one dict for metrics.json and the pages."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import calibration, growth, measures
from .types import Example, Outcome

WEAKEST = 2  # labels that advice is sought for
DIGITS = 4


def build(outcome: Outcome, examples: Sequence[Example], labels: Sequence[str], seed: int = 7) -> dict[str, Any]:
    """metrics.json: only what JSON knows, floats to four digits, None for what the pictures do not carry.

    `examples` and `labels` in the order the training had them. Raises ValueError without test examples, when they
    and the answers differ in number, or when an answer is not finite.
    """
    test = [e for e in examples if e.split == "test"]
    if not test or len(test) != len(outcome.test) or not np.isfinite(outcome.test).all():
        raise ValueError(f"{len(outcome.test)} answers, finite or not, for {len(test)} test pictures")
    truth = np.array([e.label for e in test])
    guess = outcome.test.argmax(axis=1)
    matrix = measures.confusion(truth, guess, len(labels))
    rows = measures.per_class(matrix)
    low, high, method = measures.interval(guess == truth, np.array([e.group for e in test]), seed)
    found = {
        "accuracy": measures.accuracy(outcome.test, truth),
        "interval": [low, high],
        "interval_method": method,
        "macro_f1": measures.macro_f1(matrix),
        "top5": measures.top(outcome.test, truth),
        "per_class": [{"label": label} | row for label, row in zip(labels, rows, strict=True)],
        "confusion": matrix.tolist(),
        "calibration": _calibration(outcome, truth),
        "baselines": _baselines(outcome, examples, truth, len(labels)),
        "random_split": _random_split(outcome),
        "learning_curve": _learning_curve(outcome, examples, rows, seed),
        "n": {split: _count(examples, split) for split in ("train", "validation", "test")},
        "facts": outcome.facts,
        "timings": outcome.timings,
    }
    return plain(found | {"advice": _advice(found)})


def _calibration(outcome: Outcome, truth: np.ndarray) -> dict[str, Any]:
    after, before = (calibration.reliability(x, truth) for x in (outcome.test, outcome.uncalibrated_test))
    return {
        "ece": calibration.ece(after),
        "ece_before": calibration.ece(before),
        "temperature": outcome.temperature,
        "bins": after,
    }


def _baselines(
    outcome: Outcome, examples: Sequence[Example], truth: np.ndarray, classes: int
) -> dict[str, float | None]:
    """Accuracies on the same test pictures of simpler means; None for what was not tried."""
    train = np.array([e.label for e in examples if e.split == "train"])
    probe = outcome.random_split.get("honest") if _method(outcome) == "probe" else None
    yardstick = outcome.yardstick
    return {
        "chance": 1 / classes,
        "majority": measures.majority(train, truth),
        "probe": probe,
        "scratch": None if yardstick is None else measures.accuracy(yardstick, truth),
    }


def _method(outcome: Outcome) -> Any:
    return outcome.random_split.get("method")


def _random_split(outcome: Outcome) -> dict[str, Any] | None:
    """The accuracy the same method has on images split one by one, and how far it is above the honest one."""
    told = outcome.random_split
    if "accuracy" not in told:
        return None
    return dict(told) | {"gap": told["accuracy"] - told["honest"]}


def _learning_curve(
    outcome: Outcome, examples: Sequence[Example], rows: Sequence[dict[str, Any]], seed: int
) -> dict[str, Any] | None:
    """None where there are no deep features (from scratch). Advice for the labels of least F1 that have mistakes."""
    if outcome.pooled is None:
        return None
    weak = [n for n, row in enumerate(rows) if row["f1"] is not None and row["f1"] < 1]
    weakest = sorted(weak, key=lambda n: (rows[n]["f1"], n))[:WEAKEST]
    return growth.curve(outcome.pooled, examples, len(rows), weakest, seed)


def _count(examples: Sequence[Example], split: str) -> dict[str, int]:
    mine = [e for e in examples if e.split == split]
    return {"images": len(mine), "groups": len({e.group for e in mine})}


def _advice(found: dict[str, Any]) -> list[dict[str, Any]]:
    """What a reader should know before trusting the model: codes with their numbers, to be put into words elsewhere.

    `not_better` than a baseline that lies above the low end of the interval; `leaks` five points or more in a random
    split; `few_tests` labels with under five test pictures; `confused` the two labels most often mistaken.
    """
    low = found["interval"][0]
    advice = [
        {"code": "not_better", "than": name, "accuracy": value}
        for name, value in found["baselines"].items()
        if value is not None and value >= low
    ]
    if (found["random_split"] or {"gap": 0})["gap"] >= 0.05:
        advice.append({"code": "leaks", "gap": found["random_split"]["gap"]})
    if few := [n for n, row in enumerate(found["per_class"]) if row["support"] < 5]:
        advice.append({"code": "few_tests", "labels": few})
    return advice + _confused(np.array(found["confusion"]))


def _confused(matrix: np.ndarray) -> list[dict[str, Any]]:
    wrong = matrix - np.diag(np.diag(matrix))
    truth, guess = np.unravel_index(wrong.argmax(), wrong.shape)
    if not wrong.any():
        return []
    return [{"code": "confused", "truth": int(truth), "guess": int(guess), "n": int(wrong[truth, guess])}]


def plain(value: Any) -> Any:
    """A value as JSON knows it: arrays and NumPy's numbers become Python's, floats keep four digits,
    what is not finite becomes None."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return _rounded(value) if np.isfinite(value) else None
    return value


def _rounded(value: float) -> float:
    return round(value, DIGITS) if abs(value) >= 0.1 else float(f"{value:.{DIGITS}g}")
