"""Whether a model that says 90 % is right nine times of ten, and one number that brings it nearer.

Temperature scaling and the expected calibration error (ECE) after Guo, Pleiss, Sun and Weinberger,
"On calibration of modern neural networks", ICML 2017.
"""

from typing import Any

import numpy as np

SPAN = (0.05, 20.0)  # no sane model needs more


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Probabilities (n, classes) of logits (n, classes) at a temperature."""
    return np.exp(_logs(np.asarray(logits, np.float64) / temperature))


def _logs(logits: np.ndarray) -> np.ndarray:
    raised = logits - logits.max(axis=1, keepdims=True)
    return raised - np.log(np.exp(raised).sum(axis=1, keepdims=True))


def temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """What to divide logits (n, classes) by, so that they are likeliest given the true classes (n,); 0.05 to 20.

    Logarithms of probabilities serve as logits. A weak prior (log temperature ~ N(0, 1): it weighs less than one
    picture) keeps a handful of pictures that are all right from asking for certainty. Without pictures, 1.
    Raises ValueError when a logit is not finite.
    """
    from scipy.optimize import minimize_scalar

    logits, truth = np.asarray(logits, np.float64), np.asarray(truth, int)
    if not np.isfinite(logits).all():
        raise ValueError("logits are not finite")

    def cost(log: float) -> float:
        return 0.5 * log * log - _logs(logits / np.exp(log))[np.arange(len(truth)), truth].sum()

    if not truth.size:
        return 1.0
    return float(np.exp(minimize_scalar(cost, bounds=np.log(SPAN), method="bounded").x))


def reliability(probabilities: np.ndarray, truth: np.ndarray, bins: int = 10) -> list[dict[str, Any]]:
    """Bins of equal width (low, high] over the confidence of the likeliest class: n, mean confidence, accuracy.

    The last two are None in an empty bin.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    return [
        {"low": float(edges[b]), "high": float(edges[b + 1])} | _bin(confidence[place == b], right[place == b])
        for b in range(bins)
    ]


def _bin(confidence: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    if not confidence.size:
        return {"n": 0, "confidence": None, "accuracy": None}
    return {"n": len(right), "confidence": float(confidence.mean()), "accuracy": float(right.mean())}


def ece(bins: list[dict[str, Any]]) -> float:
    """The expected calibration error of reliability bins: mean distance of confidence and accuracy, by pictures."""
    filled = [row for row in bins if row["n"]]
    if not filled:
        raise ValueError("no pictures")
    gaps = [abs(row["confidence"] - row["accuracy"]) for row in filled]
    return float(np.average(gaps, weights=[row["n"] for row in filled]))
