"""Models: the shelf, one model with its figures and mistakes, its files, and doubts about labels it stumbled over."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from hub import browse, datasets, facets, model_curves, model_pages, trained, training_pages
from hub.models import Account, DatasetVersion, Doubt, Label, ModelFile, Prediction, TrainedModel
from hub.moderation import doubts
from hub.problems import Refused
from hub.views.datasets import who
from hub.views.decorators import visitor
from hub.views.sending import Stored, from_its_start, send

PAGE, PICTURES = 24, 48
WORST = 12
THANKS = {
    Doubt.State.OPEN: "Thank you: a moderator looks at it.",
    Doubt.State.KEPT: "A moderator looked before, and found the label right.",
    Doubt.State.REMOVED: "A moderator looked before: the label was wrong, and is off.",
}


def seen(request: HttpRequest, pk: int) -> TrainedModel:
    """A model this visitor may see, or 404."""
    return get_object_or_404(trained.visible_to(who(request)), pk=pk)


@require_safe
def everything(request: HttpRequest) -> HttpResponse:
    """The models a visitor may see, newest first; those that know one label."""
    visible = trained.visible_to(who(request))
    label = Label.objects.filter(slug=request.GET.get("label", "")).first() if request.GET.get("label") else None
    chosen = visible.filter(label_ids__contains=[label.pk]) if label else visible
    page, cursor = browse.keyset(trained.shelf(chosen).order_by("-id"), request.GET.get("before", ""), PAGE)
    covers = model_pages.covers(page)
    context = {
        "models": [(one, model_pages.title(one), covers.get(one.pk, [])) for one in page],
        "label": label,
        "labels": model_pages.labels_of(visible),
        "next_url": facets.address(request.path, label=label.slug if label else "", before=cursor) if cursor else "",
    }
    return render(request, "models/models.html", context)


@require_safe
def model(request: HttpRequest, pk: int) -> HttpResponse:
    """One model: how good it is, what it got wrong, and how to take it along."""
    found = seen(request, pk)
    epochs = model_pages.epochs(found)
    gone, _ = trained.lost(found)
    context = {
        "model": found,
        "title": model_pages.title(found),
        "metrics": found.metrics,
        "version": _version(request, found),
        "acquired": found.acquisitions.count(),
        "against": model_pages.against(found),
        "warnings": model_pages.warnings(found),
        "careless": model_pages.careless(found),
        "confusion": model_pages.confusion(found),
        "calibration": model_curves.calibration(found),
        "growth": model_curves.growth(found),
        "grown": model_curves.grown(found),
        "advice": model_curves.advice(found),
        "epochs": epochs,
        "charts": training_pages.charts(epochs),
        "mistakes": model_pages.mistakes(found, trained.worst(found, WORST)),
        "weights": model_pages.weights(found),
        "files": model_pages.files(found),
        "public": trained.visible_to(None).filter(pk=found.pk).exists(),
        "gone": gone,
        "hub_url": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "models/model.html", context)


def _version(request: HttpRequest, found: TrainedModel) -> DatasetVersion | None:
    """A version of these pictures that the visitor may see."""
    visible = datasets.versions_visible_to(who(request)).filter(digest=found.digest, state="ready")
    return visible.select_related("dataset").order_by("-pk").first()


def _class(found: TrainedModel, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text) < len(found.labels)):
        raise Refused("bad_request", 400)
    return int(text)


@require_safe
def model_cell(request: HttpRequest, pk: int) -> HttpResponse:
    """The test pictures of one class that it took for another, the surest first."""
    found = seen(request, pk)
    truth, guess = (_class(found, request.GET.get(name, "")) for name in ("truth", "guess"))
    start = request.GET.get("from", "0")
    first = int(start) if start.isascii() and start.isdigit() and len(start) < 8 else 0
    rows = list(trained.cell(found, truth, guess)[first : first + PICTURES + 1])
    kept = {"truth": str(truth), "guess": str(guess)}
    more = len(rows) > PICTURES
    context: dict[str, Any] = {
        "model": found,
        "title": model_pages.title(found),
        "truth": found.labels[truth],
        "guess": found.labels[guess],
        "right": truth == guess,
        "total": found.metrics["confusion"][truth][guess],
        "left": trained.cell(found, truth, guess).count(),
        "mistakes": model_pages.mistakes(found, rows[:PICTURES]),
        "back": request.get_full_path(),
        "next_url": facets.address(request.path, **kept, **{"from": str(first + PICTURES)}) if more else "",
    }
    return render(request, "models/cell.html", context)


@require_safe
def model_file(request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
    """One file of a model, always as an attachment; each time it is fetched is counted."""
    return send_file(request, trained.file(seen(request, pk), name.replace("\0", "?")), who(request))


def send_file(request: HttpRequest, found: ModelFile, account: Account | None) -> HttpResponseBase:
    """A file of a model, whole or in part, and the count of who began to fetch it. Raises Refused."""
    key, kind = trained.key(found.sha256), trained.content_type(found.name)
    stored = Stored("artifacts", key, found.size, found.sha256, kind, found.name)
    try:
        answer = send(request, stored)
    except FileNotFoundError:
        raise Refused("model_file_gone", 404) from None
    if request.method == "GET" and from_its_start(request, stored):
        trained.count_download(found, account)
    return answer


@require_safe
def heat(request: HttpRequest, pk: int, sha256: str) -> HttpResponse:
    """Where a model looked in a picture of its test, to be laid over it."""
    shown = seen(request, pk).predictions.filter(image__sha256=sha256, image__withdrawn_at=None).exclude(heat=b"")
    data = get_object_or_404(shown).heat
    return HttpResponse(bytes(data), content_type="image/png", headers={"Cache-Control": "private, max-age=300"})


@login_required
@require_POST
def doubt(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody thinks that a picture of the test carries a wrong label."""
    found = seen(request, pk)
    shown = Prediction.objects.select_related("image").filter(model=found, image__withdrawn_at=None)
    one = get_object_or_404(shown, image__sha256=request.POST.get("image", "").replace("\0", "?"))
    label = get_object_or_404(Label, pk=found.label_ids[one.truth])
    raised = doubts.raise_doubt(visitor(request), one.image, label, found)
    messages.success(request, THANKS[Doubt.State(raised.state)])
    return redirect(_back(request, found))


def _back(request: HttpRequest, found: TrainedModel) -> str:
    """The page of the cell somebody came from, or the model's mistakes."""
    back = request.POST.get("next", "")
    return back if back.startswith(found.get_absolute_url()) else f"{found.get_absolute_url()}#mistakes"
