"""Figures as files: one drawing by matplotlib, written as SVG (light, or dark where the reader's system is) or PNG.

The same figures give the same bytes on one machine: no date, no random ids. In a page an SVG belongs into <img>:
its styles stand inside it.
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .export import Artefact, artefact
from .types import Epoch, Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, PAPER, LINE = "#15161a", "#5c5d60", "#ffffff", "#dcdcd8"
PALE = "#fefefe"  # stays pale in the dark
COOL, WARM = "#2f6bd6", "#c2570c"  # 4 to 1 and more against either paper
DARK = {INK: "#f2f2ef", SOFT: "#a7a9ad", PAPER: "#111214", LINE: "#35383d"}
KINDS = ("svg", "png")
SETTINGS: Any = {
    "svg.hashsalt": "deep-images-hub",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "text.parse_math": False,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": LINE,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "legend.frameon": False,
}
WRITTEN = 20  # with more classes the cells of a confusion matrix carry no numbers, and labels get small


def write(outcome: Outcome, metrics: dict[str, Any], folder: Path) -> list[Artefact]:
    """Every chart of a model, by its metrics (`report.build`), as SVG and PNG files of the folder."""
    labels = [row["label"] for row in metrics["per_class"]]
    files = []
    for kind in KINDS:
        drawn = {
            "curves": curves(outcome.history, kind),
            "confusion": confusion(metrics["confusion"], labels, kind),
            "reliability": reliability(metrics["calibration"]["bins"], kind),
        }
        if metrics["learning_curve"]:
            drawn["learning-curve"] = learning(metrics["learning_curve"], kind)
        for name, data in drawn.items():
            (folder / f"{name}.{kind}").write_bytes(data)
            files.append(artefact(folder / f"{name}.{kind}"))
    return files


def curves(history: Sequence[Epoch], kind: str = "svg") -> bytes:
    """Loss and accuracy by epoch, of training and validation; a line where a phase begins. `kind` svg or png."""
    with _sheet(kind, 8, 3.2) as (figure, data):
        left, right = figure.subplots(1, 2)
        _course(left, history, "loss", "Loss")
        _course(right, history, "accuracy", "Accuracy")
        right.set_ylim(0, 1.02)
        right.legend(loc="lower right")
    return data.getvalue()


def _course(axes: "Axes", history: Sequence[Epoch], name: str, title: str) -> None:
    from matplotlib.ticker import MaxNLocator

    for field, colour, dash, label in ((name, COOL, "--", "training"), (f"val_{name}", WARM, "-", "validation")):
        told = [(epoch.number, value) for epoch in history if (value := getattr(epoch, field)) is not None]
        axes.plot(*zip(*told, strict=True) if told else ([], []), dash, color=colour, label=label, marker=".")
    for before, epoch in pairwise(history):
        if epoch.phase != before.phase:
            axes.axvline(epoch.number - 0.5, color=SOFT, linewidth=0.8)
            axes.text(epoch.number - 0.4, 0.02, epoch.phase, color=SOFT, transform=axes.get_xaxis_transform())
    axes.set(title=title, xlabel="epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def confusion(matrix: Sequence[Sequence[int]], labels: Sequence[str], kind: str = "svg") -> bytes:
    """How often (row) was taken for (column): counts, shaded by their share of the row."""
    from matplotlib.patches import Rectangle

    many = len(labels)
    side = min(14.0, 2.6 + 0.42 * many)
    with _sheet(kind, side, side) as (figure, data):
        axes = figure.subplots()
        for row, counts in enumerate(matrix):
            for column, n in enumerate(counts):
                if n:
                    share = n / sum(counts)
                    axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, color=COOL, alpha=share, linewidth=0))
                    _count(axes, column, row, n, share, many)
        _named(axes, labels)
    return data.getvalue()


def _count(axes: "Axes", column: int, row: int, n: int, share: float, many: int) -> None:
    if many <= WRITTEN:
        axes.text(column, row, str(n), ha="center", va="center", color=PALE if share > 0.6 else INK)


def _named(axes: "Axes", labels: Sequence[str]) -> None:
    places, size = range(len(labels)), 9 if len(labels) <= WRITTEN else 6
    names = [short(label) for label in labels]
    axes.set_xticks(places, names, rotation=90, fontsize=size)
    axes.set_yticks(places, names, fontsize=size)
    axes.set(xlim=(-0.5, len(labels) - 0.5), ylim=(len(labels) - 0.5, -0.5), xlabel="taken for", ylabel="is")
    axes.set_aspect("equal")
    axes.grid(visible=False)


def short(label: str, most: int = 24) -> str:
    """A label as a chart can carry it: one line, printable, at most so many characters."""
    plain = "".join(c for c in " ".join(label.split()) if c.isprintable())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def reliability(bins: Sequence[dict[str, Any]], kind: str = "svg") -> bytes:
    """How often answers of each confidence were right (bins of `calibration.reliability`), with their numbers."""
    filled = [row for row in bins if row["n"]]
    with _sheet(kind, 4, 4) as (figure, data):
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], ":", color=SOFT)
        axes.plot([row["confidence"] for row in filled], [row["accuracy"] for row in filled], "o-", color=COOL)
        for row in filled:
            place = (row["confidence"], row["accuracy"])
            axes.annotate(str(row["n"]), place, (5, -9), textcoords="offset points", color=SOFT, fontsize=7)
        axes.set(title="Reliability", xlabel="confidence", ylabel="share right", xlim=(0, 1.02), ylim=(0, 1.02))
    return data.getvalue()


def learning(curve: dict[str, Any], kind: str = "svg") -> bytes:
    """The learning curve of `growth.curve`: accuracy by training groups, with the span of its samples and its law."""
    sizes, figures = curve["sizes"], curve["accuracy"]
    spans = [
        [figure - low for figure, low in zip(figures, curve["low"], strict=True)],
        [high - figure for figure, high in zip(figures, curve["high"], strict=True)],
    ]
    with _sheet(kind, 5, 3.4) as (figure, data):
        axes = figure.subplots()
        axes.errorbar(sizes, figures, spans, fmt="o", color=COOL, capsize=3)
        if curve.get("fit"):
            a, b, c = (curve["fit"][name] for name in "abc")
            steps = [sizes[0] * (2 * sizes[-1] / sizes[0]) ** (i / 60) for i in range(61)]
            axes.plot(steps, [a - b * n**-c for n in steps], ":", color=WARM)
        axes.set(title="Learning curve", xlabel="groups learnt from", ylabel="accuracy", ylim=(0, 1.02))
    return data.getvalue()


@contextmanager
def _sheet(kind: str, width: float, height: float) -> Iterator[tuple["Figure", io.BytesIO]]:
    """A figure to draw on; afterwards its bytes stand in the buffer. Raises ValueError for another kind."""
    import matplotlib
    from matplotlib.figure import Figure

    if kind not in KINDS:
        raise ValueError(kind)
    data = io.BytesIO()
    with matplotlib.rc_context(SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a script the font lacks is shown as boxes in a PNG
        figure = Figure((width, height), layout="constrained")
        yield figure, data
        written = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}[kind]
        figure.savefig(data, format=kind, dpi=144, metadata=written)
    if kind == "svg":
        text = data.getvalue().replace(b"<defs>", _night().encode() + b"<defs>", 1)
        data.seek(0)
        data.write(text)


def _night() -> str:
    """Styles that turn the neutral colours where the reader's system is dark; other viewers keep the light ones."""
    rules = [
        f'[style*="{name}: {light}"]{{{name}:{dark} !important}}'
        for light, dark in DARK.items()
        for name in ("fill", "stroke")
    ]
    return f"<style>@media (prefers-color-scheme:dark){{{''.join(rules)}}}</style>\n "
