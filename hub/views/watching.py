"""Watch a label: ask for photos of it, and be told once there are enough distinct ones."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from hub.demand import wanted, watches
from hub.forms import WatchForm
from hub.models import Account, Label
from hub.views.decorators import visitor
from workers.celery import ring

# Where a form may lead back to, besides the page of the label.
BACK = ("trainings", "wanted")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def watch_label(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask how many, and what for; on POST watch it, or with `stop` no more."""
    label, account = get_object_or_404(Label, slug=slug), visitor(request)
    if "stop" in request.POST:
        watches.stop(account, label)
        messages.success(request, f"You watch {label.name} no more.")
        return _back(request, label)
    typed = request.POST if request.method == "POST" else None
    form = WatchForm(typed, initial=beginning(account, label, request.GET.get("wanted", "")))
    if request.method != "POST" or not form.is_valid():
        return _page(request, label, form)
    asked = form.cleaned_data
    ring(*watches.watch(account, [label], asked["wanted"], asked["note"]))
    number = asked["wanted"] or watches.usual(label)
    messages.success(request, f"You watch {label.name}: you hear of it at {number} distinct photos.")
    return _back(request, label)


def beginning(account: Account, label: Label, wished: str = "") -> dict[str, Any]:
    """What the form begins with: the watch there is, or the number an address wishes for."""
    number = int(wished) if wished.isascii() and wished.isdigit() and len(wished) < 6 else watches.usual(label)
    found = account.watches.filter(label=label, ready_at=None).first()
    return {"wanted": found.wanted if found and not wished else number, "note": found.note if found else ""}


def _page(request: HttpRequest, label: Label, form: WatchForm) -> HttpResponse:
    context = {"label": label, "form": form, "wish": wanted.of(label, visitor(request))}
    context["watched"] = visitor(request).watches.filter(label=label, ready_at=None).exists()
    return render(request, "wanted/ask.html", context, status=422 if form.errors else 200)


def _back(request: HttpRequest, label: Label) -> HttpResponse:
    back = request.POST.get("next", "")
    return redirect(back if back in BACK else label)
