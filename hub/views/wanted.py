"""The board of what is wanted, and subscribing to the labels one gives."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from hub import facets, labels
from hub.demand import subscriptions, wanted
from hub.models import Label
from hub.problems import Refused
from hub.views.catalogue import clean
from hub.views.datasets import who
from hub.views.decorators import visitor


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Labels by what they lack; of all, of those under one, or of those one asks for or gives."""
    account = who(request)
    mine = bool(account) and "mine" in request.GET
    typed = clean(request.GET.get("under", ""))
    under = labels.named(typed) if typed else None
    if typed and under is None:
        raise Http404
    wishes, cursor = wanted.board(account, under=under, mine=mine, after=request.GET.get("after", ""))
    kept = {"under": under.slug if under else "", "mine": "1" if mine else ""}
    context = {
        "wishes": wishes,
        "under": under,
        "mine": mine,
        "first": not request.GET.get("after"),
        "subscribed": account.subscriptions.select_related("label").order_by("label__name") if account else [],
        "asked": account.watches.filter(ready_at=None).select_related("label").order_by("label__name")
        if account
        else [],
        "next_url": facets.address(request.path, **kept, after=cursor) if cursor else "",
        "urls": {
            "all": facets.address(request.path, **kept | {"mine": ""}),
            "mine": facets.address(request.path, **kept | {"mine": "1"}),
            "anywhere": facets.address(request.path, **kept | {"under": ""}),
        },
    }
    return render(request, "wanted/wanted.html", context)


@login_required
@require_POST
def subscribe(request: HttpRequest, slug: str) -> HttpResponse:
    """Hear when photos of a label are wanted; `do` says whether it is pinned, or that one wants to hear no more."""
    label, account = get_object_or_404(Label, slug=slug), visitor(request)
    match request.POST.get("do"):
        case "stop":
            subscriptions.stop(account, label)
            messages.success(request, f"You hear no more when photos of {label.name} are wanted.")
        case "hear" | "pin" | "unpin" as how:
            subscriptions.subscribe(account, label, pinned=how == "pin")
            if how == "hear":
                messages.success(request, f"You hear when photos of {label.name} are wanted.")
        case _:
            raise Refused("bad_request", 400)
    return redirect(label if request.POST.get("next") == "label" else "wanted")
