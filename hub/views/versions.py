"""One version of a dataset: where it stands, what it is like, and its archives."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from hub import archives, choosing, datasets, shelf, wishes
from hub.models import Archive, DatasetVersion, Job
from hub.problems import Refused
from hub.selections import read
from hub.views.datasets import who
from hub.views.decorators import costly, visitor
from workers.archives.names import folders, title
from workers.celery import ring

State = DatasetVersion.State


def seen(request: HttpRequest, pk: int, number: int) -> DatasetVersion:
    """A version this visitor may see, or 404."""
    visible = datasets.versions_visible_to(who(request)).select_related("dataset__owner")
    return get_object_or_404(visible, dataset=pk, number=number)


@require_safe
def version(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One version."""
    found = seen(request, pk, number)
    packed = archives.of(found)
    others = found.dataset.versions.exclude(pk=found.pk).defer("header").order_by("-number")
    context: dict[str, Any] = {
        "version": found,
        "dataset": found.dataset,
        "owner": found.dataset.owner_id == request.user.pk,
        "freezing": Job.objects.filter(kind="freeze", subject=found.pk, state="running").exists(),
        "same": found.dataset.versions.filter(number=found.detail.get("number", 0)).first(),
        "words": _words(found),
        "busy": _busy(found, packed),
        "formats": Archive.Format.choices,
        "sizes": list(archives.sides()),
        "others": [(other, *_order(found, other)) for other in others[:20]],
    } | shelf.packing(packed)
    if found.state == State.READY:
        context |= _frozen(request, found, context["ready"])
    return render(request, "datasets/version.html", context)


def _order(one: DatasetVersion, other: DatasetVersion) -> tuple[int, int]:
    return min(one.number, other.number), max(one.number, other.number)


def _words(found: DatasetVersion) -> list[tuple[str, str]]:
    try:
        return choosing.in_words(read(found.selection))
    except Refused:  # a label is gone; the version stays
        return []


def _busy(found: DatasetVersion, packed: list[Archive]) -> bool:
    return found.state == State.QUEUED or any(archive.state in shelf.BUSY for archive in packed)


def _frozen(request: HttpRequest, found: DatasetVersion, packed: list[Archive]) -> dict[str, Any]:
    """What a frozen version shows beside its state; `packed` are its archives that are ready."""
    header = found.header
    tombstones, _ = archives.without(found.digest)
    page_url = request.build_absolute_uri(reverse("version_by_id", args=[found.digest]))
    ready = packed[0] if packed else None
    link = reverse("archive_link", args=[found.dataset_id, found.number, ready.pk]) if ready else ""
    return {
        "quality": header["quality"],
        "report": header["split_report"],
        "split": header["split"],
        "classes": shelf.classes(header),
        "charts": shelf.charts(header["quality"]),
        "licences": shelf.licences(header["quality"]),
        "in_common": shelf.in_common(header["split_report"]),
        "parts": [(shelf.SPLITS[name], part) for name, part in shelf.ordered(header["split_report"]["splits"])],
        "samples": shelf.samples(found),
        "unsampled": max(0, len(header["labels"]) - shelf.SAMPLED),
        "tombstones": tombstones,
        "models": wishes.models_of(found),
        "cite": shelf.citation(found, title(header["labels"]), page_url),
        "folders": list(folders(header["labels"]).values()),
        "hub_url": request.build_absolute_uri("/").rstrip("/"),
        "link_url": request.build_absolute_uri(link) if link else "",
        "example": ready,
        "example_name": archives.filename(ready) if ready else "",
    }


@require_safe
def version_by_id(request: HttpRequest, digest: str) -> HttpResponse:
    """Lead from a version's id to the newest page that has it."""
    visible = datasets.versions_visible_to(who(request)).filter(digest=digest, state="ready")
    return redirect(get_object_or_404(visible.order_by("-pk")[:1]))


@require_safe
def version_status(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Where a version and its archives stand, for the page's script."""
    found = seen(request, pk, number)
    packed = archives.of(found)
    said = [{"id": one.pk, "state": one.state, "percent": one.percent, "words": shelf.pace(one)} for one in packed]
    return JsonResponse({"state": found.state, "busy": _busy(found, packed), "archives": said})


@login_required
@require_POST
@costly
def order_archive(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Ask for an archive of a version."""
    found = seen(request, pk, number)
    wanted = archives.choose(request.POST.get("format", ""), request.POST.get("size", ""))
    ring(archives.order(found, *wanted, [visitor(request)], visitor(request))[1])
    return redirect(f"{found.get_absolute_url()}#download")
