"""What becomes of the thing a job was about when the job has failed for good."""

from collections.abc import Callable

from django.db import transaction
from django.db.models.functions import Now

from hub import archives, datasets, jobs, progress
from hub.models import Job, Submission

REASON = "our_failure"


def give_up(job: Job, error: str, attempt: int | None = None) -> bool:
    """Our matter: the job has failed for good, and so has its subject. `attempt`: by whoever holds it."""
    with transaction.atomic():
        if not jobs.bury(job.pk, error, attempt):
            return False
        if job.kind in SUBJECTS:
            SUBJECTS[job.kind](job.subject)
    return True


def _submission(subject: int) -> None:
    Submission.objects.filter(pk=subject, state="received").update(state="failed", reason=REASON, decided_at=Now())


SUBJECTS: dict[str, Callable[[int], None]] = {
    Job.Kind.INGEST: _submission,
    Job.Kind.FREEZE: lambda version: datasets.fail(version, REASON),
    Job.Kind.PACK: lambda archive: archives.fail(archive, REASON),
    Job.Kind.TRAIN: progress.give_up,
}
