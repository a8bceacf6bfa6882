"""Datasets: the shelf, one dataset with its versions, and what its owner may do to it."""

from itertools import pairwise

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from hub import browse, choosing, datasets, facets, shelf
from hub.models import Account, Dataset, DatasetVersion
from hub.problems import Refused
from hub.selections import read
from hub.views.decorators import costly
from hub.views.shortfalls import noted
from workers.celery import ring

PAGE = 24
# Neighbouring versions compared on the page of a dataset, and the images up to which that is quick.
COMPARED, QUICK = 6, 100_000


def who(request: HttpRequest) -> Account | None:
    """Who is logged in; None for a stranger."""
    return request.user if isinstance(request.user, Account) else None


def seen(request: HttpRequest, pk: int) -> Dataset:
    """A dataset this visitor may see, or 404."""
    return get_object_or_404(Dataset.objects.filter(datasets.visible_to(who(request))).select_related("owner"), pk=pk)


def owned(request: HttpRequest, pk: int) -> Dataset:
    """A dataset of this account's own. Raises Refused for another's that is public; 404 for one that is not."""
    found = seen(request, pk)
    if found.owner_id != request.user.pk:
        raise Refused("forbidden", 403)
    return found


@require_safe
def everything(request: HttpRequest) -> HttpResponse:
    """One's own datasets, and the public ones of others."""
    own = Dataset.objects.filter(owner=request.user.pk).order_by("-id")
    others = Dataset.objects.filter(public=True).exclude(owner=request.user.pk).select_related("owner").order_by("-id")
    page, cursor = browse.keyset(others, request.GET.get("before", ""), PAGE)
    context = {
        "own": shelf.tiles(own[:200]) if not request.GET.get("before") else [],
        "others": shelf.tiles(page),
        "next_url": facets.address(request.path, before=cursor) if cursor else "",
    }
    return render(request, "datasets/datasets.html", context)


@require_safe
def dataset(request: HttpRequest, pk: int) -> HttpResponse:
    """One dataset: its selection in words, and its versions with what changed between them."""
    found = seen(request, pk)
    versions = list(found.versions.defer("header").order_by("-number")[:100])
    frozen = [version for version in versions if version.state == DatasetVersion.State.READY]
    changes = {new.pk: datasets.difference(old, new) for new, old in pairwise(frozen[:COMPARED]) if new.images <= QUICK}
    selection = readable(found)
    context = {
        "dataset": found,
        "owner": found.owner_id == request.user.pk,
        "tile": shelf.tiles([found])[0],
        "words": choosing.in_words(selection) if selection else [],
        "edit_query": choosing.address(selection) if selection else "",
        "versions": [(version, changes.get(version.pk)) for version in versions],
        "frozen": frozen,
        "waiting": any(version.state == DatasetVersion.State.QUEUED for version in versions),
    }
    return render(request, "datasets/dataset.html", context)


def readable(found: Dataset):
    """The selection of a dataset; None when one of its labels is gone."""
    try:
        return read(found.selection)
    except Refused:
        return None


@require_safe
def diff(request: HttpRequest, pk: int) -> HttpResponse:
    """What changed between two versions of a dataset, in numbers and image by image."""
    found = seen(request, pk)
    old, new = (_numbered(found, request.GET.get(name, "")) for name in ("old", "new"))
    after = request.GET.get("after", "")
    rows = datasets.changes(old, new, int(after) if _number(after) else 0, PAGE + 1)
    kept = {"old": str(old.number), "new": str(new.number)}
    names = {label["id"]: label["name"] for one in (old, new) for label in one.header["labels"]}
    context = {
        "dataset": found,
        "old": old,
        "new": new,
        "frozen": found.versions.filter(state="ready").order_by("-number").defer("header"),
        "difference": datasets.difference(old, new),
        "rows": [row | _named(row, names) for row in rows[:PAGE]],
        "next_url": facets.address(request.path, **kept, after=rows[PAGE - 1]["image"]) if len(rows) > PAGE else "",
    }
    return render(request, "datasets/diff.html", context)


def _named(row: dict, names: dict[int, str]) -> dict[str, str]:
    sides = {side: [names.get(label, "") for label in row[f"labels_{side}"] or []] for side in ("before", "after")}
    return {f"names_{side}": ", ".join(found) for side, found in sides.items()}


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _numbered(found: Dataset, number: str) -> DatasetVersion:
    if not _number(number):
        raise Refused("bad_request", 400)
    return get_object_or_404(found.versions, number=int(number), state="ready")


@login_required
@require_POST
@costly
def freeze(request: HttpRequest, pk: int) -> HttpResponse:
    """Its owner orders a new version of what the selection gives now."""
    found = owned(request, pk)
    with noted(found.owner, read(found.selection)):
        version, job = datasets.order_version(found)
    ring(job)
    return redirect(version)


@login_required
@require_POST
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Its owner lets everybody see it; for good, because others may cite it."""
    found = owned(request, pk)
    Dataset.objects.filter(pk=found.pk).update(public=True)
    messages.success(request, "Everybody may see this dataset now.")
    return redirect(found)


@login_required
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Its owner deletes a private dataset."""
    datasets.delete(owned(request, pk))
    messages.success(request, "The dataset is deleted. The photos stay where they were.")
    return redirect("datasets")
