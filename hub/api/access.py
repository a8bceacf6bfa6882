"""Who asks: the account of a bearer token, or a stranger. Sessions are not looked at."""

from dataclasses import dataclass
from typing import NoReturn

from django.http import HttpRequest
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle

from hub import rates, tokens
from hub.models import Account, Token
from hub.problems import Refused
from hub.views.decorators import asker


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, and by which token; both are None for a stranger."""

    account: Account | None = None
    token: int | None = None


class Request(HttpRequest):
    """A request that `Bearer` let in."""

    auth: Visitor


class Bearer(HttpBearer):
    """Lets in tokens with one of the scopes (any, when none are named), and strangers where `strangers` says so.

    A token that is not good is refused even where a stranger is not: its owner expects more than a stranger sees.
    """

    def __init__(self, *scopes: str, strangers: bool = False) -> None:
        super().__init__()
        self.scopes, self.strangers = set(scopes), strangers

    def __call__(self, request: HttpRequest) -> Visitor:
        header = request.headers.get("Authorization", "")
        if not header and self.strangers:
            return Visitor()
        if not header:
            rates.count("anonymous", asker(request, None))
            raise Refused("token_needed", 401)
        scheme, _, secret = header.partition(" ")
        return self.authenticate(request, secret.strip() if scheme.lower() == "bearer" else "")

    def authenticate(self, request: HttpRequest, token: str) -> Visitor:
        found = tokens.find(token)
        if found is None:
            rates.count("anonymous", asker(request, None))
            raise Refused("unknown_token", 401)
        if self.scopes and not self.scopes & set(found.scopes):
            _refuse(found, "scope_needed", scope=" or ".join(sorted(self.scopes)))
        if found.account.suspended_at and request.method not in ("GET", "HEAD"):
            _refuse(found, "suspended", why=found.account.suspended_for)
        return Visitor(found.account, found.pk)


def _refuse(token: Token, code: str, **detail: str) -> NoReturn:
    """Counted here, because who is not let in never comes to the throttle."""
    rates.count("token", str(token.pk))
    raise Refused(code, 403, **detail)


class Often(BaseThrottle):
    """Refuses who asks too often: a token, or the address of a stranger. `costly`: an account or address, by that."""

    def __init__(self, *, costly: bool = False) -> None:
        self.costly = costly

    def allow_request(self, request: HttpRequest) -> bool:
        """True. Raises Refused: too_many_requests."""
        visitor: Visitor = request.auth  # type: ignore[attr-defined]
        if self.costly:
            rates.count("costly", asker(request, visitor.account))
        elif visitor.token:
            rates.count("token", str(visitor.token))
        else:
            rates.count("anonymous", asker(request, None))
        return True


READ, GIVE, DATASETS = Token.Scope.READ.value, Token.Scope.GIVE.value, Token.Scope.DATASETS.value
anybody = Bearer(strangers=True)
readers = Bearer(READ, DATASETS, strangers=True)
givers = Bearer(GIVE)
own_givers = Bearer(GIVE, READ)
makers = Bearer(DATASETS)

often: list[BaseThrottle] = [Often()]
costly = [*often, Often(costly=True)]


def account_of(request: Request) -> Account:
    """Who asks, where strangers are not let in."""
    assert request.auth.account is not None
    return request.auth.account
