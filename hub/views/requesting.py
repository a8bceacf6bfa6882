"""Request a model: of a version, or of labels that are frozen into one; and watch the labels that are too few."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hub import choosing, datasets, editor, readiness, reasons, shelf, trainings, wishes
from hub.demand import watches
from hub.forms import WatchForm
from hub.models import Account, Dataset, DatasetVersion, TrainingRequest
from hub.problems import Refused
from hub.readiness import Readiness
from hub.views.datasets import who
from hub.views.decorators import costly, visitor
from hub.views.shortfalls import noted
from workers.celery import ring

OFFERED = 12


@dataclass(slots=True)
class Target:
    """What is to be learnt: a frozen version, or a selection; neither before something is chosen."""

    version: DatasetVersion | None
    asked: editor.Asked
    ready: Readiness | None = None


@require_http_methods(["GET", "HEAD", "POST"])
@costly
def request_model(request: HttpRequest) -> HttpResponse:
    """What a model of these pictures would be and take; on POST it is asked for."""
    if request.method == "POST":
        return _post(request)
    if any(name in request.GET for name in editor.ACTIONS):
        changed, unknown = editor.change(request.GET)
        if not unknown:
            return redirect(f"{request.path}?{changed.urlencode()}")
        return _page(request, _target(request, changed), unknown=unknown)
    return _page(request, _target(request, request.GET))


def _target(request: HttpRequest, query: Any) -> Target:
    if digest := query.get("version", ""):
        version = _version(request, digest)
        return Target(version, editor.Asked([]), readiness.of_version(version))
    asked = editor.understood(query)
    return Target(None, asked, readiness.of_selection(asked.selection) if asked.selection else None)


def _version(request: HttpRequest, digest: str) -> DatasetVersion:
    visible = datasets.versions_visible_to(who(request)).filter(digest=digest, state="ready")
    found = visible.select_related("dataset__owner").order_by("-pk").first()
    if found is None:
        raise Http404
    return found


@login_required
def _post(request: HttpRequest) -> HttpResponse:
    target = _target(request, request.GET)
    if "watch" in request.POST:
        return _watch(request, target)
    trainings.entitled(visitor(request))
    try:
        made = _ask(request, target)
    except Refused as refused:
        return _page(request, target, refused=refused)
    if made.state == TrainingRequest.State.READY:
        messages.success(request, "Trained before, from the same photos in the same way: here it is, at once.")
        return redirect(made.model)  # type: ignore[arg-type]
    return redirect(made)


def _ask(request: HttpRequest, target: Target) -> TrainingRequest:
    wish, mail = trainings.read_wish(request.POST.dict()), "mail" in request.POST
    account = visitor(request)
    if target.version:
        with noted(account, target.version):
            made, job = trainings.ask(account, target.version, wish, mail=mail)
    elif target.asked.selection:
        with noted(account, target.asked.selection):
            made, job = wishes.ask(account, target.asked.selection, wish, mail=mail)
    else:
        raise Refused("no_labels")
    ring(job)
    return made


def _watch(request: HttpRequest, target: Target) -> HttpResponse:
    short, form = [one.label for one in target.ready.short] if target.ready else [], WatchForm(request.POST)
    if not form.is_valid():
        raise Refused("bad_number", field="wanted", most=settings.WATCH_MOST)
    ring(*watches.watch(visitor(request), short, form.cleaned_data["wanted"], form.cleaned_data["note"]))
    names = ", ".join(label.name for label in short)
    messages.success(request, f"You watch {names}." if short else "Nothing is short: there is nothing to watch.")
    return redirect(request.get_full_path())


def _page(request: HttpRequest, target: Target, *, unknown: str = "", refused: Refused | None = None) -> HttpResponse:
    account, version, found = who(request), target.version, target.ready
    offered = wishes.choices(found.images if found else 0, version)
    context = {
        "version": version,
        "asked": target.asked,
        "rows": editor.shown(target.asked),
        "kept": choosing.address(target.asked.selection) if target.asked.selection else "",
        "unknown": unknown,
        "ready": found,
        **(wishes.shown(found, settings.TRAINING_GROUPS) if found else {}),
        "needed": settings.TRAINING_GROUPS,
        "target": settings.WATCH_TARGET,
        "watched": _watched(account, found),
        "choices": offered,
        "methods": [(one.value, one.label, wishes.METHODS[one]) for one in wishes.METHODS],
        "chosen": _chosen(request, offered),
        "before": wishes.before(),
        "live": trainings.live(account) if account else None,
        "same": list(wishes.models_of(version)) if version else [],
        "premium": bool(account and account.is_premium),
        "refused": refused,
        "entitlement": {"words": reasons.words("premium_needed"), "advice": reasons.advice("premium_needed")},
        "offers": _offers(account) if not (version or target.asked.rows) else {},
    }
    status = refused.status if refused else 422 if unknown or target.asked.error else 200
    return render(request, "trainings/request.html", context, status=status)


def _chosen(request: HttpRequest, offered: list[wishes.Choice]) -> dict[str, Any]:
    """What the form says, or begins with."""
    usual = {
        "backbone": wishes.usual(offered),
        "method": trainings.usual_method(),
        "seed": trainings.Wish().seed,
        "epochs": trainings.EPOCHS,
        "mail": request.method != "POST" or "mail" in request.POST,
    }
    return usual | {
        name: request.POST[name] for name in ("backbone", "method", "seed", "epochs") if name in request.POST
    }


def _watched(account: Account | None, found: Readiness | None) -> bool:
    """Whether the account watches every label that is short."""
    if account is None or found is None or not found.short:
        return False
    labels = {one.label.pk for one in found.short}
    return account.watches.filter(label__in=labels, ready_at=None).count() == len(labels)


def _offers(account: Account | None) -> dict[str, list[shelf.Tile]]:
    """The newest datasets that have a version: one's own, and public ones."""
    frozen = Dataset.objects.filter(versions__state="ready").distinct().order_by("-id")
    own = frozen.filter(owner=account) if account else frozen.none()
    others = frozen.filter(public=True).exclude(pk__in=own.values("pk"))
    return {"own": shelf.tiles(own[:OFFERED]), "others": shelf.tiles(others.select_related("owner")[:OFFERED])}
