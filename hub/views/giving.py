"""Give photos: open a batch, send files, follow what becomes of them."""

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import forms, places, review, submissions
from hub.models import Batch, Label, Submission
from hub.problems import Refused, wants_json
from hub.views.decorators import member, visitor
from workers.celery import ring

POPULAR = 12


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest) -> HttpResponse:
    """Show the form; on POST open a batch, with its first file when one is sent along."""
    form = forms.BatchForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return _form(request, form)
    file = form.cleaned_data.pop("file")
    if file is not None:
        submissions.check_size(file.size)
    elif not wants_json(request):
        form.add_error("file", "Choose a photo first.")
        return _form(request, form)
    batch = submissions.start_batch(supplier=visitor(request), **form.cleaned_data)
    ring(places.lookup(batch.place))
    if file is not None:
        ring(submissions.receive(batch, file, file.name or "photo")[1])
    return JsonResponse(_addresses(batch), status=201) if wants_json(request) else redirect(batch)


def _form(request: HttpRequest, form: forms.BatchForm) -> HttpResponse:
    if wants_json(request):
        code = "unknown_label" if form.has_error("label", "unknown_label") else "bad_request"
        raise Refused(code, 422)
    wanted = request.POST.get("label") or request.GET.get("label", "")
    context = {
        "form": form,
        "chosen": Label.objects.filter(slug=wanted[:120].replace("\0", "")).first(),
        "popular": Label.objects.filter(stats__facet="images", stats__n__gt=0).order_by("-stats__n")[:POPULAR],
        "limits": forms.limits(),
        "credit": visitor(request).credit_line,
    }
    return render(request, "give/give.html", context, status=422 if form.errors else 200)


def _addresses(batch: Batch) -> dict[str, Any]:
    names = {"status": "batch_status", "precheck": "precheck", "files": "batch_files"}
    found: dict[str, Any] = {name: reverse(view, args=[batch.pk]) for name, view in names.items()}
    slots = reverse("batch_slots", args=[batch.pk]) if settings.USES_S3 else None
    return {"id": batch.pk, "url": batch.get_absolute_url(), "slots": slots, **found}


def own_batch(request: HttpRequest, pk: int) -> Batch:
    """A batch of this account's own, or 404: a stranger must not learn that it exists."""
    return get_object_or_404(
        Batch.objects.select_related("label", "place", "supplier"), pk=pk, supplier=visitor(request)
    )


def own_submission(request: HttpRequest, pk: int) -> Submission:
    """A submission of this account's own, or any for a moderator; else 404."""
    visible = Submission.objects.filter(submissions.visible_to(visitor(request)))
    return get_object_or_404(visible.select_related("batch__label", "batch__supplier", "label"), pk=pk)


def rows(batch: Batch):
    """The submissions of a batch with all that a chip shows."""
    return batch.submissions.select_related("label", "image", "twin").order_by("id")


@login_required
@require_GET
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """One batch, a chip per file; open to more files until it is full."""
    found = own_batch(request, pk)
    context = {
        "batch": found,
        "submissions": list(rows(found)),
        "counts": counts(found),
        "open": found.total < settings.MAX_BATCH_FILES,
        "data": _addresses(found) | {"max": settings.MAX_BATCH_FILES},
    }
    return render(request, "give/batch.html", context)


@member
@require_GET
def status(request: HttpRequest, pk: int) -> HttpResponse:
    """The state of every file of a batch."""
    found = own_batch(request, pk)
    listed = [as_json(row) for row in rows(found)]
    done = not any(row["state"] == "received" for row in listed)
    return JsonResponse({"done": done, "counts": counts(found), "submissions": listed})


@member
@require_POST
def precheck(request: HttpRequest, pk: int) -> HttpResponse:
    """Which of these files need not be sent: their answer, or null."""
    found = own_batch(request, pk)
    files = body(request).get("files")
    if not isinstance(files, list) or len(files) > settings.MAX_BATCH_FILES or not all(map(_is_file, files)):
        raise Refused("bad_request", 400)
    answers = [
        submissions.known(found, file.get("sha256", ""), file["filename"], label(found, file.get("label")))
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


@login_required
@require_POST
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """It is another photo than its near-duplicate."""
    submission = own_submission(request, pk)
    ring(review.keep(submission))
    return _decided(request, submission, "It goes in as a photo of its own.")


@login_required
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """It is the same photo."""
    submission = own_submission(request, pk)
    review.drop(submission)
    return _decided(request, submission, "Left out: it is here already.")


def _decided(request: HttpRequest, submission: Submission, said: str) -> HttpResponse:
    if wants_json(request):
        submission.refresh_from_db()
        return JsonResponse(as_json(submission))
    messages.success(request, said)
    return redirect("mine" if request.POST.get("next") == "mine" else submission.batch)


def body(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of a request. Raises Refused for anything else."""
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Refused("bad_request", 400) from None
    if not isinstance(found, dict):
        raise Refused("bad_request", 400)
    return found


def label(batch: Batch, slug: str | None) -> Label:
    """The label a file claims: its own, or its batch's. Raises Refused for one that does not exist."""
    if not slug:
        return batch.label
    found = None if "\0" in slug else Label.objects.filter(slug=slug).first()
    if found is None:
        raise Refused("unknown_label")
    return found


def counts(batch: Batch) -> dict[str, int]:
    """How many files of a batch are in each state."""
    return {state: getattr(batch, state) for state in Submission.State.values}


def as_json(row: Submission) -> dict[str, Any]:
    """A submission as its chip needs it."""
    from hub.templatetags.hub import what_next, why

    undecided = row.state == "review" and row.reason == "near_duplicate"
    return {
        "id": row.pk,
        "filename": row.filename,
        "sha256": row.sha256,
        "state": row.state,
        "state_label": row.get_state_display(),
        "reason": row.reason,
        "words": why(row),
        "advice": what_next(row),
        "label": {"slug": row.label.slug, "name": row.label.name},
        "image": picture(row.image),
        "twin": picture(row.twin),
        "keep": reverse("keep", args=[row.pk]) if undecided else None,
        "drop": reverse("drop", args=[row.pk]) if undecided else None,
    }


def picture(image: Any) -> dict[str, str] | None:
    """Where an image's page and thumbnail are."""
    if image is None or image.withdrawn_at:
        return None
    return {"url": image.get_absolute_url(), "thumbnail": reverse("rendition", args=[image.sha256, 100])}
