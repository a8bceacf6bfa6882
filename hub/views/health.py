"""For load balancers and the person called at night."""

import structlog
from django.core.cache import cache
from django.core.files.storage import storages
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from hub import jobs
from hub.operations import pauses
from workers.celery import app

log = structlog.get_logger("hub.health")
LATE_SECONDS = 300


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return JsonResponse({"ok": True})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether database, broker and storage answer, how long the oldest job has waited, and what is paused."""
    found = parts()
    up = found["database"]
    age = jobs.oldest_age() if up else None
    paused = [what.value for what, row in pauses.everything() if row] if up else []
    ok = all(found.values())
    state = {"ok": ok, **found, "oldest_job_seconds": age, "late": bool(age and age > LATE_SECONDS), "paused": paused}
    return JsonResponse(state, status=200 if ok else 503)


def parts() -> dict[str, bool]:
    """Which parts answer: database, broker, cache, storage."""
    asked = {"database": _database, "broker": _broker, "cache": _cache, "storage": _storage}
    return {name: _works(name, ask) for name, ask in asked.items()}


def _works(name: str, ask) -> bool:
    try:
        ask()
    except Exception as error:  # noqa: BLE001  any failure of a part is the answer to the question
        log.error("not ready", part=name, error=str(error))
        return False
    return True


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _broker() -> None:
    with app.connection_for_write(connect_timeout=2) as broker:
        broker.ensure_connection(max_retries=1, timeout=2)


def _cache() -> None:
    cache.get("ready")


def _storage() -> None:
    storages["originals"].exists("ready")
