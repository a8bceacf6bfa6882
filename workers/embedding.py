"""Queue `training`: compare pictures by deep features. One job takes whatever waits, in a process that ends with it."""

import time
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.db import transaction

from hub import counts, jobs, neighbours
from hub.models import Backbone, Job
from workers.celery import app
from workers.training import told_to_end
from workers.working import work_on

if TYPE_CHECKING:
    import numpy as np

    from workers.backbones.pooled import Pooled

# Networks and arrays are imported by the task itself.
log = structlog.get_logger("workers.embedding")
PASS = 64  # images written in one transaction
TURN = 600  # seconds until others of the queue get theirs


@app.task
def embed(job: int) -> None:
    """Compare what waits."""
    work_on(job, compare)


def compare(work: jobs.Work) -> list[Job] | None:
    """Make vectors of the images that have none, and find those most like them; what is left goes into a new job."""
    ending: list[bool] = []
    with told_to_end(ending):
        left = _compared(ending)
    if ending:
        jobs.postpone(work, "its worker was told to end")
        return None
    with transaction.atomic():
        jobs.finish(work)
        return [jobs.open_job(Job.Kind.EMBED, neighbours.EVERYTHING)] if left else []


def _compared(ending: list[bool]) -> bool:
    """Whether images are left that another turn would compare."""
    from workers.backbones.types import Failure

    row = neighbours.backbone()
    if row is None or not neighbours.waiting(row, 1):
        return False
    try:
        return _passes(row, ending)
    except Failure as failure:  # its weights went or changed: the next start of a worker says so
        log.warning("not compared", code=failure.code, detail=failure.detail)
        return False


def _passes(row: Backbone, ending: list[bool]) -> bool:
    """One pass after the other until the turn is over; whether images are left."""
    network, until = _network(row), time.monotonic() + TURN
    while images := neighbours.waiting(row, PASS):
        if ending or time.monotonic() > until:
            return True
        compared(row, network, images)
    return False


def _network(row: Backbone) -> "Pooled":
    from workers import backbones
    from workers.backbones.pooled import Pooled
    from workers.backbones.types import Failure

    weights = backbones.locate(row.name, settings.WEIGHTS_DIR, settings.WEIGHTS_HASHES)
    if weights.sha256 != row.weights_sha256:  # or what is written would wait again for ever
        raise Failure("weights_changed", backbone=row.name)
    return Pooled(backbones.BACKBONES[row.name], weights)


def compared(row: Backbone, network: "Pooled", images: list[dict[str, Any]]) -> None:
    """Write the vectors of some images, and which are most like them."""
    from workers import vectors

    made = _made(row, network, images)
    whole = {image: vector for image, vector in made.items() if vector is not None}
    found = vectors.nearest(whole, row.weights_sha256, neighbours.NEAREST)  # before the lock: it may take seconds
    with transaction.atomic():
        counts.lock()
        vectors.put(row.name, row.weights_sha256, made)
        neighbours.keep(made, found)


def _made(row: Backbone, network: "Pooled", images: list[dict[str, Any]]) -> "dict[int, np.ndarray | None]":
    """Vectors of length 1 by image; None where the picture is gone or does not decode."""
    from workers import vectors
    from workers.backbones.types import Example
    from workers.training_rows import Features, rendition

    rows = {one["sha256"]: one for one in images}
    examples = [Example(name, 0, "", 0) for name in rows]
    found = network.vectors(
        examples, lambda one: rendition(one.id, rows[one.id]["rendition"]), Features(row.name, rows)
    )
    return {one["image"]: vectors.normal(found[name]) if name in found else None for name, one in rows.items()}
