"""What every page knows besides its own: how many notices wait under the bell."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from hub.models import Account
from hub.people import notices


def bell(request: HttpRequest) -> dict[str, Any]:
    """`unseen`: the notices the visitor has not seen, counted when a page asks; 0 for strangers."""
    return {"unseen": SimpleLazyObject(lambda: _unseen(request))}


def _unseen(request: HttpRequest) -> int:
    return notices.unseen(request.user) if isinstance(request.user, Account) else 0
