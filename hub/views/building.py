"""Build a dataset: the address is the selection, the page shows what it would give, and saving freezes it."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hub import archives, datasets, editor, labels, shelf
from hub.forms import DatasetForm
from hub.previews import ENOUGH, UNBALANCED, Preview
from hub.problems import Refused
from hub.selections import WHOLE
from hub.views.decorators import costly, visitor
from hub.views.shortfalls import noted
from workers.celery import ring


@require_http_methods(["GET", "HEAD", "POST"])
@costly
def build(request: HttpRequest) -> HttpResponse:
    """Choose labels and filters and see what they give; on POST name the dataset and order its first version."""
    if request.method == "POST":
        return _save(request)
    if any(name in request.GET for name in editor.ACTIONS):
        changed, unknown = editor.change(request.GET)
        if not unknown:
            return redirect(f"{request.path}?{changed.urlencode()}")
        return _page(request, editor.understood(changed), unknown=unknown)
    return _page(request, editor.understood(request.GET))


@login_required
def _save(request: HttpRequest) -> HttpResponse:
    asked, form = editor.understood(request.GET), DatasetForm(request.POST)
    if asked.selection is None or not form.is_valid():
        if not asked.rows:
            asked.error = editor.error(Refused("no_labels"))
        return _page(request, asked, form=form)
    try:
        with noted(visitor(request), asked.selection), transaction.atomic():
            made = datasets.create(owner=visitor(request), selection=asked.selection, **form.cleaned_data)
            version, job = datasets.order_version(made)
    except Refused as refused:
        asked.error = editor.error(refused)
        return _page(request, asked, form=form)
    ring(job)
    return redirect(version)


def _page(
    request: HttpRequest, asked: editor.Asked, *, unknown: str = "", form: DatasetForm | None = None
) -> HttpResponse:
    form = form or DatasetForm()
    context = {
        "kept": editor.bare(request.GET).urlencode(),
        "rows": editor.shown(asked),
        "unknown": unknown,
        "error": asked.error,
        "preview": asked.preview,
        "selection": asked.selection,
        "most": max((one.images for one in asked.preview.classes), default=0) if asked.preview else 0,
        "sizes": _sizes(asked.preview),
        "troubles": {trouble.code: trouble for trouble in asked.preview.obstacles} if asked.preview else {},
        "enough": ENOUGH,
        "unbalanced": UNBALANCED,
        "groups": sum(one.groups for one in asked.preview.classes) if asked.preview else 0,
        "parts": _parts(asked),
        "popular": [] if asked.rows else labels.tiles(limit=8)[0],
        "options": editor.options(request.GET),
        "form": form,
    }
    status = 422 if asked.error or unknown or form.errors else 200
    return render(request, "datasets/build.html", context, status=status)


def _sizes(found: Preview | None) -> list[tuple[str, Any]]:
    """The estimate of an archive's bytes at each size."""
    return [(name, found.bytes.get(side, 0)) for name, side in archives.sides().items()] if found else []


def _parts(asked: editor.Asked) -> list[tuple[str, str, int]]:
    """About how many images each split would get."""
    if not asked.selection or not asked.preview:
        return []
    shares = asked.selection.split.shares().items()
    return [(name, shelf.SPLITS[name], round(asked.preview.images * share / WHOLE)) for name, share in shares]
