"""The frame around every task: claim, keep alive, hand over, release after our own failure."""

import shutil
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError

from hub import failures, jobs, storage
from hub.models import Job
from workers.celery import ring

log = structlog.get_logger("workers")


def work_on(job: int, act: Callable[[jobs.Work], list[Job] | None]) -> None:
    """Claim `job` and call `act`, which must finish it; then ring for the jobs it opened.

    Nothing is raised: a failure of ours is logged and queued again, and after the last attempt marked failed.
    """
    work = jobs.claim(job)
    if work is None:
        return
    with structlog.contextvars.bound_contextvars(job=work.job, kind=work.kind, subject=work.subject):
        try:
            with jobs.heartbeat(work):
                opened = act(work)
            ring(*(opened or []))
        except jobs.Superseded as lost:
            log.warning("superseded", reason=str(lost))
        except storage.Away as away:
            log.error("storage away", error=str(away))
            jobs.postpone(work, str(away))
        except (OperationalError, InterfaceError) as away:
            log.error("database away", error=str(away))  # the lease runs out, and the sweeper rings again
        except Exception:  # noqa: BLE001  whatever it is, the ledger must hear of it
            _failed(work, traceback.format_exc())


def _failed(work: jobs.Work, error: str) -> None:
    if not Job.objects.filter(pk=work.job).exists():  # what it was about was deleted, and gone when it was needed
        log.warning("superseded", reason=f"job {work.job} was taken away")
        return
    log.error("attempt failed", attempt=work.attempt, error=error)
    if not jobs.release(work, error):
        failures.give_up(Job.objects.get(pk=work.job), error, attempt=work.attempt)


def clear_scratch(prefix: str, age: int) -> None:
    """Remove the folders that workers which were killed left behind, so many seconds ago or earlier."""
    for folder in Path(settings.SCRATCH_DIR or tempfile.gettempdir()).glob(f"{prefix}*"):
        with suppress(FileNotFoundError):  # another worker clears it too
            if folder.stat().st_mtime < time.time() - age:
                shutil.rmtree(folder, ignore_errors=True)
