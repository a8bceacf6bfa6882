"""Who may enter."""

from collections.abc import Callable
from functools import wraps

from allauth.core.internal.ratelimit import get_ip
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase

from hub import rates
from hub.models import Account
from hub.problems import problem

View = Callable[..., HttpResponseBase]


def visitor(request: HttpRequest) -> Account:
    """Who is logged in; for views that only let such people in."""
    assert isinstance(request.user, Account)
    return request.user


def member(view: View) -> View:
    """Only for people who are logged in; scripts are told so instead of being sent to a form."""

    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return problem(request, 401, "login_needed")
        return view(request, *args, **kwargs)

    return guarded


def operator(view: View) -> View:
    """Only for those who operate the hub; to everybody else the page is forbidden."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        if not visitor(request).is_operator:
            return problem(request, 403, "forbidden")
        return view(request, *args, **kwargs)

    return guarded


def moderator(view: View) -> View:
    """Only for moderators; to everybody else the page is forbidden."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        if not request.user.has_perm("hub.moderate"):
            return problem(request, 403, "forbidden")
        return view(request, *args, **kwargs)

    return guarded


def asker(request: HttpRequest, account: Account | None) -> str:
    """By what one who asks is counted: the account, or else the network address; a proxy is believed if it is ours."""
    return f"account:{account.pk}" if account else f"address:{get_ip(request)}"


def costly(view: View) -> View:
    """For pages that cost much: nobody asks for them too often. Raises Refused: too_many_requests."""

    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        rates.count("costly", asker(request, request.user if isinstance(request.user, Account) else None))
        return view(request, *args, **kwargs)

    return guarded
