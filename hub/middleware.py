"""Refusals around every view: bodies too large to read, requests we do not do, outages."""

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse, HttpResponseNotAllowed
from django.middleware.gzip import GZipMiddleware
from redis.exceptions import RedisError

from hub.problems import Refused, for_scripts, problem
from hub.storage import Away

log = structlog.get_logger("hub.web")
AWAY = (OperationalError, InterfaceError, RedisError, Away)
SAFE = ("GET", "HEAD", "OPTIONS")
# A form around one file: names, boundaries, tokens.
ENVELOPE = 64 * 1024


def outermost(get_response):
    """Bind the request to the log, and set the headers every answer carries."""

    def middleware(request):
        with structlog.contextvars.bound_contextvars(path=request.path, method=request.method):
            response = get_response(request)
        if request.method == "HEAD" and response.streaming:
            response = without_body(response)
        if "Cookie" in response.get("Vary", "") or for_scripts(request):
            response.headers.setdefault("Cache-Control", "private, no-cache")
        response.headers.setdefault("Permissions-Policy", "geolocation=(), microphone=()")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return middleware


def without_body(response):
    """The same headers: servers that send a file by themselves would send it to HEAD too."""
    response.close()
    bare = HttpResponse(status=response.status_code)
    bare.headers, bare.cookies = response.headers, response.cookies
    return bare


class CompressText(GZipMiddleware):
    """Compress pages; a photo is compressed already, and would lose its length."""

    def process_response(self, request, response):
        kind = response.get("Content-Type", "")
        photo = kind.startswith("image/") and kind != "image/svg+xml"
        if photo or response.has_header("Content-Disposition"):
            return response
        return super().process_response(request, response)


def limit_body(get_response):
    """Refuse, unread, a body larger than one file may be; and an address with a NUL, which no database takes."""

    def middleware(request):
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > settings.MAX_FILE_BYTES + ENVELOPE:
            return problem(request, 413, "too_large", limit=settings.MAX_FILE_BYTES)
        if "%00" in request.META.get("QUERY_STRING", ""):
            return problem(request, 400, "bad_request")
        return get_response(request)

    return middleware


# What a suspended account may still do: leave, take back, fetch what is its own, read what it was told, appeal.
LEFT_TO_SUSPENDED = {
    "account_logout",
    "appeal",
    "choose_mails",
    "delete_account",
    "export",
    "see_notices",
    "stop_mails",
    "withdraw",
    "withdraw_batch",
}


def suspended(get_response):
    """Refuse whatever a suspended account would change. The API asks the account of its token instead."""

    def middleware(request):
        return get_response(request)

    def process_view(request, view, args, kwargs):
        name = request.resolver_match.url_name
        if request.method in SAFE or name in LEFT_TO_SUSPENDED or for_scripts(request):
            return None
        if (account := request.user).is_authenticated and account.suspended_at:
            return problem(request, 403, "suspended", why=account.suspended_for)
        return None

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware


def away(request, exception):
    """503 and when to come back: the database, the store or Redis does not answer."""
    log.error("away", error=str(exception))
    response = problem(request, 503, "away")
    response["Retry-After"] = "10"
    return response


def answers(get_response):
    """Turn a refusal into its answer, and an unreachable database, store or Redis into 503 with Retry-After."""

    def middleware(request):
        response = get_response(request)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        refused = problem(request, 405, "wrong_method")
        refused["Allow"] = response["Allow"]
        return refused

    def process_exception(request, exception):
        if isinstance(exception, Refused):
            return problem(request, exception.status, exception.code, **exception.detail)
        if isinstance(exception, FileNotFoundError):
            log.error("object missing", error=str(exception))
            return problem(request, 404, "not_found")
        return away(request, exception) if isinstance(exception, AWAY) else None

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware
