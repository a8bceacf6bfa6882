"""Queue `training`: make the model somebody asked for, one training at a time in a process of its own."""

import errno
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from billiard.process import active_children
from celery.signals import worker_shutting_down
from django.conf import settings

from hub import archives, jobs, progress, trainings
from hub.models import DatasetVersion, Job, TrainingRequest
from hub.problems import Refused
from workers.celery import app
from workers.working import work_on

# The parent of the worker stays small: what learns is imported by the task itself.
log = structlog.get_logger("workers.training")
SCRATCH = "hub-train-"


@app.task
def train(job: int) -> None:
    """Train one model."""
    work_on(job, train_model)


@worker_shutting_down.connect
def pass_on(**_) -> None:
    """A worker that is told to end waits for its task, which may take hours: tell the task, too, to end."""
    for child in active_children():
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

    request = TrainingRequest.objects.select_related("version__dataset", "owner").get(pk=work.subject)
    ending: list[bool] = []
    try:
        with told_to_end(ending), told_as_failure(Failure):
            return _begin(work, request, ending)
    except Refused as refused:
        return progress.fail(work, request, refused.code, refused.detail)
    except Failure as failure:
        log.warning("training failed", code=failure.code, detail=failure.detail)
        return progress.fail(work, request, failure.code, failure.detail)
    except Stopped:
        if ending:
            jobs.postpone(work, "its worker was told to end")
        else:
            progress.cancelled(work, request)
    return None


@contextmanager
def told_as_failure(failure: type[Exception]) -> Iterator[None]:
    """What another attempt would meet again, as a Failure with a code."""
    try:
        yield
    except MemoryError as error:
        raise failure("out_of_memory") from error
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise failure("disk_full") from error


def _begin(work: jobs.Work, request: TrainingRequest, ending: list[bool]) -> list[Job] | None:
    version = request.version
    if request.state not in ("queued", "running"):
        jobs.finish(work)
        return None
    if request.cancelling:
        return progress.cancelled(work, request)
    if version.state == DatasetVersion.State.QUEUED:
        jobs.postpone(work, "its version is not frozen yet")
        return None
    if version.state == DatasetVersion.State.FAILED:
        raise Refused("version_failed")
    wish = trainings.Wish(request.backbone, request.method, **request.hyperparameters)
    if model := trainings.finished(version, wish):
        return progress.give(work, request, model)
    trainings.check_ready(version)
    progress.start(work, request)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=settings.SCRATCH_DIR) as scratch:
        return _train(work, request, wish, Path(scratch), ending)


def _train(
    work: jobs.Work, request: TrainingRequest, wish: trainings.Wish, scratch: Path, ending: list[bool]
) -> list[Job]:
    """Train, measure, write the files, check them, keep them; the jobs to ring for."""
    from workers import backbones, training_files
    from workers.training_rows import Features, Told, pictures

    version, told = request.version, Told(work, request, scratch, ending)
    withdrawn = archives.without(version.digest)
    chosen = backbones.BACKBONES[wish.backbone]
    weights = None
    if chosen.published:
        weights = backbones.locate(wish.backbone, settings.WEIGHTS_DIR, settings.WEIGHTS_HASHES)
    recipe_of_model = trainings.recipe(version, wish, weights.sha256 if weights else "")
    seen = pictures(version, chosen.side)
    outcome = backbones.train(
        examples=seen.examples,
        read=seen.read,
        recipe=training_files.recipe(wish),
        weights=weights,
        store=Features(wish.backbone, seen.rows),
        listener=told,
        scratch_dir=scratch,
    )
    model, files, predictions = training_files.write(request, outcome, seen, told, scratch / "model")
    model.recipe = recipe_of_model
    progress.unchanged(version, withdrawn)
    return progress.finish(work, request, model, files, predictions)
