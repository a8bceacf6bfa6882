"""A POST sent again under its Idempotency-Key is answered as before, and does nothing twice."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse

from hub import storage
from hub.api.access import Request, account_of
from hub.api.headers import HEADERS, locate
from hub.models import Account, IdempotencyKey
from hub.problems import Refused

KEPT = timedelta(hours=24)
# A request that has not answered for so long will not: its process was killed.
GIVEN_UP = timedelta(minutes=2)


def once(operation: Callable) -> Callable:
    """An operation that honours the header. A refusal is not kept: nothing was done, and a later try may go through."""

    @wraps(operation)
    def asked(request: Request, *args: Any, **fields: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return operation(request, *args, **fields)
        row = take(account_of(request), key, fingerprint(request))
        if row.status is not None:
            return locate(JsonResponse(row.body, status=row.status, headers=HEADERS), row.body)
        try:
            answer = operation(request, *args, **fields)
        except BaseException:
            row.delete()
            raise
        request.idempotency = row  # type: ignore[attr-defined]
        return answer

    return asked


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Keep the answer for the key of the request, if it has one."""
    if row := getattr(request, "idempotency", None):
        IdempotencyKey.objects.filter(pk=row.pk).update(status=response.status_code, body=json.loads(response.content))


def take(account: Account, key: str, request_sha256: str) -> IdempotencyKey:
    """The row of a key: ours to answer while it has no status. Raises Refused."""
    if len(key) > 80:
        raise Refused("bad_request", 400, field="Idempotency-Key")
    keys = IdempotencyKey.objects.filter(account=account)
    keys.filter(created_at__lt=Now() - KEPT).delete()
    try:
        with transaction.atomic():
            return keys.create(account=account, key=key, request_sha256=request_sha256)
    except IntegrityError:
        row = keys.filter(key=key).first()
        if row is None:  # refused meanwhile: that request did nothing, and gave its key back
            raise Refused("key_in_use", 409) from None
        return _again(row, request_sha256)


def _again(row: IdempotencyKey, request_sha256: str) -> IdempotencyKey:
    if row.request_sha256 != request_sha256:
        raise Refused("key_reused")
    if row.status is None:
        dead = IdempotencyKey.objects.filter(pk=row.pk, status=None, created_at__lt=Now() - GIVEN_UP)
        if not dead.update(created_at=Now()):
            raise Refused("key_in_use", 409)
    return row


def fingerprint(request: HttpRequest) -> str:
    """SHA-256 of what is asked: method, address, and the body or the fields and files of a form."""
    parts = [request.method or "", request.get_full_path()]
    # Of a form, be it an empty one, the bytes were read already.
    if request.content_type == "multipart/form-data" or request.POST:
        parts += [f"{name}={value}" for name in sorted(request.POST) for value in request.POST.getlist(name)]
        for name in sorted(request.FILES):
            for file in request.FILES.getlist(name):
                parts += [name, file.name or "", storage.digest(file)[0]]
    else:
        parts.append(storage.digest_of(request.body))
    return storage.digest_of("\0".join(parts).encode("utf-8", "surrogatepass"))
