"""Queue `training`: make the model somebody asked for, one training at a time in a process of its own."""

from hub import jobs
from hub.models import Job
from workers.celery import app
from workers.working import work_on


@app.task
def train(job: int) -> None:
    """Train one model."""
    work_on(job, train_model)


def train_model(work: jobs.Work) -> list[Job] | None:
    """Train a model as its request says."""
    raise NotImplementedError
