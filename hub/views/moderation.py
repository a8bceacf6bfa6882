"""What waits for moderators, the people of the hub, and the log of what was decided."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hub import browse, facets, reasons
from hub.moderation import decisions, queues, standing
from hub.reviewing import gold
from hub.views.catalogue import clean
from hub.views.decorators import moderator

# How many of each a page shows: pictures alone, or pictures with something to read beside them.
PICTURES, PAGE, LINES = 48, 24, 60
SIZES = {"new": PICTURES, "quality": PICTURES, "proposals": LINES}


@moderator
@require_safe
def moderation(request: HttpRequest) -> HttpResponse:
    """The queues, and how long each is."""
    return _page(request, "overview")


@moderator
@require_safe
def moderation_queue(request: HttpRequest, name: str) -> HttpResponse:
    """What waits in one queue."""
    if name in OTHERS:
        return OTHERS[name](request)
    if name not in queues.QUEUES:
        raise Http404
    rows = list(queues.QUEUES[name].rows()[: SIZES.get(name, PAGE)])
    if name == "reports":
        queues.with_reports(rows)
    elif name in ("conflicts", "duplicates", "appeals"):
        queues.with_twin_labels(rows)
    elif name == "quality":
        for image in rows:
            image.noticed = [browse.QUALITY[flag] for flag in image.flags if flag in browse.QUALITY]
    return _page(request, name, rows=rows, queue=queues.QUEUES[name])


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    context |= {
        "here": name,
        "queues": queues.lengths(),
        "takedowns": reasons.choices(reasons.TAKEDOWNS),
    }
    return render(request, f"moderation/{name}.html", context)


def _people(request: HttpRequest) -> HttpResponse:
    q, state = clean(request.GET.get("q", "")), request.GET.get("state", "")
    found, cursor = browse.keyset(standing.people(q, state), request.GET.get("before", ""), PAGE)
    measured, moderators = gold.measures(found), standing.moderators(found)
    for account in found:
        account.moderates = account.pk in moderators  # type: ignore[attr-defined]
        account.measure = measured[account.pk]  # type: ignore[attr-defined]
        account.why = account.suspended_for and reasons.words(account.suspended_for)  # type: ignore[attr-defined]
    context = {
        "people": found,
        "q": q,
        "state": state,
        "states": (("", "Everybody"), ("new", "New"), ("suspended", "Suspended"), ("paused", "Asked no more")),
        "suspensions": reasons.choices(reasons.SUSPENSIONS),
        "next_url": facets.address(request.path, q=q, state=state, before=cursor) if cursor else "",
    }
    return _page(request, "people", **context)


def _log(request: HttpRequest) -> HttpResponse:
    subject, actor = clean(request.GET.get("subject", "")), clean(request.GET.get("actor", ""))
    found, cursor = browse.keyset(decisions.about(subject, actor), request.GET.get("before", ""), LINES)
    names = decisions.names(found)
    context = {
        "lines": [
            (one, decisions.did(one.kind), decisions.why(one), decisions.where(one), names.get(one.subject, ""))
            for one in found
        ],
        "subject": subject,
        "actor": actor,
        "next_url": facets.address(request.path, subject=subject, actor=actor, before=cursor) if cursor else "",
    }
    return _page(request, "log", **context)


OTHERS = {"people": _people, "log": _log}
