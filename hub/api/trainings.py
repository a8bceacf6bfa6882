"""Trainings: ask for a model, follow the training, cancel it."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.responses import Status

from hub import reasons, selections, trainings, wishes
from hub.api.access import DATASETS, READ, Bearer, Request, account_of, costly, makers
from hub.api.answers import Page, Strict, only, page_url, paged, url
from hub.api.idempotency import once
from hub.api.labels import named
from hub.api.versions import find
from hub.browse import keyset
from hub.models import Account, Job, TrainingRequest
from hub.problems import Refused
from hub.views.shortfalls import noted
from workers.celery import ring

router = Router(auth=Bearer(READ, DATASETS))
PAGE = 50


class TrainingIn(Strict):
    """What to learn: a `version` by its id, or `labels` by their slugs. What is left out is as usual.

    backbone: vgg16, vgg19, inceptionv3, xception, scratch. method: probe, transfer, finetune, full. epochs: at most so
    many in each phase. mail: tell me when it ends.
    """

    version: str = ""
    labels: list[str] = []
    backbone: str = ""
    method: str = ""
    seed: int | None = None
    epochs: int | None = None
    mail: bool = True


class TrainingOut(Schema):
    """A wish for a model. `before`: how many come first; `seconds_left` is a guess; `model`: what came of it."""

    id: int
    state: str
    reason: str
    words: str
    advice: str
    phase: str
    done: int
    total: int
    early: dict[str, Any]
    before: int
    seconds_left: int | None
    cancelling: bool
    resumed_at: int | None
    version: str | None
    backbone: str
    method: str
    hyperparameters: dict[str, Any]
    created_at: str
    finished_at: str | None
    model: str | None
    job: str | None
    url: str
    page: str


class EpochOut(Schema):
    """One pass over the pictures. Losses in nats, accuracies as shares."""

    number: int
    phase: str
    loss: float
    accuracy: float
    val_loss: float | None
    val_accuracy: float | None
    seconds: float


class TrainingWhole(TrainingOut):
    """A training with its epochs so far."""

    epochs: list[EpochOut]


def told(request: HttpRequest, training: TrainingRequest, job: Job | None = None) -> dict[str, Any]:
    """A training as scripts see it."""
    state = ("id", "state", "reason", "phase", "done", "total", "early", "cancelling", "resumed_at")
    copied = (*state, "backbone", "method", "hyperparameters")
    why, detail = training.reason, training.detail
    return {name: getattr(training, name) for name in copied} | {
        "words": reasons.words(why, detail) if why else "",
        "advice": reasons.advice(why, detail) if why else "",
        "before": trainings.place(training),
        "seconds_left": trainings.seconds_left(training),
        "version": training.version.digest or None,
        "created_at": training.created_at.isoformat(),
        "finished_at": training.finished_at.isoformat() if training.finished_at else None,
        "model": url(request, "one_model", training.model_id) if training.model_id else None,
        "job": url(request, "one_job", job.pk) if job else None,
        "url": url(request, "one_training", training.pk),
        "page": page_url(request, "training", training.pk),
    }


def own(request: Request, pk: int) -> TrainingRequest:
    """A training of this account's own; to everybody else there is none. Raises Refused."""
    if training := trainings.of(account_of(request)).filter(pk=pk).first():
        return training
    raise Refused("not_found", 404)


@router.get("/trainings", response=Page[TrainingOut])
def list_trainings(request: Request, before: str = ""):
    """Your trainings, the newest first."""
    only(request, "before")
    found, cursor = keyset(trainings.of(account_of(request)), before, PAGE)
    return paged(request, [told(request, training) for training in found], before=cursor)


@router.post("/trainings", response={200: TrainingOut, 202: TrainingOut}, auth=makers, throttle=costly)
@once
def ask_for_training(request: Request, data: TrainingIn):
    """Ask for a model: 202 with the `job` that trains it, 200 when the same was trained before. Premium accounts."""
    training, job = _asked(account_of(request), data)
    ready = training.state == TrainingRequest.State.READY
    return Status(200 if ready else 202, told(request, own(request, training.pk), job))


def _asked(account: Account, data: TrainingIn) -> tuple[TrainingRequest, Job | None]:
    """The training, and the job that does it. Raises Refused."""
    trainings.entitled(account)
    wish = trainings.read_wish(data.dict())
    if data.version and data.labels:
        raise Refused("bad_request", field="labels", said="Give a version or labels, not both.")
    if data.version:
        version = find(account, data.version)
        with noted(account, version):
            training, job = trainings.ask(account, version, wish, mail=data.mail)
        ring(job)
        return training, job
    chosen = selections.read({"labels": [named(slug).pk for slug in data.labels]})
    with noted(account, chosen):
        training, freezing = wishes.ask(account, chosen, wish, mail=data.mail)
    ring(freezing)
    return training, Job.objects.filter(kind=Job.Kind.TRAIN, subject=training.pk).latest("id")


@router.get("/trainings/{pk}", response=TrainingWhole)
def one_training(request: Request, pk: int):
    """A training of yours: how far it is, its epochs, what its linear probe found early."""
    training = own(request, pk)
    return told(request, training) | {"epochs": list(training.epochs.order_by("number"))}


@router.delete("/trainings/{pk}", response=TrainingOut, auth=makers)
def cancel_training(request: Request, pk: int):
    """Cancel a training of yours: what waits ends now, what runs within a batch. 409 once it ended."""
    training = own(request, pk)
    trainings.cancel(training)
    return told(request, own(request, pk))
