"""Answers for what no view answers."""

import sys

from django.http import HttpRequest, HttpResponse

from hub.middleware import AWAY, away
from hub.problems import problem


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token."""
    return problem(request, 403, "csrf")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return problem(request, 400, "bad_request")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return problem(request, 403, "forbidden")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return problem(request, 404, "not_found")


def server_error(request: HttpRequest) -> HttpResponse:
    """500; or 503 where no view failed but what is around them, the session for one, because a server is away."""
    failure = sys.exception()
    return away(request, failure) if isinstance(failure, AWAY) else problem(request, 500, "server_error")
