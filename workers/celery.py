"""Queues, limits and the beat schedule; the doorbell rung after a commit."""

import os
from typing import TYPE_CHECKING

import django
import structlog
from celery import Celery
from celery.signals import setup_logging, worker_process_init
from django.apps import apps
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from hub.models import Job

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
log = structlog.get_logger("workers.celery")
TASKS: dict[str, str] = {
    "ingest": "workers.ingest.ingest",
    "relate": "workers.ingest.relate",
    "locate": "workers.places.locate",
    "freeze": "workers.export.freeze",
    "pack": "workers.export.pack",
    "train": "workers.training.train",
    "mail": "workers.upkeep.mail",
    "embed": "workers.embedding.embed",
}
QUEUES = {"locate": "places", "freeze": "export", "pack": "export", "train": "training", "embed": "training"}
QUEUES |= {"mail": "upkeep"}
HOURS = 6 * 3600
DAYS = 3 * 24 * 3600

app = Celery(
    "workers",
    broker=settings.BROKER_URL,
    include=[
        *(f"workers.{name}" for name in ("ingest", "places", "export", "training", "training_start", "embedding")),
        *(f"workers.{name}" for name in ("predict", "upkeep")),
    ],
)
app.conf.update(
    # Only `predict` answers whoever waits for it; what became of all else is in its rows.
    task_ignore_result=True,
    result_backend=settings.BROKER_URL,
    result_expires=60,
    redis_socket_timeout=15,
    result_backend_transport_options={"retry_policy": {"max_retries": 2}},
    task_acks_late=False,  # the ledger, not the broker, remembers what is not done
    task_default_queue="ingest",
    task_routes={f"workers.{name}.*": {"queue": name} for name in ("places", "export", "training", "predict", "upkeep")}
    | {"workers.embedding.*": {"queue": "training"}},
    # A million images take a minute to freeze, and their archive an hour to pack.
    task_annotations={
        **{
            f"workers.export.{name}": {"soft_time_limit": HOURS, "time_limit": HOURS + 60}
            for name in ("freeze", "pack")
        },
        **{
            f"workers.training.{name}": {"soft_time_limit": DAYS, "time_limit": DAYS + 60} for name in ("train", "join")
        },
        "workers.embedding.embed": {"soft_time_limit": 3600, "time_limit": 3660},
    },
    task_soft_time_limit=90,
    task_time_limit=120,
    # One message refused by Redis must not keep a visitor waiting: the sweeper rings again.
    task_publish_retry=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={"socket_timeout": 5, "socket_connect_timeout": 2, "visibility_timeout": 3600},
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=500,
    worker_max_memory_per_child=600_000,  # KiB; a child that has grown is replaced after its task
    worker_send_task_events=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    beat_schedule={
        "sweep": {"task": "workers.upkeep.sweep", "schedule": 10.0, "options": {"expires": 10}},
        "announce": {"task": "workers.upkeep.announce", "schedule": 60.0, "options": {"expires": 60}},
        # Each hour it is asked whether one is due: so a beat that forgot when it last rang misses none.
        "audit": {"task": "workers.upkeep.audit", "schedule": 3600.0, "options": {"expires": 3600}},
        "tidy": {"task": "workers.upkeep.tidy", "schedule": 3600.0, "options": {"expires": 3600}},
    },
)


def unheard(kind: str) -> int:
    """How many messages wait in the queue of this kind of job; 0 when the broker does not say."""
    queue = QUEUES.get(kind, "ingest")
    try:
        with app.connection_for_read() as broker:
            return broker.default_channel.client.llen(queue)
    except (OperationalError, RedisError):
        return 0


def ring(*jobs: "Job | None") -> None:
    """Tell the workers of jobs, after the commit. With the broker away it only logs: the sweeper rings again."""
    for job in jobs:
        if job is not None:
            try:
                app.send_task(TASKS[job.kind], [job.pk], ignore_result=True)
            except OperationalError as error:
                log.warning("broker away", job=job.pk, error=str(error))
                return


@setup_logging.connect
def keep_our_logging(**_) -> None:
    """Celery would replace the hub's logging by its own."""


@worker_process_init.connect
def cap_memory(**_) -> None:
    """Give every child a memory cap, so that a hostile file meets MemoryError and not the machine."""
    import resource

    if settings.INGEST_CHILD_BYTES:
        resource.setrlimit(resource.RLIMIT_DATA, (settings.INGEST_CHILD_BYTES, settings.INGEST_CHILD_BYTES))


# Last, because the admin, which it loads, rings too.
if not apps.models_ready:
    django.setup()
