"""A worker that is told to end: a training ends at its next batch, all else is finished first."""

import signal
import time

import pytest
from billiard import Process

from workers import training
from workers.celery import app


@pytest.fixture
def child():
    """A child of this worker, at work."""
    process = Process(target=time.sleep, args=(60,))
    process.start()
    yield process
    process.terminate()
    process.join()


def told_to_end(monkeypatch, *queues: str) -> None:
    """What happens in a worker of these queues at SIGTERM."""
    monkeypatch.setattr(app.amqp.queues, "_consume_from", dict.fromkeys(queues))
    training.pass_on()


@pytest.mark.parametrize("queue", ["training", "training-1"])
def test_a_training_worker_tells_its_task(monkeypatch, child, queue):
    told_to_end(monkeypatch, queue)
    child.join(10)
    assert child.exitcode == -signal.SIGTERM


def test_every_other_worker_lets_its_task_finish(monkeypatch, child):
    told_to_end(monkeypatch, "places", "upkeep")
    child.join(0.5)
    assert child.is_alive()
