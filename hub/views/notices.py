"""The page behind the bell; which mails come; and stopping them by one click from the mail itself."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub import browse, facets
from hub.models import Notice
from hub.people import notices
from hub.problems import Refused
from hub.views.decorators import visitor

PAGE = 30


@login_required
@require_safe
def everything(request: HttpRequest) -> HttpResponse:
    """What the visitor was told, the newest first; with that it is seen."""
    page, cursor = browse.keyset(notices.of(visitor(request)), request.GET.get("before", ""), PAGE)
    rows = [(notice, notices.line(notice), notices.path(notice)) for notice in page]
    if request.method == "GET":
        notices.see(notices.of(visitor(request)).filter(pk__in=[notice.pk for notice in page]))
    context = {"rows": rows, "next_url": facets.address(request.path, before=cursor) if cursor else ""}
    return render(request, "notices/notices.html", context)


@login_required
@require_POST
def see_all(request: HttpRequest) -> HttpResponse:
    """Mark all as seen."""
    notices.see(notices.of(visitor(request)))
    return redirect("notices")


@login_required
@require_POST
def choose_mails(request: HttpRequest) -> HttpResponse:
    """Which kinds come by mail, too."""
    notices.choose(visitor(request), request.POST.getlist("mail"))
    messages.success(request, "Saved. The bell tells you of everything, whatever comes by mail.")
    return redirect(reverse("account") + "#mails")


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop_mails(request: HttpRequest, token: str) -> HttpResponse:
    """Stop the mails of one kind to one account: asked by GET, done by POST, which mail programs send (RFC 8058)."""
    found = notices.by_token(token)
    if found is None:
        raise Refused("not_found", 404)
    account, kind = found
    if request.method == "POST":
        notices.stop(account, kind)
    context = {"kind": Notice.Kind(kind).label, "stopped": kind not in notices.wanted(account)}
    return render(request, "notices/stop.html", context)
