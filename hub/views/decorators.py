"""Who may enter."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase

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


def moderator(view: View) -> View:
    """Only for moderators; to everybody else the page is forbidden."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        if not request.user.has_perm("hub.moderate"):
            return problem(request, 403, "forbidden")
        return view(request, *args, **kwargs)

    return guarded
