"""Training requests: who may ask, for what, where in the queue; cancelled, or given a model that is there already."""

import json
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from hub import archives, jobs, readiness, storage, trained
from hub.models import Account, Backbone, DatasetVersion, Feature, Job, TrainedModel, TrainingRequest
from hub.models.training import LIVE
from hub.operations import quotas
from hub.problems import Refused

# Raise it when workers would make another model of the same wish: what is trained stays as it is.
TRAINER = 1
SCRATCH = "scratch"
EPOCHS, MOST_EPOCHS, MOST_SEED = 20, 100, 2**31 - 1
State, Method = TrainingRequest.State, TrainingRequest.Method


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody may choose. `epochs`: at most so many in each phase."""

    backbone: str = "vgg16"
    method: str = Method.FINETUNE
    seed: int = 7
    epochs: int = EPOCHS

    def hyperparameters(self) -> dict[str, Any]:
        """As rows keep them."""
        return {"seed": self.seed, "epochs": self.epochs}


def read_wish(given: dict[str, Any]) -> Wish:
    """A wish from a form or from JSON; what is left out is as usual. Raises Refused."""
    backbone = str(given.get("backbone") or "vgg16").replace("\0", "?")
    method = Method.FULL if backbone == SCRATCH else str(given.get("method") or usual_method())
    if method not in Method.values:
        raise Refused("unknown_method", method=method[:40])
    seed, epochs = (
        _whole(given.get(name), name, most) for name, most in (("seed", MOST_SEED), ("epochs", MOST_EPOCHS))
    )
    return Wish(backbone, method, 7 if seed is None else seed, EPOCHS if epochs is None else max(1, epochs))


def _whole(value: Any, field: str, most: int) -> int | None:
    if value in (None, ""):
        return None
    text = str(value)
    if not (text.isascii() and text.isdigit() and int(text[:12]) <= most and len(text) <= 12):
        raise Refused("bad_number", field=field, most=most)
    return int(text)


def wish(request: TrainingRequest) -> Wish:
    """What a request asked for."""
    return Wish(request.backbone, request.method, **request.hyperparameters)


def usual_method() -> str:
    """Every layer where a worker has a GPU, the last block where it has none."""
    return Method.FULL if Backbone.objects.filter(gpus__gt=0).exists() else Method.FINETUNE


def backbone(name: str) -> Backbone:
    """A network that can be trained now. Raises Refused, with the reason: no weights, or no worker seen."""
    found = Backbone.objects.filter(name=name).first()
    if found is None:
        known = name in readiness.SECONDS_PER_VIEW
        raise Refused("no_training_worker" if known else "unknown_backbone", 409 if known else 422, backbone=name[:40])
    if not found.available:
        raise Refused(found.reason, 409, backbone=found.title)
    return found


def entitled(account: Account) -> None:
    """Raises Refused for who may not ask: premium is what it takes."""
    if not account.is_premium:
        raise Refused("premium_needed", 403)


def recipe(version: DatasetVersion, wish: Wish, weights_sha256: str) -> str:
    """The digest of all that decides a model; the photos withdrawn from the version by now among it."""
    _, gone = archives.without(version.digest)
    told = [TRAINER, version.digest, gone, wish.backbone, weights_sha256, wish.method, wish.hyperparameters()]
    return storage.digest_of(json.dumps(told, sort_keys=True).encode())


def finished(version: DatasetVersion, wish: Wish) -> TrainedModel | None:
    """The model this wish would give, if it was trained before."""
    if version.state != DatasetVersion.State.READY:
        return None
    weights = Backbone.objects.filter(name=wish.backbone).values_list("weights_sha256", flat=True).first()
    return TrainedModel.objects.filter(recipe=recipe(version, wish, weights or "")).first()


def ask(
    account: Account, version: DatasetVersion, wish: Wish, *, mail: bool = True, images: int = 0
) -> tuple[TrainingRequest, Job | None]:
    """Queue a training, or give the model that is there already: then the request is ready and no job is to ring for.

    The job of a version that still waits to be frozen is rung for by whoever freezes it; it will have about so many
    `images`. Raises Refused.
    """
    entitled(account)
    found = finished(version, wish)
    if found:
        return _given(account, version, wish, found), None
    chosen = backbone(wish.backbone)
    if version.state == DatasetVersion.State.READY:
        images = check_ready(version).images
    elif version.state == DatasetVersion.State.FAILED:
        raise Refused("not_frozen", 409)
    known = known_features(version, wish.backbone)
    return _queued(account, version, wish, mail, readiness.estimate(chosen, wish.method, images, wish.epochs, known))


def check_ready(version: DatasetVersion) -> readiness.Readiness:
    """What a frozen version has. Raises Refused for the first thing that stands in the way of training on it."""
    found = readiness.of_version(version)
    for trouble in found.obstacles:
        raise Refused(trouble.code, **trouble.detail)
    return found


def _row(account: Account, version: DatasetVersion, wish: Wish, **fields: Any) -> TrainingRequest:
    return TrainingRequest.objects.create(
        owner=account, version=version, backbone=wish.backbone, method=wish.method,
        hyperparameters=wish.hyperparameters(), **fields,
    )  # fmt: skip


def _given(account: Account, version: DatasetVersion, wish: Wish, model: TrainedModel) -> TrainingRequest:
    with transaction.atomic():
        trained.acquire(model, account)
        before = TrainingRequest.objects.filter(owner=account, model=model, state=State.READY).first()
        return before or _row(account, version, wish, state=State.READY, model=model, finished_at=timezone.now())


def _queued(
    account: Account, version: DatasetVersion, wish: Wish, mail: bool, seconds: int
) -> tuple[TrainingRequest, Job]:
    try:
        with transaction.atomic():
            request = _row(account, version, wish, mail=mail, estimate=seconds)
            quotas.spend(account, trainings=1)
            return request, jobs.open_job(Job.Kind.TRAIN, request.pk)
    except IntegrityError:  # two tabs, or a training that runs
        raise Refused("training_already", 409) from None


def live(account: Account) -> TrainingRequest | None:
    """The training of this account that waits or runs."""
    return TrainingRequest.objects.filter(owner=account, state__in=LIVE).first()


def place(request: TrainingRequest) -> int:
    """How many trainings come before this one; 0 when it is next, or runs."""
    if request.state != State.QUEUED:
        return 0
    return TrainingRequest.objects.filter(state__in=LIVE, pk__lt=request.pk).count()


def cancel(request: TrainingRequest) -> None:
    """Its owner wants it no more: what waits ends now, what runs within a batch. Raises Refused once it ended."""
    with transaction.atomic():
        row = TrainingRequest.objects.select_for_update().get(pk=request.pk)
        if row.state not in LIVE:
            raise Refused("training_ended", 409)
        job = Job.objects.filter(kind=Job.Kind.TRAIN, subject=row.pk, state="queued")
        waits = job.update(state="done", finished_at=Now())  # for its first worker, or for the next one
        ended = {"state": State.CANCELLED, "finished_at": Now(), "checkpoint": ""}
        over = waits or row.state == State.QUEUED
        TrainingRequest.objects.filter(pk=row.pk).update(**ended if over else {"cancelling": True})


def seconds_left(request: TrainingRequest) -> int | None:
    """About how long it will take yet; None when it is over."""
    if request.state == State.QUEUED:
        return request.estimate
    if request.state != State.RUNNING or request.started_at is None:
        return None
    took = (timezone.now() - request.started_at).total_seconds()
    return max(10, round(request.estimate - took))


def same_runs(request: TrainingRequest) -> bool:
    """Whether the same wish is being trained for somebody else: its model will do for this one, too."""
    alike = {name: getattr(request, name) for name in ("backbone", "method", "hyperparameters")}
    others = TrainingRequest.objects.filter(version__digest=request.version.digest, state=State.RUNNING, **alike)
    return others.filter(pk__lt=request.pk).exists()


def waiting_for(version: DatasetVersion) -> list[Job]:
    """The jobs of trainings that wait for a version to be frozen: to be rung for once it is."""
    ids = TrainingRequest.objects.filter(version=version, state=State.QUEUED).values_list("pk", flat=True)
    return list(Job.objects.filter(kind=Job.Kind.TRAIN, subject__in=list(ids), state="queued"))


def of(account: Account) -> QuerySet[TrainingRequest]:
    """The requests of an account, newest first."""
    return TrainingRequest.objects.filter(owner=account).select_related("version__dataset", "model").order_by("-id")


def known_features(version: DatasetVersion, name: str) -> int:
    """How many pictures of a version have their features of a backbone already."""
    live_images = Feature.objects.filter(backbone=name, image__memberships__version=version, image__withdrawn_at=None)
    return live_images.values("image").distinct().count()
