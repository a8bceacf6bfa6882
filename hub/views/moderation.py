"""What moderators decide."""

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from hub import browse, doubts, facets
from hub import review as decisions
from hub.models import Label, LabelProposal, Submission
from hub.problems import Refused
from hub.views.decorators import moderator, visitor

PAGE = 20


@moderator
@require_safe
def moderation(request: HttpRequest) -> HttpResponse:
    """Pictures under two labels, near-duplicates in doubt, doubted labels, and proposed ones."""
    waiting = Submission.objects.filter(state="review").select_related("twin", "batch__supplier", "label")
    page, cursor = browse.keyset(waiting.order_by("-id"), request.GET.get("before", ""), PAGE)
    _with_twin_labels(page)
    context = {
        "submissions": page,
        "proposals": list(
            LabelProposal.objects.filter(state="open").select_related("parent", "proposer").order_by("id")[:PAGE]
        ),
        "doubts": doubts.waiting(PAGE),
        "next_url": facets.address(request.path, before=cursor) if cursor else "",
    }
    return render(request, "moderation/moderation.html", context)


def _with_twin_labels(page: list[Submission]) -> None:
    twins = {row.twin_id for row in page}
    direct = Label.objects.filter(image_labels__image__in=twins, image_labels__direct=True)
    labels: dict[int, list[Label]] = {}
    for label in direct.annotate(image=F("image_labels__image")):
        labels.setdefault(label.image, []).append(label)
    for row in page:
        row.twin_labels = labels.get(row.twin_id or 0, [])  # type: ignore[attr-defined]


@moderator
@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Which label a picture given under two of them shows."""
    right = request.POST.get("right", "")
    if right not in ("first", "second", "both"):
        raise Refused("bad_request", 400)
    decisions.settle(get_object_or_404(Submission, pk=pk), visitor(request), right)
    return redirect("moderation")
