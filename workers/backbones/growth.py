"""What more pictures would bring: the linear head learnt from ever more groups, and how much more for three points.

Sizes are groups of near-duplicates, never pictures, because ten shots of one thing teach little more than one.
Every answer is given to the honest test split. The head is a cheaper one than `probe`'s: fewer directions, kept
smaller, so its figure at full size need not be the probe's.
"""

import warnings
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .powerlaw import POINTS, SIZES, about, extrapolate
from .types import Example

FEW = 20  # groups, to learn from and to be tried on
SEEDS, DRAWS, LEAST = 3, 60, 0.1  # nested samples of training, draws of test groups, share of the first size
COMPONENTS, MOST = 256, 10_000  # what the cost is bounded by: directions of the features, training pictures
STRENGTH = 0.1  # of the head: scikit-learn's C, on standardised features


class Ground(NamedTuple):
    """What the head learns from and is tried on."""

    features: np.ndarray  # (n, d), standardised
    truth: np.ndarray  # (n,)
    group: np.ndarray  # (n,) places in `labels`
    labels: np.ndarray  # (groups,) of each training group: its first picture's
    test: np.ndarray
    test_truth: np.ndarray
    weights: np.ndarray  # (1 + DRAWS, tests): once as they are, then as often as their group is drawn
    classes: int


class Stock(NamedTuple):
    """How many groups there are of a label (or in all), by what they serve."""

    all: int
    train: int
    test: int


def curve(
    pooled: np.ndarray, examples: Sequence[Example], classes: int, weakest: Iterable[int] = (), seed: int = 7
) -> dict[str, Any]:
    """The learning curve of the whole, and advice for the whole (label None) and for each label of `weakest`.

    `pooled` (examples, d) are deep features in the order of `examples`. Figures: accuracy for the whole, F1 for a
    label, of which only its own groups are varied. `low` and `high` are the least and most of three nested samples
    (one at full size, where all are the same). `more` counts distinct photos to give, with those that will fall to
    validation and test: the safe end of `between`, the middle 80 % over draws of the test groups.
    A refusal is a code of `powerlaw.REFUSALS`. `components` and `sampled` say how the cost was bounded.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # so small a problem is 50 times slower when its threads wait for each other
        ground, sampled = prepare(pooled, examples, classes, seed)
        whole = _part(ground, examples, None, seed)
        parts = [_part(ground, examples, label, seed) for label in weakest]
    picked = {key: whole.pop(key) for key in ("sizes", "figures", "low", "high")}
    picked["accuracy"] = picked.pop("figures")
    return picked | {
        "fit": whole.get("fit"),
        "advice": [whole, *parts],
        "components": ground.features.shape[1],
        "sampled": sampled,
    }


def prepare(pooled: np.ndarray, examples: Sequence[Example], classes: int, seed: int) -> tuple[Ground, bool]:
    """Standardise by the training pictures, keep at most COMPONENTS directions and MOST training pictures.

    The second value says that pictures were left out (whole groups, drawn by the seed).
    """
    split = np.array([e.split for e in examples])
    train, test = np.flatnonzero(split == "train"), np.flatnonzero(split == "test")
    truth, groups = np.array([e.label for e in examples]), np.array([e.group for e in examples])
    kept = _thin(train, groups[train], seed)
    first, group = np.unique(groups[kept], return_index=True, return_inverse=True)[1:]
    features, tried = _directions(pooled[kept], pooled[test], seed)
    weights = _weights(groups[test], seed)
    ground = Ground(features, truth[kept], group, truth[kept][first], tried, truth[test], weights, classes)
    return ground, len(kept) < len(train)


def _thin(train: np.ndarray, groups: np.ndarray, seed: int) -> np.ndarray:
    if len(train) <= MOST:
        return train
    names, place, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    return train[np.isin(place, order[sizes[order].cumsum() <= MOST])]


def _directions(train: np.ndarray, test: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.decomposition import PCA

    mean, spread = train.mean(axis=0), train.std(axis=0)
    train, test = ((x - mean) / np.where(spread > 0, spread, 1) for x in (train, test))
    if min(train.shape) <= COMPONENTS:
        return train, test
    found = PCA(COMPONENTS, svd_solver="randomized", random_state=seed).fit(train)
    return found.transform(train), found.transform(test)


def _weights(groups: np.ndarray, seed: int) -> np.ndarray:
    names, place = np.unique(groups, return_inverse=True)
    drawn = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), DRAWS)
    return np.vstack([np.ones(len(groups), int), drawn[:, place]])


def _part(ground: Ground, examples: Sequence[Example], label: int | None, seed: int) -> dict[str, Any]:
    """Sizes, figures and advice for the whole (None) or a label, or the code why there is none."""
    named = {"label": label, "metric": "accuracy" if label is None else "f1"}
    stock, whole = _stock(examples, label), label is None
    few = "few_tests" if stock.test < FEW else None
    few = "few_groups" if stock.train < FEW else few
    if few and not whole:
        return named | {"refused": few}
    sizes, rows = _climb(ground, label, seed)
    figures = np.array([np.mean(row, axis=0) for row in rows]).T  # (1 + DRAWS, sizes)
    shown = {
        "sizes": sizes,
        "figures": figures[0].tolist(),
        "low": [min(figure[0] for figure in row) for row in rows],
        "high": [max(figure[0] for figure in row) for row in rows],
    }
    return named | shown | ({"refused": few} if few else _advise(sizes, figures, stock))


def _stock(examples: Sequence[Example], label: int | None) -> Stock:
    mine = [e for e in examples if label in (None, e.label)]
    parts = [{e.group for e in mine if e.split == split} for split in ("train", "test")]
    return Stock(len({e.group for e in mine}), *map(len, parts))


def _advise(sizes: list[int], figures: np.ndarray, stock: Stock) -> dict[str, Any]:
    law, found = extrapolate(sizes, figures[0], figures[1:], stock.train)
    fit = {"fit": dict(zip("abc", law, strict=True)) if law else None}
    if isinstance(found, str):
        return fit | {"refused": found}
    between = [about(n * stock.all / stock.train) for n in found]
    return fit | {"more": between[1], "between": between, "points": round(100 * POINTS)}


def _climb(ground: Ground, label: int | None, seed: int) -> tuple[list[int], list[list[np.ndarray]]]:
    """Sizes in groups and, for each, the figures (1 + DRAWS,) of each of its nested samples."""
    counts = np.bincount(ground.labels, minlength=ground.classes)
    most = int(counts.sum() if label is None else counts[label])
    shares = np.unique(np.geomspace(max(2, LEAST * most), most, SIZES).round()) / most
    ranks = [_ranks(ground.labels, np.random.default_rng([seed, sample])) for sample in range(SEEDS)]
    sizes, rows = [], []
    for share in shares:
        kept = [_chosen(ground, rank, counts, share, label) for rank in ranks[: SEEDS if share < 1 else 1]]
        rows.append([_figures(ground, groups, label) for groups in kept])
        sizes.append(int(kept[0].sum() if label is None else kept[0][ground.labels == label].sum()))
    return sizes, rows


def _ranks(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The place of each group in a drawn order of its label's groups: a prefix of it is a nested sample."""
    ranks = np.empty(len(labels), int)
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        ranks[rng.permutation(mine)] = np.arange(len(mine))
    return ranks


def _chosen(ground: Ground, ranks: np.ndarray, counts: np.ndarray, share: float, label: int | None) -> np.ndarray:
    taken = np.maximum(1, np.round(counts[ground.labels] * share))
    return (ranks < taken) | (False if label is None else ground.labels != label)


def _figures(ground: Ground, groups: np.ndarray, label: int | None) -> np.ndarray:
    """Learn from the chosen groups (a boolean each): the accuracy, or the F1 of the label, by test weights."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    rows = groups[ground.group]
    head = LogisticRegression(C=STRENGTH, max_iter=300, class_weight="balanced")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 300 steps are near enough for a curve
        guess = head.fit(ground.features[rows], ground.truth[rows]).predict(ground.test)
    return score(guess, ground.test_truth, ground.weights, label)


def score(guess: np.ndarray, truth: np.ndarray, weights: np.ndarray, label: int | None) -> np.ndarray:
    """The accuracy (None) or the F1 of a label, for each row of weights (any, tests)."""
    if label is None:
        return weights @ (guess == truth) / weights.sum(axis=1)
    guessed, there = guess == label, truth == label
    return 2 * (weights @ (guessed & there)) / np.maximum(1, weights @ (1 * guessed + there))
