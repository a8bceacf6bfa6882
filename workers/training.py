"""Queue `training`: make the model somebody asked for, one training at a time in a process of its own."""

import errno
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from billiard.process import active_children
from celery.signals import worker_shutting_down
from django.conf import settings

from hub import archives, jobs, progress, storage, trainings
from hub.models import DatasetVersion, Job, TrainingRequest
from hub.problems import Refused
from workers.celery import DAYS, QUEUES, app
from workers.working import clear_scratch, work_on

if TYPE_CHECKING:
    from workers.backbones.types import Listener, Outcome
    from workers.training_rows import Pictures

# The parent of the worker stays small: what learns is imported by the task itself.
log = structlog.get_logger("workers.training")
SCRATCH = "hub-train-"


@app.task
def train(job: int) -> None:
    """Train one model."""
    work_on(job, train_model)


@worker_shutting_down.connect
def pass_on(**_) -> None:
    """A worker that is told to end waits for its task, which may take hours: tell the task, too, to end.

    Every worker imports this module; what is not a training ends by itself, and is left to.
    """
    trains = any(queue.startswith(QUEUES["train"]) for queue in app.amqp.queues.consume_from)
    for child in active_children() if trains else ():
        os.kill(child.pid, signal.SIGTERM)


@contextmanager
def told_to_end(ending: list[bool]) -> Iterator[None]:
    """While the block runs, SIGTERM is written into `ending` and does nothing else."""
    before = signal.signal(signal.SIGTERM, lambda *_: ending.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def train_model(work: jobs.Work) -> list[Job] | None:
    """Train a model as its request says; or give the one that is there, or say in a code why there is none."""
    from workers.backbones.types import Failure, Stopped

    request = TrainingRequest.objects.select_related("version__dataset", "owner").filter(pk=work.subject).first()
    if request is None:  # its dataset was deleted
        jobs.finish(work)
        return None
    ending: list[bool] = []
    try:
        with told_to_end(ending), told_as_failure(Failure):
            return _begin(work, request, ending)
    except Refused as refused:
        return progress.fail(work, request, refused.code, refused.detail)
    except Failure as failure:
        log.warning("training failed", code=failure.code, detail=failure.detail)
        return progress.fail(work, request, failure.code, named(request.version, failure.detail))
    except Stopped:
        if ending:
            jobs.postpone(work, "its worker was told to end")
        else:
            progress.cancelled(work, request)
    return None


def named(version: DatasetVersion, detail: dict[str, Any]) -> dict[str, Any]:
    """The numbers of a Failure, its class by the name of its label."""
    return detail | {"label": version.header["labels"][detail["label"]]["name"]} if "label" in detail else detail


@contextmanager
def told_as_failure(failure: type[Exception]) -> Iterator[None]:
    """What another attempt would meet again, as a Failure with a code."""
    try:
        yield
    except MemoryError as error:
        raise failure("out_of_memory") from error
    except (OSError, storage.Away) as error:
        if not full(error):
            raise
        raise failure("disk_full") from error


def full(error: BaseException | None) -> bool:
    """Whether it was a disk without room, ours or the store's."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return isinstance(error, storage.Away) and full(error.__cause__)


def _begin(work: jobs.Work, request: TrainingRequest, ending: list[bool]) -> list[Job] | None:
    version = request.version
    if request.state not in ("queued", "running"):
        jobs.finish(work)
        return None
    if request.cancelling:
        progress.cancelled(work, request)
        return None
    if version.state == DatasetVersion.State.QUEUED:
        jobs.postpone(work, "its version is not frozen yet")
        return None
    if version.state == DatasetVersion.State.FAILED:
        raise Refused("version_failed")
    wish = trainings.wish(request)
    if model := trainings.finished(version, wish):
        return progress.give(work, request, model)
    if trainings.same_runs(request):
        jobs.postpone(work, "the same is being trained for another")
        return None
    trainings.check_ready(version)
    progress.start(work, request)
    clear_scratch(SCRATCH, DAYS + 3600)  # none that is older can be at work still
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=settings.SCRATCH_DIR) as scratch:
        return _train(work, request, wish, Path(scratch), ending)


def _train(
    work: jobs.Work, request: TrainingRequest, wish: trainings.Wish, scratch: Path, ending: list[bool]
) -> list[Job]:
    """Train, measure, write the files, check them, keep them; the jobs to ring for."""
    from workers import training_files
    from workers.training_rows import Told

    version, told = request.version, Told(work, request, scratch, ending)
    withdrawn = archives.without(version.digest)
    _call_the_others(request.pk)
    outcome, seen = _learn(request, wish, told, scratch)
    model, files, predictions = training_files.write(request, outcome, seen, told, scratch / "model")
    model.recipe = trainings.recipe(version, wish, outcome.facts["weights_sha256"] or "")
    if seconds := outcome.facts.get("seconds_per_view"):
        progress.pace(wish.backbone, seconds)
    return progress.finish(work, request, model, files, predictions, withdrawn)


def _learn(
    request: TrainingRequest, wish: trainings.Wish, listener: "Listener", scratch: Path
) -> "tuple[Outcome, Pictures]":
    """The part that every worker of a cluster does."""
    from workers import backbones, training_files
    from workers.backbones import distributed
    from workers.training_rows import Features, pictures

    engine = distributed.engine(settings.TRAINING_CLUSTER, settings.TRAINING_RANK)
    chosen = backbones.BACKBONES[wish.backbone]
    weights = None
    if chosen.published:
        weights = backbones.locate(wish.backbone, settings.WEIGHTS_DIR, settings.WEIGHTS_HASHES)
    seen = pictures(request.version, chosen.side)
    store = Features(wish.backbone, seen.rows)
    recipe = training_files.recipe(wish)
    outcome = backbones.train(seen.examples, seen.read, recipe, weights, store, listener, scratch, engine)
    if store.kept > store.found:  # else most of the time went into reading
        outcome.facts["seconds_per_view"] = outcome.timings["features"] / store.kept
    return outcome, seen


def _call_the_others(request: int) -> None:
    """In a cluster, whose first worker takes the job: have each of the others join it."""
    for rank in range(1, len(settings.TRAINING_CLUSTER)):
        app.send_task("workers.training.join", [request], queue=f"training-{rank}", expires=600)


@app.task
def join(pk: int) -> None:
    """Take this worker's share of a training whose job the first worker of the cluster holds, unless it ended."""
    from workers.training_rows import Silent

    request = TrainingRequest.objects.select_related("version").filter(pk=pk, state="running").first()
    if request is None:  # it would wait for the others for ever
        return
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=settings.SCRATCH_DIR) as scratch:
        _learn(request, trainings.wish(request), Silent(request, Path(scratch)), Path(scratch))
