"""What belongs to one account: its photos, its name."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from hub import browse, facets, forms
from hub.models import Batch, Image, Submission
from hub.views.decorators import visitor

PAGE = 20


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """An account's batches, what needs its eye, and why files were not taken."""
    batches = Batch.objects.filter(supplier=visitor(request)).select_related("label", "place")
    page, cursor = browse.keyset(batches.order_by("-id"), request.GET.get("before", ""), PAGE)
    browse.with_covers(page)
    totals = batches.aggregate(**{state: Sum(state, default=0) for state in Submission.State.values})
    own = Submission.objects.filter(batch__supplier=visitor(request)).select_related("label", "twin", "batch")
    context = {
        "batches": page,
        "totals": {**totals, "total": sum(totals.values())},
        "attention": list(own.filter(state="review").order_by("-id")[:PAGE]),
        "rejected": list(own.filter(state__in=["rejected", "failed"]).order_by("-id")[:PAGE]),
        "countries": countries(visitor(request).pk),
        "next_url": facets.address(request.path, before=cursor) if cursor else "",
    }
    return render(request, "mine.html", context)


def countries(supplier: int | None) -> int:
    """From how many countries an account's live images come."""
    images = Image.objects.filter(supplier=supplier, withdrawn_at=None).exclude(place__country_code="")
    return images.aggregate(n=Count("place__country_code", distinct=True))["n"]


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Plan and credit line."""
    form = forms.AccountForm(request.POST or None, instance=visitor(request))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved. Photos you give from now on carry this credit line.")
        return redirect("account")
    status = 422 if form.errors else 200
    return render(request, "account.html", {"form": form, "plan": visitor(request).get_plan_display()}, status=status)
