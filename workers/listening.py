"""Who listens to the queues, and how many messages wait in each: asked of the broker, at most every 15 seconds."""

from celery.exceptions import CeleryError
from django.core.cache import cache
from kombu.exceptions import KombuError, OperationalError
from redis.exceptions import RedisError

from workers.celery import app

NAMES = ("ingest", "places", "export", "training", "predict", "upkeep")
FRESH = 15
# Seconds the workers have for their answer; each of them is waited for so long.
PATIENCE = 1
AWAY = (OperationalError, KombuError, RedisError, CeleryError, OSError)
KEY = "listening"


def listening() -> dict[str, int] | None:
    """How many workers listen to each queue; None when the broker is away."""
    try:
        found = cache.get(KEY)
        if found is None:
            found = _ask()
            cache.set(KEY, found, FRESH)
    except AWAY:
        return None
    return found


def _ask() -> dict[str, int]:
    with app.connection_for_write(connect_timeout=2) as broker:
        broker.ensure_connection(max_retries=1, timeout=2)
        answers = app.control.inspect(timeout=PATIENCE, connection=broker).active_queues() or {}
    heard = [queue["name"] for queues in answers.values() for queue in queues]
    return {name: heard.count(name) for name in NAMES}


def lengths() -> dict[str, int] | None:
    """How many messages wait in each queue; None when the broker is away."""
    try:
        with app.connection_for_read(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
            asked = broker.default_channel.client.pipeline()
            for name in NAMES:
                asked.llen(name)
            return dict(zip(NAMES, asked.execute(), strict=True))
    except AWAY:
        return None
