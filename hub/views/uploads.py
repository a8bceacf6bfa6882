"""What the page's script asks while it gives photos: precheck, send, follow."""

import json
import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from hub import neighbours, submissions
from hub.models import Batch, Label, Submission
from hub.problems import Refused
from hub.templatetags.hub import what_next, why
from hub.views.decorators import member, visitor
from workers.celery import ring

SLUG = re.compile(r"[-a-zA-Z0-9_]{1,120}")


def own_batch(request: HttpRequest, pk: int) -> Batch:
    """A batch of this account's own, or 404: a stranger must not learn that it exists."""
    return get_object_or_404(
        Batch.objects.select_related("label", "place", "supplier"), pk=pk, supplier=visitor(request)
    )


def rows(batch: Batch):
    """The submissions of a batch with all that a chip shows."""
    return batch.submissions.select_related("label", "image", "twin").order_by("id")


@member
@require_safe
def status(request: HttpRequest, pk: int) -> HttpResponse:
    """The state of every file of a batch."""
    found = own_batch(request, pk)
    listed = suggested(rows(found))
    done = not any(row.state == "received" for row in listed)
    comparing = neighbours.comparing(row.image for row in listed if row.image)
    answer = {"done": done, "comparing": comparing, "counts": counts(found)}
    return JsonResponse(answer | {"submissions": [as_json(row) for row in listed]})


def suggested(listed: Iterable[Submission]) -> list[Submission]:
    """The same, each with the label that the pictures most like it suggest as its `suggestion`, or None."""
    listed = list(listed)
    found = neighbours.suggestions(row.image_id for row in listed if row.state == "accepted" and row.image_id)
    for row in listed:
        row.suggestion = found.get(row.image_id or 0)  # type: ignore[attr-defined]
    return listed


@member
@require_POST
def precheck(request: HttpRequest, pk: int) -> HttpResponse:
    """Which of these files need not be sent: their answer, or null."""
    found = own_batch(request, pk)
    files = body(request).get("files")
    if not isinstance(files, list) or len(files) > settings.MAX_BATCH_FILES or not all(map(_is_file, files)):
        raise Refused("bad_request", 400)
    answers = [
        submissions.known(found, file.get("sha256") or "", file["filename"], label(found, file.get("label")))
        for file in files
    ]
    return JsonResponse({"answers": [answer and as_json(answer) for answer in answers]})


def _is_file(file: Any) -> bool:
    """Whether a JSON value names a file: only strings, or nothing, under the names we know."""
    return (
        isinstance(file, dict)
        and isinstance(file.get("filename"), str)
        and all(isinstance(file.get(name) or "", str) for name in ("sha256", "label"))
    )


@member
@require_POST
def files(request: HttpRequest, pk: int) -> HttpResponse:
    """Receive one file; the answer is "received"."""
    found = own_batch(request, pk)
    file = request.FILES.get("file")
    if file is None:
        raise Refused("no_file", 400)
    submission, job = submissions.receive(
        found,
        file,
        file.name or "photo",
        label=label(found, request.POST.get("label")),
        declared=request.POST.get("sha256", ""),
    )
    ring(job)
    return JsonResponse(as_json(submission), status=201 if job else 200)


@member
@require_POST
def slots(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a one-time slot in the bucket for one file."""
    found = own_batch(request, pk)
    if not settings.USES_S3:
        raise Refused("wrong_method", 405)
    asked = body(request)
    size = asked.get("size")
    if not _is_file(asked) or not isinstance(size, int) or isinstance(size, bool):
        raise Refused("bad_request", 400)
    submission = submissions.open_slot(
        found,
        asked["filename"],
        size,
        sha256=asked.get("sha256") or "",
        label=label(found, asked.get("label")),
    )
    answer = {
        "submission": as_json(submission),
        "put": submissions.put_link(submission),
        "arrived": reverse("arrived", args=[submission.pk]),
    }
    return JsonResponse(answer, status=201)


@member
@require_POST
def arrived(request: HttpRequest, pk: int) -> HttpResponse:
    """The browser has sent the bytes to the bucket."""
    submission = get_object_or_404(rows_of(request), pk=pk)
    ring(submissions.arrived(submission))
    return JsonResponse(as_json(submission))


def rows_of(request: HttpRequest):
    """The submissions of this account's own batches."""
    return Submission.objects.filter(batch__supplier=visitor(request)).select_related("label", "image", "twin")


def body(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of a request. Raises Refused for anything else."""
    found = parsed(request.body)
    if not isinstance(found, dict):
        raise Refused("bad_request", 400)
    return found


def parsed(text: str | bytes) -> Any:
    """A JSON value of a request. Raises Refused for what is none."""
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()  # lone surrogates pass JSON, and no database
    except (ValueError, RecursionError):
        raise Refused("bad_request", 400) from None
    return found


def label(batch: Batch, slug: str | None) -> Label:
    """The label a file claims: its own, or its batch's. Raises Refused for one that does not exist."""
    if not slug:
        return batch.label
    found = Label.objects.filter(slug=slug).first() if SLUG.fullmatch(slug) else None
    if found is None:
        raise Refused("unknown_label")
    return found


def counts(batch: Batch) -> dict[str, int]:
    """How many files of a batch are in each state."""
    return {state: getattr(batch, state) for state in Submission.State.values}


def as_json(row: Submission) -> dict[str, Any]:
    """A submission as its chip needs it."""
    return {
        "id": row.pk,
        "filename": row.filename,
        "sha256": row.sha256,
        "state": row.state,
        "state_label": row.state_in_words,
        "reason": row.reason,
        "words": why(row),
        "advice": what_next(row),
        "label": {"slug": row.label.slug, "name": row.label.name},
        "image": picture(row.image),
        "twin": picture(row.twin),
        "preview": row.preview or None,
        "keep": reverse("keep", args=[row.pk]) if row.supplier_decides else None,
        "drop": reverse("drop", args=[row.pk]) if row.supplier_decides else None,
        "suggestion": suggestion(row),
    }


def suggestion(row: Submission) -> dict[str, str] | None:
    """The label its picture may show rather, and where that is said."""
    label = getattr(row, "suggestion", None)
    if label is None or row.image is None:
        return None
    return {"slug": label.slug, "name": label.name, "url": reverse("relabel", args=[row.image.sha256])}


def picture(image: Any) -> dict[str, str] | None:
    """Where an image's page and thumbnail are."""
    if image is None or image.withdrawn_at:
        return None
    return {"url": image.get_absolute_url(), "thumbnail": reverse("rendition", args=[image.sha256, 100])}
