"""The operations page: what waits, runs and failed, what is paused, and what the last audit found."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from hub import browse, facets
from hub.models import Audit, Job, Pause
from hub.operations import alarms, auditing, figures, ledger, pauses, retrying
from hub.problems import Refused
from hub.views.catalogue import clean
from hub.views.decorators import operator, visitor
from hub.views.health import parts
from workers import upkeep
from workers.celery import QUEUES, ring
from workers.listening import NAMES, lengths, listening

PAGE = 25
TABS = (
    ("overview", "Overview"),
    ("jobs", "Jobs"),
    ("failed", "Failed"),
    ("workers", "Workers"),
    ("pauses", "Pauses"),
    ("refusals", "Refusals"),
    ("storage", "Storage"),
    ("audit", "Audit"),
)


@operator
@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    """What is wrong, and the few numbers that say whether it is."""
    rows, last = ledger.rows(), auditing.last()
    context = {
        "alarms": alarms.all_of(parts(), rows, listening(), last),
        "paused": [row for _, row in pauses.everything() if row],
        "queued": sum(row.queued for row in rows),
        "running": sum(row.running for row in rows),
        "oldest": alarms.lasting(max(row.oldest for row in rows)),
        "images": figures.images(),
        "lately": figures.lately(figures.DAY),
        "last": last,
    }
    return _page(request, "overview", rows, **context)


@operator
@require_safe
def operations_tab(request: HttpRequest, name: str) -> HttpResponse:
    """One of the tabs."""
    if name not in SHOWN:
        raise Http404
    rows = ledger.rows()
    return _page(request, name, rows, **SHOWN[name](request, rows))


def _page(request: HttpRequest, name: str, rows: list[ledger.Row], **context: Any) -> HttpResponse:
    said = {"failed": sum(row.failed for row in rows), "pauses": Pause.objects.count()}
    tabs = [(code, title, said.get(code, 0)) for code, title in TABS]
    return render(request, f"operations/{name}.html", {"here": name, "tabs": tabs, "rows": rows, **context})


def _jobs(request: HttpRequest, rows: list[ledger.Row]) -> dict[str, Any]:
    paused = {kind for what, row in pauses.everything() if row for kind in Pause.STOPS.get(what, ())}
    return {"ledger": [(row, alarms.lasting(row.oldest), row.kind in paused) for row in rows]}


def _failed(request: HttpRequest, rows: list[ledger.Row]) -> dict[str, Any]:
    kind = clean(request.GET.get("kind", ""))
    found, cursor = browse.keyset(retrying.failed(kind), request.GET.get("before", ""), PAGE)
    return {
        "failed": ledger.explained(found, visitor(request)),
        "kinds": [row for row in rows if row.failed],
        "kind": kind if kind in Job.Kind.values else "",
        "next_url": facets.address(request.path, kind=kind, before=cursor) if cursor else "",
    }


def _workers(request: HttpRequest, rows: list[ledger.Row]) -> dict[str, Any]:
    heard, waiting = listening(), lengths()
    due = dict.fromkeys(NAMES, 0)
    for row in rows:
        due[QUEUES.get(row.kind, "ingest")] += row.queued
    told = [(name, heard[name], (waiting or {}).get(name), due[name], alarms.WAITS[name]) for name in NAMES if heard]
    return {"told": told}


def _pauses(request: HttpRequest, rows: list[ledger.Row]) -> dict[str, Any]:
    n = {row.kind: row.queued for row in rows}
    stops = {what: sum(n[kind] for kind in Pause.STOPS.get(what, ())) for what in Pause.What}
    return {"switches": [(what, row, stops[what], EFFECTS[what]) for what, row in pauses.everything()]}


EFFECTS = {
    Pause.What.GIVING: "Nothing more is taken, on the site and through the API; what was taken is still checked.",
    Pause.What.INGEST: "Photos are taken and wait.",
    Pause.What.EXPORT: "Versions and archives that are asked for wait.",
    Pause.What.TRAINING: "Trainings that are asked for wait; the one that runs goes on to its end.",
    Pause.What.PREDICT: "Models are shown, and cannot be tried.",
    Pause.What.MAIL: "Mails wait; the bell tells all the same.",
}


def _refusals(request: HttpRequest, rows: list[ledger.Row]) -> dict[str, Any]:
    times = (("In the last 24 hours", figures.DAY), ("In the last 7 days", figures.WEEK))
    return {"times": [(title, figures.lately(hours)) for title, hours in times]}


def _storage(request: HttpRequest, rows: list[ledger.Row]) -> dict[str, Any]:
    stored = figures.storage()
    size, connections, most = figures.database()
    largest = max((row.bytes_stored for row in stored), default=0)
    return {"stored": stored, "largest": largest, "size": size, "connections": connections, "most": most}


def _audit(request: HttpRequest, rows: list[ledger.Row]) -> dict[str, Any]:
    earlier = Audit.objects.filter(finished_at__isnull=False).order_by("-finished_at")
    return {
        "last": auditing.last(),
        "running": auditing.running(),
        "rules": len(auditing.audit.INVARIANTS),
        "earlier": earlier[1:15],
        "hours": settings.AUDIT_HOURS,
        "address": settings.OPERATOR_EMAIL,
    }


SHOWN = {
    "jobs": _jobs,
    "failed": _failed,
    "workers": _workers,
    "pauses": _pauses,
    "refusals": _refusals,
    "storage": _storage,
    "audit": _audit,
}


@operator
@require_POST
def decide_failed(request: HttpRequest) -> HttpResponse:
    """Try failed jobs again, or give them up for good: one by its number, or all of a kind."""
    kind, pk, act = (request.POST.get(name, "") for name in ("kind", "job", "act"))
    named = _number(pk) if pk else kind
    if not named or kind not in ("", *Job.Kind.values) or act not in ("again", "give_up"):
        raise Refused("bad_request", 400)
    rows = retrying.failed(kind)
    rows = rows.filter(pk=int(pk)) if pk else rows
    if act == "give_up":
        messages.success(request, f"Given up: {retrying.give_up(rows, visitor(request)):,}.")
    else:
        opened, left = retrying.try_again(rows, visitor(request))
        ring(*opened)
        messages.success(request, _said(len(opened), left))
    return redirect("operations_tab", "failed")


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18


def _said(opened: int, left: int) -> str:
    """What came of trying again."""
    done = f"{opened:,} tried again."
    return f"{done} {left:,} had nothing to be done, or wait for another of their owner's." if left else done


@operator
@require_POST
def set_pause(request: HttpRequest) -> HttpResponse:
    """Pause something, with a note for those it concerns; or let it go on."""
    what, why = request.POST.get("what", ""), " ".join(request.POST.get("why", "").replace("\0", "").split())[:200]
    if what not in Pause.What.values:
        raise Refused("bad_request", 400)
    title = Pause.What(what).label
    if request.POST.get("act") == "resume":
        ring(*pauses.resume(what, visitor(request)))
        messages.success(request, f"{title} goes on.")
    else:
        pauses.pause(what, visitor(request), why)
        messages.success(request, f"{title} is paused. What runs is finished.")
    return redirect("operations_tab", "pauses")


@operator
@require_POST
def audit_now(request: HttpRequest) -> HttpResponse:
    """Have a worker do an audit at once."""
    try:
        upkeep.audit.apply_async([True], expires=3600)
        messages.success(request, "Asked for. The audit begins as soon as an upkeep worker is free.")
    except OperationalError:
        messages.error(request, "Redis does not answer, so nobody could be asked. Run manage.py audit instead.")
    return redirect("operations_tab", "audit")
