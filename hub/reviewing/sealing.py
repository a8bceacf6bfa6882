"""Tokens of questions: whoever holds one can neither read which claim it is about nor change it."""

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from hub.models import Account
from hub.problems import Refused

FORM = Struct("!QQQ?")
PATTERN = r"[A-Za-z0-9_=-]{120}"


@dataclass(frozen=True, slots=True)
class Sealed:
    """The claim a question is about (ids), and whether its answer is known and measures who answers."""

    image: int
    label: int
    gold: bool


def seal(account: Account, asked: Sealed) -> str:
    """A token (120 characters) for an address or a form, another each time; only `account` can use it."""
    return _box(settings.SECRET_KEY).encrypt(FORM.pack(account.pk, asked.image, asked.label, asked.gold)).decode()


def unseal(account: Account, token: str) -> Sealed:
    """What was sealed. Raises Refused for what we never sealed, and for another account's."""
    try:
        owner, image, label, gold = FORM.unpack(_box(settings.SECRET_KEY).decrypt(token))
    except (InvalidToken, ValueError):
        raise Refused("bad_request", 400) from None
    if owner != account.pk:
        raise Refused("forbidden", 403)
    return Sealed(image, label, gold)


@lru_cache(maxsize=1)
def _box(secret: str) -> Fernet:
    """A key of its own, from the hub's secret."""
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"hub.question {secret}".encode()).digest()))
