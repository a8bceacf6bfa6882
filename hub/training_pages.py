"""What the page of a training shows: its phases as a list, its curves, where it stands in words."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hub import curves, trainings
from hub.curves import Chart
from hub.models import TrainingEpoch, TrainingRequest
from hub.shelf import about
from hub.trainings import SCRATCH

State = TrainingRequest.State
# Every phase a worker tells, in order: what people call it, and what it counts.
PHASES = {
    "features": ("Look at every photo", "looks"),
    "probe": ("Linear probe", ""),
    "head": ("Learn a new head", "steps"),
    "tune": ("Adjust the last layers", "steps"),
    "full": ("Adjust every layer", "steps"),
    "yardstick": ("Train the yardstick from scratch", "steps"),
    "evaluate": ("Try it on photos it has never seen", "photos"),
    "export": ("Write the files", "files"),
    "check": ("Check that every file answers alike", "files"),
}
MIDDLE = {
    "probe": [],
    "transfer": ["head"],
    "finetune": ["head", "tune"],
    "full": ["head", "full"],
}
LAST = ["yardstick", "evaluate", "export", "check"]


@dataclass(frozen=True, slots=True)
class Step:
    """A phase: done, now, next, or stopped where the training ended in it. `done` of `total`, where it counts."""

    name: str
    title: str
    state: str
    done: int
    total: int
    unit: str


def steps(request: TrainingRequest) -> list[Step]:
    """The phases of a training, as far as it has come."""
    names = _planned(request)
    begun = request.state == State.RUNNING  # a worker that starts has not told a phase yet
    at = names.index(request.phase) if request.phase else (0 if begun else -1)
    ready = request.state == State.READY
    return [_step(request, name, "done" if ready or n < at else "next", n == at) for n, name in enumerate(names)]


def _planned(request: TrainingRequest) -> list[str]:
    if request.backbone == SCRATCH:
        names = {"full", *LAST[1:]}
    else:
        names = {"features", "probe", *MIDDLE[request.method], *LAST}
    return [name for name in PHASES if name in names or name == request.phase]


def _step(request: TrainingRequest, name: str, state: str, current: bool) -> Step:
    title, unit = PHASES[name]
    if current and state != "done":
        state = "now" if request.state in ("queued", "running") else "stopped"
    counted = current and request.total > 1
    return Step(name, title, state, request.done if counted else 0, request.total if counted else 0, unit)


def charts(epochs: list[TrainingEpoch]) -> list[Chart]:
    """The curves of accuracy and of loss; none before the first epoch."""
    if not epochs:
        return []
    x = curves.across(min(1, epochs[0].number), max(2, epochs[-1].number))
    shares = [one for epoch in epochs for one in (epoch.accuracy, epoch.val_accuracy) if one is not None]
    losses = [one for epoch in epochs for one in (epoch.loss, epoch.val_loss) if one is not None]
    rising = curves.up(max(0.0, int(10 * min(shares)) / 10 - 0.1), 1.0)
    falling = curves.up(0.0, 1.05 * max(losses) or 1.0)
    return [
        _chart("Accuracy", epochs, ("val_accuracy", "accuracy"), x, rising, curves.percent),
        _chart("Loss", epochs, ("val_loss", "loss"), x, falling, curves.number),
    ]


def _chart(title: str, epochs: list[TrainingEpoch], names: tuple[str, str], x, y, words) -> Chart:
    numbers = [epoch.number for epoch in epochs]
    styles = (("on photos held back", "ink"), ("on photos it learns from", "soft"))
    lines = [
        curves.line(said, style, numbers, [getattr(epoch, name) for epoch in epochs], x, y)
        for name, (said, style) in zip(names, styles, strict=True)
    ]
    changes = [(a, b) for a, b in pairwise(epochs) if a.phase != b.phase]
    marks = [(x.at((a.number + b.number) / 2), PHASES[b.phase][0]) for a, b in changes]
    whole = [(at, said) for at, said in curves.ticks(x, curves.number) if "." not in said]
    return Chart(title, [one for one in lines if one], whole, curves.ticks(y, words), marks=marks)


def mark(request: TrainingRequest, epochs: int) -> str:
    """Says when a page is to be drawn anew: when this differs from what it was drawn with."""
    early = "early" if request.early else ""
    return f"{request.state} {request.phase} {epochs} {request.cancelling} {request.version.state} {early}"


def standing(request: TrainingRequest) -> dict[str, Any]:
    """Where it stands: how many come before it, and about how long it takes yet, in words ("" where none can say)."""
    left = trainings.seconds_left(request)
    return {"place": trainings.place(request), "left": about(left) if left is not None else ""}
