"""What belongs to one account: its photos, its name, its tokens."""

from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub import browse, facets, forms, model_pages, objects, reasons, tokens
from hub.models import Account, Batch, Image, Submission, Token
from hub.operations import quotas
from hub.people import leaving, notices, suppliers, takeout
from hub.problems import Refused
from hub.views.decorators import costly, visitor
from workers.celery import ring

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
    impact = suppliers.impact(visitor(request))
    context = {
        "batches": page,
        "totals": {**totals, "total": sum(totals.values())},
        **_in_review(own),
        **_refused(own),
        "countries": countries(visitor(request).pk),
        "models": [(one, model_pages.title(one)) for one in impact.public_models],
        "impact": impact,
        "reach": suppliers.in_words(impact),
        "next_url": facets.address(request.path, before=cursor) if cursor else "",
    }
    return render(request, "mine.html", context)


def _in_review(own: QuerySet[Submission]) -> dict[str, Any]:
    """What waits for its supplier, and what for a moderator."""
    rows = list(own.filter(state="review").order_by("-id")[:PAGE])
    return {
        "undecided": [row for row in rows if row.supplier_decides],
        "looked_at": [row for row in rows if not row.supplier_decides],
    }


def _refused(own: QuerySet[Submission]) -> dict[str, Any]:
    """What did not go in, or was taken down; and of which of them a moderator may be asked once more."""
    asked = Q(state__in=["rejected", "failed"]) | objects.DECIDED
    rows = list(own.filter(asked).exclude(reason="declined").order_by("-id")[:PAGE])
    open_to_appeal = own.filter(objects.appealable(), pk__in=[row.pk for row in rows])
    return {"rejected": rows, "appealable": set(open_to_appeal.values_list("pk", flat=True))}


def countries(supplier: int | None) -> int:
    """From how many countries an account's live images come."""
    images = Image.objects.filter(supplier=supplier, withdrawn_at=None).exclude(place__country_code="")
    return images.aggregate(n=Count("place__country_code", distinct=True))["n"]


@login_required
@require_safe
@costly
def export(request: HttpRequest) -> HttpResponseBase:
    """Everything the hub keeps of an account, as a zip that is written while it is sent."""
    response = StreamingHttpResponse(takeout.chunks(visitor(request)), content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="deep-images-hub-my-data.zip"'
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_account(request: HttpRequest) -> HttpResponse:
    """Say what goes and what stays; on POST, with the password, delete the account."""
    person = visitor(request)
    form = forms.LeavingForm(request.POST or None, account=person)
    if request.method == "POST" and not ratelimit.consume(request, action="reauthenticate", user=person):
        form.add_error(None, "Too many tries. Wait a minute.")
    if request.method != "POST" or not form.is_valid():
        return render(request, "account/delete.html", _at_stake(person, form), status=422 if form.errors else 200)
    ring(*leaving.leave(person, withdraw=form.cleaned_data["photos"] == form.Photos.WITHDRAW))
    logout(request)
    return render(request, "account/gone.html")


def _at_stake(person: Account, form: forms.LeavingForm) -> dict[str, Any]:
    impact = suppliers.impact(person)
    photos = suppliers.live(person).count()
    return {"form": form, "photos": photos, "impact": impact, "reach": suppliers.in_words(impact)}


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Plan, credit line and tokens."""
    form = forms.AccountForm(request.POST or None, instance=visitor(request))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved. Photos you give from now on carry this credit line.")
        return redirect("account")
    return _account(request, status=422 if form.errors else 200, form=form)


def _account(request: HttpRequest, status: int = 200, **context: Any) -> HttpResponse:
    person = visitor(request)
    context = {
        "form": forms.AccountForm(instance=person),
        "token_form": forms.TokenForm(),
        "plan": person.get_plan_display(),
        "tokens": [(token, [Token.Scope(scope).label for scope in token.scopes]) for token in tokens.of(person)],
        "mails": notices.kinds(person),
        "quotas": quotas.of(person),
        **context,
    }
    return render(request, "account.html", context, status=status)


@login_required
@require_POST
def make_token(request: HttpRequest) -> HttpResponse:
    """Make a token, and show it this once."""
    form = forms.TokenForm(request.POST)
    if not form.is_valid():
        return _account(request, 422, token_form=form)
    try:
        token, secret = tokens.make(visitor(request), form.cleaned_data["name"], form.cleaned_data["scopes"])
    except Refused as refused:
        form.add_error("name", f"{reasons.words(refused.code, refused.detail)} {reasons.advice(refused.code)}")
        return _account(request, 422, token_form=form)
    response = _account(request, 201, made=token, secret=secret)
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def take_back_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Scripts that use the token are strangers from now on."""
    token = get_object_or_404(tokens.of(visitor(request)), pk=pk)
    token.delete()
    messages.success(request, f"Taken back: {token.name} opens nothing any more.")
    return redirect("account")
