"""Anybody reports a photo; its supplier appeals against what was decided about one."""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from hub.models import Label, Report, Submission
from hub.moderation import appeals, queues, reporting
from hub.views.datasets import who
from hub.views.decorators import visitor
from hub.views.images import live, missing


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, sha256: str) -> HttpResponse:
    """Say that a photo should not be here, and why; no account is needed."""
    image = live(sha256)
    if image is None:
        return missing(request, sha256)
    carried = queues.labels_of([image.pk]).get(image.pk, [])
    context = {"image": image, "carried": carried, "reasons": Report.Reason.choices}
    if request.method != "POST":
        return render(request, "images/report.html", context)
    if (reason := request.POST.get("reason", "")) not in Report.Reason.values:
        return render(request, "images/report.html", {**context, "missing": True}, status=422)
    account = who(request)
    reporting.throttle(f"{account.pk}" if account else get_adapter().get_client_ip(request))
    note = request.POST.get("note", "").replace("\0", "").strip()
    reporting.report(image, account, reason, note, _doubted(request, carried))
    return render(request, "images/reported.html", {**context, "known": account is not None})


def _doubted(request: HttpRequest, carried: list[Label]) -> Label | None:
    """The label somebody means, of those the photo carries: the one chosen, or the only one."""
    chosen = [label for label in carried if label.slug == request.POST.get("label")]
    return next(iter(chosen or carried), None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest, pk: int) -> HttpResponse:
    """Its supplier says why a decision about a photo was wrong."""
    own = Submission.objects.select_related("label", "batch", "twin")
    row = get_object_or_404(own, pk=pk, batch__supplier=visitor(request))
    said = request.POST.get("text", "").replace("\0", "").strip()
    if request.method != "POST" or not said:
        context = {"row": row, "open": appeals.appealable(row), "empty": request.method == "POST"}
        return render(request, "images/appeal.html", context, status=422 if context["empty"] else 200)
    appeals.appeal(row, said)
    messages.success(request, "Thank you: a moderator looks again, and we tell you what was decided.")
    return redirect("mine")
