"""How many more groups would bring three points, by the power law of learning curves; or a code for why not to say.

The law is a - b n^-c (Hestness et al. 2017; Viering and Loog 2022). It is believed only where it holds, and where
other test pictures of the same kind would have led to much the same number.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

REFUSALS = {
    "few_groups": "fewer than 20 training groups to draw the curve from",
    "few_tests": "fewer than 20 test groups (of the label, or in all) to see three points on",
    "flat": "the figure rises by less than two points over the whole curve",
    "not_rising": "the figure falls by more than a point somewhere on the curve",
    "poor_fit": "the law does not follow the curve, or says quite another number on other draws of the test groups",
    "ceiling": "the law levels off before three points more",
    "too_far": "more than twenty times what there is would be needed",
}
POINTS, FAR, SIZES = 0.03, 20, 5
TRUST, SPREAD = 0.8, 8  # the middle of the draws that must answer, and lie within this factor

Law = tuple[float, float, float]


class More(NamedTuple):
    """Groups to add, from the least to the most that the middle of the draws says.

    The most is what to advise: curves that pass the gates err to the low side. On 26 made-up problems with known
    answers, adding the fitted number brought 2 points of the 3 in the median, adding the most 2.8 (1.5 to 6.1), on the
    curves these bounds were chosen by: no fresh ones were tried.
    """

    least: float
    most: float


def extrapolate(
    sizes: Sequence[float], figures: np.ndarray, draws: np.ndarray, there: float
) -> tuple[Law | None, More | str]:
    """The law through `figures` (sizes,) and what it asks for, or the code of a refusal.

    `draws` (any, sizes) are the same figures on draws of the test groups; `there` how many groups there are now.
    """
    if (np.diff(figures) < -0.01).any():
        return None, "not_rising"
    if figures[-1] - figures[0] < 0.02:
        return None, "flat"
    law = fit(sizes, figures)
    missed, whole = ((at(law, sizes) - figures) ** 2).sum(), ((figures - figures.mean()) ** 2).sum()
    if len(sizes) < SIZES or missed > 0.1 * whole:
        return law, "poor_fit"
    return law, _asked(law, sizes, draws, there)


def _asked(law: Law, sizes: Sequence[float], draws: np.ndarray, there: float) -> More | str:
    groups = reach(law, there)
    if groups is None or groups > FAR * there:
        return "ceiling" if groups is None else "too_far"
    said = [np.inf if (n := reach(fit(sizes, draw), there)) is None else n for draw in draws]
    least, most = np.quantile(said, [(1 - TRUST) / 2, (1 + TRUST) / 2], method="nearest")
    if most > min(SPREAD * max(least, 1), FAR * there):
        return "poor_fit"
    return More(min(groups, least), max(groups, most))


def fit(sizes: Sequence[float], figures: np.ndarray) -> Law:
    """The a, b, c of a - b n^-c nearest to figures (0 to 1), by least squares: 0 <= a <= 1, b >= 0, 0.05 <= c <= 3."""
    from scipy.optimize import least_squares

    n = np.asarray(sizes, float)
    x = n / n[-1]
    found = least_squares(
        lambda p: p[0] - p[1] * x ** -p[2] - figures,
        (min(0.99, figures[-1] + 0.05), float(np.clip(figures[-1] - figures[0], 0.01, 1)), 0.5),
        bounds=((0, 0, 0.05), (1, 5, 3)),
    )
    a, b, c = (float(value) for value in found.x)
    return a, b * float(n[-1]) ** c, c


def at(law: Law, sizes: Sequence[float] | float) -> Any:
    """What the law says for so many groups."""
    a, b, c = law
    return a - b * np.asarray(sizes, float) ** -c


def reach(law: Law, there: float) -> float | None:
    """How many groups beyond `there` the law asks for POINTS more than it gives there; None when it levels off."""
    a, b, c = law
    room = a - at(law, there) - POINTS
    return float((b / room) ** (1 / c) - there) if room > 1e-6 else None


def about(n: float) -> int:
    """A number to two figures, at least 1: what an extrapolation can carry."""
    return int(float(f"{max(n, 1):.2g}"))
