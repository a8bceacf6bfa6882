"""Give photos: open a batch, send files, follow what becomes of them."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub import forms, places, submissions
from hub.demand.wanted import board
from hub.models import Batch, Label, Submission
from hub.models.submission import Licence
from hub.moderation import holding, settling
from hub.people import consent
from hub.problems import Refused, wants_json
from hub.views.decorators import visitor
from hub.views.uploads import as_json, counts, own_batch, rows, suggested
from workers.celery import ring

POPULAR, SUGGESTED = 12, 5


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
        "popular": Label.objects.filter(stats__facet="direct", stats__n__gt=0).order_by("-stats__n")[:POPULAR],
        "wanted": [wish.label for wish in board(visitor(request), limit=SUGGESTED)[0]],
        "limits": forms.limits(),
        "looked_at": settings.NEW_ACCOUNT_PHOTOS if holding.is_new(visitor(request)) else 0,
        "credit": visitor(request).credit_line,
        "sentences": [(one.value, consent.sentence(one, visitor(request).credit_line)) for one in Licence],
    }
    return render(request, "give/give.html", context, status=422 if form.errors else 200)


def _addresses(batch: Batch) -> dict[str, Any]:
    names = {"status": "batch_status", "precheck": "precheck", "files": "batch_files"}
    found: dict[str, Any] = {name: reverse(view, args=[batch.pk]) for name, view in names.items()}
    slots = reverse("batch_slots", args=[batch.pk]) if settings.USES_S3 else None
    return {"id": batch.pk, "url": batch.get_absolute_url(), "slots": slots, **found}


def own_submission(request: HttpRequest, pk: int) -> Submission:
    """A submission of this account's own, or any for a moderator; else 404."""
    visible = Submission.objects.filter(submissions.visible_to(visitor(request)))
    return get_object_or_404(visible.select_related("batch__label", "batch__supplier", "label"), pk=pk)


@login_required
@require_safe
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """One batch, a chip per file; open to more files until it is full."""
    found = own_batch(request, pk)
    context = {
        "batch": found,
        "submissions": suggested(rows(found)),
        "counts": counts(found),
        "open": found.total < settings.MAX_BATCH_FILES,
        "limits": forms.limits(),
        "data": _addresses(found) | {"max": settings.MAX_BATCH_FILES},
    }
    return render(request, "give/batch.html", context)


@login_required
@require_POST
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """It is another photo than its near-duplicate."""
    submission = own_submission(request, pk)
    ring(settling.keep(submission, visitor(request)))
    return _decided(request, submission, "It goes in as a photo of its own.")


@login_required
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """It is the same photo."""
    submission = own_submission(request, pk)
    settling.drop(submission, visitor(request))
    return _decided(request, submission, "Left out: it is here already.")


def _decided(request: HttpRequest, submission: Submission, said: str) -> HttpResponse:
    if wants_json(request):
        submission.refresh_from_db()
        return JsonResponse(as_json(submission))
    messages.success(request, said)
    back = request.POST.get("next")
    if back == "moderation":
        return redirect("moderation_queue", "duplicates")
    return redirect("mine" if back == "mine" else submission.batch)
