"""What a training worker writes: how far a request has come, its epochs, how it ended. Each write is fenced."""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Exists
from django.db.models.functions import Coalesce, Now

from hub import archives, counts, jobs, objects, storage, trained
from hub.models import (
    Backbone,
    DatasetVersion,
    Job,
    ModelFile,
    Notice,
    Prediction,
    TrainedModel,
    TrainingEpoch,
    TrainingRequest,
)
from hub.models.training import LIVE
from hub.people import notices
from hub.problems import Refused

State = TrainingRequest.State


def _live(request: int):
    return TrainingRequest.objects.filter(pk=request, state__in=LIVE)


def start(work: jobs.Work, request: TrainingRequest) -> None:
    """A worker has begun it, or goes on where it was broken off: anew where a photo was withdrawn since."""
    with transaction.atomic():
        jobs.check(work)
        if request.started_at and _withdrawn_since(request.version, request.started_at):
            anew(work, request)
        last = request.epochs.order_by("number").values_list("number", flat=True).last()
        again = {"resumed_at": last or 0} if request.started_at else {}
        _live(request.pk).update(state=State.RUNNING, started_at=Coalesce("started_at", Now()), **again)
    request.refresh_from_db(fields=["started_at"])


def _withdrawn_since(version: DatasetVersion, start: datetime) -> bool:
    """Whether an earlier attempt may have learnt from what is withdrawn now. A withdrawal bears the time it began."""
    return version.members.filter(image__withdrawn_at__gt=start - timedelta(minutes=1)).exists()


def anew(work: jobs.Work, request: TrainingRequest) -> None:
    """What earlier attempts learnt is of no use, or gone: their epochs go, and their state with the orphans."""
    with transaction.atomic():
        jobs.check(work)
        if request.epochs.all().delete()[0]:
            _live(request.pk).update(checkpoint="", started_at=Now(), resumed_at=0)


def phase(work: jobs.Work, request: int, name: str, total: int) -> None:
    """A phase begins, with so many steps."""
    with transaction.atomic():
        jobs.check(work)
        _live(request).update(phase=name, done=0, total=total, phase_at=Now())


def step(work: jobs.Work, request: int, done: int) -> bool:
    """So many steps of the phase are done; False when it was cancelled or went to another, and is to stop."""
    return bool(_live(request).filter(Exists(jobs.held(work)), cancelling=False).update(done=done))


def early(work: jobs.Work, request: int, result: dict[str, Any]) -> None:
    """The linear probe's first figures."""
    with transaction.atomic():
        jobs.check(work)
        _live(request).update(early=result)


def epoch(work: jobs.Work, request: int, fields: dict[str, Any], state: Path) -> None:
    """An epoch ended: its row, and the state from which the next attempt goes on, in one act; the state before goes."""
    with state.open("rb") as file:
        digest, _ = storage.digest(file)
        storage.put("features", checkpoint_key(digest), file)  # so young, nothing takes it for an orphan
    with transaction.atomic():
        jobs.check(work)
        before = _live(request).select_for_update().values_list("checkpoint", flat=True).first()
        if before is None:
            raise jobs.Superseded(f"training {request} has ended")
        number = fields.pop("number")
        TrainingEpoch.objects.update_or_create(request_id=request, number=number, defaults=fields)
        _live(request).update(checkpoint=digest)
    if before and before != digest:
        with suppress(storage.Away):  # it goes with the orphans
            objects.discard("features", checkpoint_key(before), young=True)


def checkpoint_key(digest: str) -> str:
    """Where the state of a training lies in `features`."""
    return storage.key(digest, ".state")


def saved(request: TrainingRequest, into: Path) -> list[TrainingEpoch] | None:
    """The epochs so far, and in the file `into` the last state, if it was broken off before and both are whole."""
    epochs = list(request.epochs.order_by("number"))
    digest = TrainingRequest.objects.values_list("checkpoint", flat=True).get(pk=request.pk)
    if not epochs or not digest:
        return None
    try:
        with storage.opened("features", checkpoint_key(digest)) as kept, into.open("wb+") as file:
            shutil.copyfileobj(kept, file, storage.CHUNK)
            return epochs if storage.digest(file)[0] == digest else None
    except FileNotFoundError:
        return None


@dataclass(frozen=True, slots=True)
class Made:
    """A file of a model, stored already."""

    name: str
    size: int
    sha256: str
    gap: float | None = None


def finish(
    work: jobs.Work,
    request: TrainingRequest,
    model: TrainedModel,
    files: list[Made],
    predictions: list[Prediction],
    without: tuple[int, str],
) -> list[Job]:
    """The model is whole: it, its files and its answers become rows, and who asked is told. The jobs to ring for.

    Where another request made the same meanwhile, that one is given. `without` is what `archives.without` said before
    the first photo was read.
    Raises Refused when a photo it learnt from was withdrawn since; jobs.Superseded as `jobs.finish` does.
    """
    with transaction.atomic():
        counts.lock()  # what is withdrawn from here on finds the rows of its answers and golden pictures
        jobs.finish(work)
        _unchanged(request.version, without)
        row = _live(request.pk).select_for_update().first()
        if row is None:
            raise jobs.Superseded(f"training {request.pk} has ended")
        if row.cancelling:
            return end(row, State.CANCELLED)
        objects.hold(*(trained.key(made.sha256) for made in files))
        same = TrainedModel.objects.filter(recipe=model.recipe).first()
        if same is None:
            model.save()
            ModelFile.objects.bulk_create(
                ModelFile(model=model, name=m.name, size=m.size, sha256=m.sha256, gap=m.gap) for m in files
            )
            for prediction in predictions:
                prediction.model = model
            Prediction.objects.bulk_create(predictions, batch_size=2000)
        return end(row, State.READY, model=same or model)


def give(work: jobs.Work, request: TrainingRequest, model: TrainedModel) -> list[Job]:
    """The same model is there already: the request gets it."""
    with transaction.atomic():
        jobs.finish(work)
        return end(request, State.READY, model=model)


def fail(work: jobs.Work, request: TrainingRequest, code: str, detail: dict[str, Any]) -> list[Job]:
    """It cannot be trained, and why."""
    with transaction.atomic():
        jobs.finish(work)
        return end(request, State.FAILED, reason=code, detail=detail)


def cancelled(work: jobs.Work, request: TrainingRequest) -> None:
    """Its owner cancelled it, and the worker has stopped."""
    with transaction.atomic():
        jobs.finish(work)
        end(request, State.CANCELLED)


def end(request: TrainingRequest, state: str, **fields: Any) -> list[Job]:
    """Close a live request in the transaction of its cause, and tell its owner; the jobs to ring for."""
    ended = _live(request.pk).update(state=state, finished_at=Now(), cancelling=False, checkpoint="", **fields)
    if not ended:
        return []
    if model := fields.get("model"):
        trained.acquire(model, request.owner)
    return [job for job in [_tell(request, state, fields)] if job]


def _tell(request: TrainingRequest, state: str, fields: dict[str, Any]) -> Job | None:
    """The bell tells of every training that ended by itself; a mail leaves where it was asked for."""
    if state == State.CANCELLED:
        return None
    about: dict[str, Any] = {"name": f"{request.backbone} on {request.version.dataset.name}"}
    kind = Notice.Kind.TRAINING_FAILED
    if state == State.READY:
        kind, model = Notice.Kind.TRAINING_READY, fields["model"]
        about |= {"path": model.get_absolute_url(), "accuracy": model.accuracy}
    else:
        about |= {"path": request.get_absolute_url(), "reason": fields["reason"], "detail": fields["detail"]}
    return notices.tell(request.owner, kind, f"training:{request.pk}", about, mail=request.mail)


def give_up(request: int) -> None:
    """Every attempt failed: our matter, and its owner is told. The sweeper rings for the mail.

    A job that left no error of its own was killed each time.
    """
    row = _live(request).select_related("owner", "version__dataset").first()
    if row and row.cancelling:
        end(row, State.CANCELLED)
    elif row:
        job = Job.objects.filter(kind=Job.Kind.TRAIN, subject=request).latest("id")
        end(row, State.FAILED, reason="our_failure" if "Traceback" in job.error else "worker_lost", detail={})


def report_backbones(found: Iterable[Backbone]) -> None:
    """What a worker found at its start replaces what was known.

    Measured speeds stay, and the digest of weights that are away now: by it models trained before are found.
    """
    for one in found:
        names = ["title", "side", "available", "reason", "gpus"]
        names += ["weights_sha256", "published"] if one.available else []
        Backbone.objects.update_or_create(name=one.name, defaults={name: getattr(one, name) for name in names})


def pace(name: str, seconds_per_view: float) -> None:
    """How long one picture took through a backbone, for the next estimate."""
    Backbone.objects.filter(name=name).update(seconds_per_view=seconds_per_view)


def _unchanged(version: DatasetVersion, at_start: tuple[int, str]) -> None:
    now = archives.without(version.digest)
    if now != at_start:
        raise Refused("images_withdrawn", 409, n=now[0] - at_start[0])
