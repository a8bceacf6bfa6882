"""Tokens: keys for scripts, shown once, kept as their SHA-256."""

import secrets
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from hub import storage
from hub.models import Account, Token
from hub.people import consent
from hub.problems import Refused

PREFIX = "dih_"
SHOWN = len(PREFIX) + 6
MAX_TOKENS = 50
# A row is written at most so often for having been used.
USED_AGAIN = timedelta(minutes=1)


def make(account: Account, name: str, scopes: list[str]) -> tuple[Token, str]:
    """A new token and its secret, which nobody can read again. Raises Refused."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 60 or "\0" in name:
        raise Refused("token_name")
    wanted = [scope for scope in Token.Scope.values if scope in scopes]
    if not wanted:
        raise Refused("no_scope")
    secret = PREFIX + secrets.token_urlsafe(32)
    fields = {"name": name, "scopes": wanted, "sha256": _digest(secret), "hint": secret[:SHOWN]}
    try:
        with transaction.atomic():
            consent.presence(account.pk)  # requests side by side are counted one after the other
            if account.tokens.count() >= MAX_TOKENS:
                raise Refused("too_many_tokens", limit=MAX_TOKENS)
            return Token.objects.create(account=account, **fields), secret
    except IntegrityError:
        raise Refused("token_name_taken", 409) from None


def find(secret: str) -> Token | None:
    """The token of a secret while its account is active; notes that it was used."""
    if not secret.startswith(PREFIX):
        return None
    known = Token.objects.filter(sha256=_digest(secret), account__is_active=True)
    token = known.select_related("account").first()
    if token:
        stale = Q(used_at=None) | Q(used_at__lt=Now() - USED_AGAIN)
        Token.objects.filter(stale, pk=token.pk).update(used_at=Now())
    return token


def of(account: Account) -> QuerySet[Token]:
    """An account's tokens, the newest first."""
    return account.tokens.order_by("-id")


def _digest(secret: str) -> str:
    return storage.digest_of(secret.encode("utf-8", "surrogatepass"))
