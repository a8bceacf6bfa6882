"""Trainings: one's own, one of them as it goes on, and cancelling it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from hub import browse, facets, reasons, training_pages, trainings
from hub.models import TrainingRequest
from hub.models.training import LIVE
from hub.views.decorators import member, visitor

PAGE = 20
State = TrainingRequest.State


@login_required
@require_safe
def everything(request: HttpRequest) -> HttpResponse:
    """An account's trainings, and the labels it watches."""
    account = visitor(request)
    page, cursor = browse.keyset(trainings.of(account), request.GET.get("before", ""), PAGE)
    context = {
        "trainings": page,
        "watches": account.watches.select_related("label").order_by("ready_at", "label__name")[:200],
        "premium": account.is_premium,
        "entitlement": f"{reasons.words('premium_needed')} {reasons.advice('premium_needed')}",
        "next_url": facets.address(request.path, before=cursor) if cursor else "",
    }
    return render(request, "trainings/trainings.html", context)


def owned(request: HttpRequest, pk: int) -> TrainingRequest:
    """A training of this account's own, or 404."""
    return get_object_or_404(trainings.of(visitor(request)), pk=pk)


@login_required
@require_safe
def training(request: HttpRequest, pk: int) -> HttpResponse:
    """One training: its phases, its curves, and how it ended."""
    found = owned(request, pk)
    epochs = list(found.epochs.order_by("number"))
    context = {
        "training": found,
        "live": found.state in LIVE,
        "frozen": found.version.state == "ready",
        "steps": training_pages.steps(found),
        "epochs": epochs,
        "mark": training_pages.mark(found, len(epochs)),
        "charts": training_pages.charts(epochs),
        **training_pages.standing(found),
    }
    return render(request, "trainings/training.html", context)


@member
@require_safe
def training_status(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a training is, for the page's script."""
    found = owned(request, pk)
    told = {name: getattr(found, name) for name in ("state", "phase", "done", "total")}
    told |= {"busy": found.state in LIVE, "mark": training_pages.mark(found, found.epochs.count())}
    return JsonResponse(told | training_pages.standing(found))


@login_required
@require_POST
def cancel_training(request: HttpRequest, pk: int) -> HttpResponse:
    """Its owner wants it no more."""
    found = owned(request, pk)
    trainings.cancel(found)
    if found.state == State.QUEUED:
        messages.success(request, "Cancelled before it began.")
    return redirect(found)
