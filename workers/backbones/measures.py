"""How good answers are on pictures never learnt from. Nothing is printed that the pictures do not carry: null instead.

Shapes: `probabilities` (n, classes), `truth` and `guess` (n,) class indices, `groups` (n,) ids never torn apart.
"""

from typing import Any

import numpy as np

Z = 1.959963984540054  # of a two-sided 95 % interval
FEW_GROUPS = 20  # below this the bootstrap knows too few groups to be wide enough
DRAWS = 2000


def wilson(share: float, n: float) -> tuple[float, float]:
    """The 95 % score interval of a share seen in `n` independent trials (Wilson 1927, without correction)."""
    if n <= 0:
        raise ValueError("no trials")
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * np.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def interval(right: np.ndarray, groups: np.ndarray, seed: int = 7) -> tuple[float, float, str]:
    """The 95 % interval of the accuracy, from who was `right` (n,), and the method that gave it.

    `wilson` where every group is one picture. Otherwise `bootstrap_groups`: whole groups drawn again, because
    pictures of one group are right or wrong together. Where that cannot be wide enough (under 20 groups, or all
    pictures right or all wrong) `wilson_groups`: Wilson as if each group were one trial, which errs to the wide.
    """
    right = np.asarray(right, bool)
    if not right.size:
        raise ValueError("no pictures")
    sums, sizes = by_group(right, groups)
    if len(sizes) == right.size:
        return *wilson(right.mean(), right.size), "wilson"
    if len(sizes) < FEW_GROUPS or right.all() or not right.any():
        return *wilson(right.mean(), len(sizes)), "wilson_groups"
    return *bootstrap(sums, sizes, seed), "bootstrap_groups"


def by_group(right: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many pictures of each group are right, and how many there are: two (groups,) arrays."""
    place = np.unique(np.asarray(groups), return_inverse=True)[1]
    return np.bincount(place, weights=right), np.bincount(place)


def bootstrap(sums: np.ndarray, sizes: np.ndarray, seed: int) -> tuple[float, float]:
    """The middle 95 % of the accuracies of `DRAWS` draws of as many groups, with replacement."""
    times = np.random.default_rng(seed).multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), DRAWS)
    low, high = np.percentile((times @ sums) / (times @ sizes), [2.5, 97.5])
    return float(low), float(high)


def confusion(truth: np.ndarray, guess: np.ndarray, classes: int) -> np.ndarray:
    """How often (row) was taken for (column): an integer array (classes, classes)."""
    cells = np.asarray(truth, int) * classes + np.asarray(guess, int)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def per_class(matrix: np.ndarray) -> list[dict[str, Any]]:
    """Precision, recall, F1 and support of each class of a confusion matrix.

    A class without test pictures has support 0 and None for the rest. Precision is None also for a class that was
    never guessed (nothing to be precise about); its recall and F1 are 0, which the counts do say.
    """
    return [_figures(int(matrix[c, c]), int(matrix[:, c].sum()), int(matrix[c].sum())) for c in range(len(matrix))]


def _figures(hit: int, guessed: int, support: int) -> dict[str, Any]:
    if not support:
        return {"precision": None, "recall": None, "f1": None, "support": 0}
    precision = hit / guessed if guessed else None
    return {"precision": precision, "recall": hit / support, "f1": 2 * hit / (guessed + support), "support": support}


def macro_f1(matrix: np.ndarray) -> float:
    """The plain mean of F1 over the classes that have test pictures. Raises ValueError when none has."""
    figures = [row["f1"] for row in per_class(matrix) if row["support"]]
    if not figures:
        raise ValueError("no pictures")
    return float(np.mean(figures))


def top(probabilities: np.ndarray, truth: np.ndarray, most: int = 5) -> float | None:
    """The share whose true class is among the `most` likeliest. None where that many classes are all there are.

    A class that ties with the true one counts as likelier: equal answers earn nothing.
    """
    if probabilities.shape[1] <= most:
        return None
    true = np.take_along_axis(probabilities, np.asarray(truth, int)[:, None], axis=1)
    return float(((probabilities >= true).sum(axis=1) <= most).mean())


def majority(train: np.ndarray, truth: np.ndarray) -> float:
    """The accuracy of always answering the commonest class of the training pictures (the lowest index of equals)."""
    return float((np.asarray(truth) == np.bincount(train).argmax()).mean())


def accuracy(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """The share of pictures whose likeliest class is the true one."""
    return float((probabilities.argmax(axis=1) == truth).mean())
