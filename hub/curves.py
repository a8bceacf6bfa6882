"""Curves as pages draw them: figures become points of a small SVG, with ticks people can read."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

# Of a drawing of 340 by 190, as templates/models/chart.html has it.
LEFT, RIGHT, TOP, BOTTOM = 42, 322, 10, 164
Figures = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Line:
    """One series: its name, which of the styles of the page it has, its points as SVG writes them, where it ends."""

    name: str
    style: str
    points: str
    end: tuple[float, float]


@dataclass(slots=True)
class Chart:
    """What is to be drawn. Ticks are (place, words); spans are (x, low y, high y); marks (x, words) divide it."""

    title: str
    lines: list[Line]
    across: list[tuple[float, str]]
    up: list[tuple[float, str]]
    spans: list[tuple[float, float, float]] = field(default_factory=list)
    marks: list[tuple[float, str]] = field(default_factory=list)
    # Spans are bars, not whiskers.
    thick: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """Where a figure lies: `low` at `start`, `high` at `end`; on a scale of ratios if `ratio`."""

    low: float
    high: float
    start: float
    end: float
    ratio: bool = False

    def at(self, value: float) -> float:
        """The place of a figure, in the units of the drawing."""
        low, high, value = (math.log(max(1e-9, one)) if self.ratio else one for one in (self.low, self.high, value))
        share = (value - low) / (high - low) if high > low else 0.5
        return round(self.start + min(1.0, max(0.0, share)) * (self.end - self.start), 1)


def across(low: float, high: float, ratio: bool = False) -> Axis:
    """An axis from left to right."""
    return Axis(low, high, LEFT, RIGHT, ratio)


def up(low: float, high: float) -> Axis:
    """An axis from the bottom up."""
    return Axis(low, high, BOTTOM, TOP)


def line(name: str, style: str, xs: Sequence[float], figures: Figures, x: Axis, y: Axis) -> Line | None:
    """A series; None where it has no figure at all."""
    points = [(x.at(a), y.at(b)) for a, b in zip(xs, figures, strict=True) if b is not None]
    return Line(name, style, " ".join(f"{a},{b}" for a, b in points), points[-1]) if points else None


def ticks(axis: Axis, words: Callable[[float], str], most: int = 4) -> list[tuple[float, str]]:
    """Round numbers along an axis, at most so many and one more."""
    step = _round((axis.high - axis.low) / most)
    first = math.ceil(axis.low / step - 1e-9)
    found = [n * step for n in range(first, math.floor(axis.high / step + 1e-9) + 1)]
    return [(axis.at(value), words(value)) for value in found]


def _round(step: float) -> float:
    """The next of 1, 2, 5, 10 … from a number up."""
    whole = 10.0 ** math.floor(math.log10(step)) if step > 0 else 1.0
    return next(whole * n for n in (1, 2, 5, 10) if whole * n >= step - 1e-12)


def percent(value: float) -> str:
    """A share as a tick says it."""
    return f"{100 * value:.0f} %"


def number(value: float) -> str:
    """A number as a tick says it."""
    return f"{value:g}"
