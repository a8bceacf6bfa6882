"""What a training worker does first: find out, in a process of its own, which networks it can train."""

import subprocess
import sys
import threading
from collections.abc import Iterator

from celery.signals import worker_ready
from django.conf import settings

from hub.models import Backbone
from workers.celery import QUEUES

TITLES = {
    "vgg16": "VGG16",
    "vgg19": "VGG19",
    "inceptionv3": "InceptionV3",
    "xception": "Xception",
    "scratch": "From scratch",
}


@worker_ready.connect
def report(sender, **_) -> None:
    """Fetch weights and report what there is, while the worker answers already; its parent stays small."""
    if QUEUES["train"] in sender.app.amqp.queues.consume_from:
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "fetch_weights"]
        threading.Thread(target=subprocess.run, args=[command], daemon=True).start()


def found_backbones(fetch: bool) -> Iterator[Backbone]:
    """Every network, with what this machine has of it; `fetch`: download the weights that lack.

    First the one that needs none, so that it can be asked for while the others are looked for.
    """
    from workers.backbones import spec

    gpus = _gpus()
    for one in sorted(spec.BACKBONES.values(), key=lambda one: one.published is not None):
        row = Backbone(name=one.name, title=TITLES[one.name], side=one.side, gpus=gpus, available=True)
        if one.published:
            _prove(row, fetch)
        yield row


def _prove(row: Backbone, fetch: bool) -> None:
    """Say of a network's row which weights there are, or in a code why there are none."""
    from workers.backbones import weights
    from workers.backbones.types import Failure

    where, own = settings.WEIGHTS_DIR, settings.WEIGHTS_HASHES
    try:
        try:
            found = weights.locate(row.name, where, own)
        except Failure as failure:
            if failure.code != "weights_missing" or not fetch:
                raise
            found = weights.fetch(row.name, where)
        row.weights_sha256, row.published = found.sha256, found.sha256 not in own.values()
    except Failure as failure:
        lacking = "weights_damaged" if failure.code == "weights_damaged" else "weights_missing"
        row.available, row.reason = False, lacking


def _gpus() -> int:
    import tensorflow as tf

    return len(tf.config.list_physical_devices("GPU"))
