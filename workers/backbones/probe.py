"""Logistic regression on deep features, and the same as one Dense layer."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

ROUNDS = 1000
NEVER = -1e4  # the logit of a class that was not among the examples


def fitted(features: np.ndarray, labels: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights (d, classes) and bias (classes) of a balanced logistic regression on standardised features (n, d).

    The standardisation is folded in: logits are `features @ weights + bias`. At least two classes must be there.
    """
    from sklearn.linear_model import LogisticRegression

    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread[spread < 1e-6 * max(1.0, float(spread.max()))] = 1.0  # a feature that never changes
    scaled = np.subtract(features, mean, dtype=np.float32)
    scaled /= spread
    model = LogisticRegression(max_iter=ROUNDS, class_weight="balanced").fit(scaled, labels)
    coefficients, intercept = _multinomial(model.coef_, model.intercept_)
    weights, bias = np.zeros((features.shape[1], classes)), np.full(classes, NEVER)
    weights[:, model.classes_] = coefficients.T / spread[:, None]
    bias[model.classes_] = intercept - (mean / spread) @ coefficients.T
    return weights.astype(np.float32), bias.astype(np.float32)


def _multinomial(coefficients: np.ndarray, intercept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For two classes scikit-learn keeps one line, the second class's log odds."""
    if len(coefficients) > 1:
        return coefficients, intercept
    return np.vstack([np.zeros_like(coefficients), coefficients]), np.append([0.0], intercept)


def accuracy(line: tuple[np.ndarray, np.ndarray], features: np.ndarray, labels: np.ndarray) -> float:
    """Share of examples the fitted line gets right; NaN for none."""
    if not len(labels):
        return float("nan")
    return float(np.mean(np.argmax(features @ line[0] + line[1], axis=1) == labels))


def into(head: "keras.Model", line: tuple[np.ndarray, np.ndarray]) -> None:
    """Put the fitted line into a head without a hidden layer."""
    head.get_layer("logits").set_weights(list(line))
