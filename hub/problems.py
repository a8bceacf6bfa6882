"""Refusals: one page for people, one `problem+json` (RFC 9457) for scripts, with the same stable code."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from hub import reasons


class Refused(Exception):  # noqa: N818  it is an answer, not a fault
    """A request we understand and do not do. `code` is a key of hub.reasons."""

    def __init__(self, code: str, status: int = 422, **detail) -> None:
        super().__init__(code)
        self.code, self.status, self.detail = code, status, detail


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks, not a person."""
    return "json" in request.headers.get("Accept", "") or request.path.endswith(".json") or for_scripts(request)


def for_scripts(request: HttpRequest) -> bool:
    """Whether this is an address of the API, which answers nobody with a page."""
    return request.path.startswith("/api/")


def problem(request: HttpRequest, status: int, code: str, **detail) -> HttpResponse:
    """Answer with `code` in words."""
    body = {
        "type": f"/problems/{code}",
        "code": code,
        "title": reasons.words(code, detail),
        "detail": reasons.advice(code, detail),
        "status": status,
    }
    if wants_json(request):
        body |= {"about": detail} if detail else {}
        kind = "application/problem+json"
        return JsonResponse(body, status=status, content_type=kind, headers=_headers(status, detail))
    # A page for a failure of ours is drawn without the session, which may be what failed.
    asked = request if status < 500 or code == "paused" else None
    page = render_to_string("problem.html", {"problem": body}, asked)
    return HttpResponse(page, status=status, headers=_headers(status, detail))


def _headers(status: int, detail: dict[str, Any]) -> dict[str, str]:
    """What HTTP has a refusal of this kind carry, beside its words: when to come back, how long the file is."""
    if status in (429, 503) and "seconds" in detail:
        return {"Retry-After": str(detail["seconds"])}
    if status == 416:
        return {"Content-Range": f"bytes */{detail['size']}"}
    return {}
