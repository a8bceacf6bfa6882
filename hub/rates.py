"""How often somebody may ask within a minute: counted in Redis, and by nobody while Redis is away."""

import time
from contextlib import suppress

import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from hub.problems import Refused

MINUTE = 60
log = structlog.get_logger("hub.web")


def count(kind: str, who: str) -> None:
    """Count one more request of this kind (a key of settings.RATES) by `who`. Raises Refused: too_many_requests.

    A limit of 0 limits nothing. Without Redis nothing is counted: to answer matters more.
    """
    most = settings.RATES[kind]
    if not most:
        return
    now = time.time()
    asked = 0
    with suppress(RedisError, ValueError):  # or Redis was emptied between the two: Django's word for a key that is gone
        asked = _more(f"rate:{kind}:{who}:{int(now // MINUTE)}")
    if asked == most + 1:  # once a minute, not once a request
        log.warning("too many requests", kind=kind, who=who)
    if asked > most:
        raise Refused("too_many_requests", 429, limit=most, seconds=MINUTE - int(now % MINUTE))


def _more(key: str) -> int:
    cache.add(key, 0, 2 * MINUTE)
    return cache.incr(key)
