"""Changing one's mind: withdraw a batch, correct the label of a photo."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from hub import forms
from hub.models import Image, Label
from hub.people import consent, suppliers
from hub.problems import Refused, wants_json
from hub.views.decorators import visitor
from hub.views.uploads import own_batch
from workers.celery import ring


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw_batch(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what goes with a batch, and where it is; on POST take it back."""
    batch = own_batch(request, pk)
    if request.method != "POST":
        return render(request, "give/withdraw.html", _at_stake(batch))
    n, jobs = consent.withdraw_batch(batch)
    ring(*jobs)
    messages.success(request, f"Taken back: {n} photo{'s' if n != 1 else ''}, gone from every page and every count.")
    return redirect(batch)


def _at_stake(batch) -> dict:
    images = Image.objects.filter(batch=batch, withdrawn_at=None)
    waiting = batch.received + batch.review + batch.failed
    reach = suppliers.in_words(suppliers.reach(images))
    return {"batch": batch, "photos": images.count(), "waiting": waiting, "reach": reach}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def relabel(request: HttpRequest, sha256: str) -> HttpResponse:
    """Ask what a photo of one's own shows instead; on POST its claim moves there."""
    image = get_object_or_404(Image, sha256=sha256, withdrawn_at=None, supplier=visitor(request))
    form = forms.RelabelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        consent.relabel(image, visitor(request), form.cleaned_data["label"])
        return _relabelled(request, image, form.cleaned_data["label"])
    if wants_json(request):
        raise Refused("unknown_label")
    context = {"image": image, "form": form, "submission": getattr(image, "submission", None)}
    return render(request, "give/relabel.html", context, status=422 if form.errors else 200)


def _relabelled(request: HttpRequest, image: Image, label: Label) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"label": {"slug": label.slug, "name": label.name}})
    messages.success(request, f"It is {label.name} now. What others said of it stays.")
    return redirect(image.batch if request.POST.get("next") == "batch" else image)
