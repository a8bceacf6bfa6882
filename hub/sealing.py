"""Tokens of questions: whoever holds one can neither read which claim it is about nor change it."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from struct import Struct

from django.utils.crypto import constant_time_compare, salted_hmac

from hub.models import Account
from hub.problems import Refused

FORM = Struct("!QQQ?")
NONCE = TAG = 16
PATTERN = r"[A-Za-z0-9_-]{76}"


@dataclass(frozen=True, slots=True)
class Sealed:
    """The claim a question is about (ids), and whether its answer is known and measures who answers."""

    image: int
    label: int
    gold: bool


def seal(account: Account, asked: Sealed) -> str:
    """76 characters for an address or a form, others each time; only `account` can use them."""
    nonce = secrets.token_bytes(NONCE)
    body = nonce + _masked(nonce, FORM.pack(account.pk, asked.image, asked.label, asked.gold))
    return urlsafe_b64encode(body + _tag(body)).decode()


def unseal(account: Account, token: str) -> Sealed:
    """What was sealed. Raises Refused for what we never sealed, and for another account's."""
    try:
        data = urlsafe_b64decode(token.encode())
    except ValueError:
        raise Refused("bad_request", 400) from None
    body, tag = data[:-TAG], data[-TAG:]
    if len(data) != NONCE + FORM.size + TAG or not constant_time_compare(tag, _tag(body)):
        raise Refused("bad_request", 400)
    owner, image, label, gold = FORM.unpack(_masked(body[:NONCE], body[NONCE:]))
    if owner != account.pk:
        raise Refused("forbidden", 403)
    return Sealed(image, label, gold)


def _masked(nonce: bytes, data: bytes) -> bytes:
    """Hidden, or shown again: the mask is new for each token, and as long as what it hides."""
    mask = salted_hmac("hub.question.mask", nonce, algorithm="sha256").digest()
    return bytes(a ^ b for a, b in zip(data, mask, strict=False))


def _tag(body: bytes) -> bytes:
    return salted_hmac("hub.question.tag", body, algorithm="sha256").digest()[:TAG]
