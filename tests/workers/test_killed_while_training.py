"""kill -9 in the middle of a training, in a process of its own: the next attempt loses one epoch at most."""

import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.db.models.functions import Now

from hub import embedded
from hub.models import Job
from hub.trainings import Wish
from tests.parts import committed, empty_storage
from tests.workers.test_training import _a_worker_has_reported, _no_files, asked, worked  # noqa: F401  fixtures
from tests.workers.test_training_features import wrong

PROGRAM = """
import sys, django; django.setup()
from hub import progress
from workers import training
epoch = progress.epoch
progress.epoch = lambda *told: (epoch(*told), print("epoch", flush=True))
training.train(int(sys.argv[1]))
"""


def killed_after(epochs: int, job: int, home) -> None:
    """Let a process of its own train, and kill it once it has written so many epochs."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(job)],
        env=os.environ | {"DATABASE_URL": url, "HUB_HOME": str(home), "TF_CPP_MIN_LOG_LEVEL": "3"},
        cwd=embedded.REPO,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        for _ in range(epochs):
            assert process.stdout.readline() == b"epoch\n"
        process.kill()


@committed
@pytest.mark.usefixtures("_no_files")
def test_a_training_that_was_killed_goes_on_from_its_last_epoch(settings, tmp_path):
    empty_storage(settings, tmp_path / "files")
    request = asked(Wish("scratch", "full", epochs=6))
    job = Job.objects.get(kind="train")
    killed_after(2, job.pk, tmp_path)
    written = request.epochs.count()
    assert written >= 2
    Job.objects.filter(pk=job.pk).update(lease_until=Now())
    assert (worked(request).state, request.resumed_at) == ("ready", written)
    numbers = list(request.epochs.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert wrong() == {}
