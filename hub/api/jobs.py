"""Jobs: the work behind a 202."""

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema

from hub import datasets
from hub.api.access import Bearer, Request, account_of
from hub.api.answers import url
from hub.models import Account, Archive, DatasetVersion, Job, Submission, TrainingRequest
from hub.problems import Refused

router = Router(auth=Bearer())


class JobOut(Schema):
    """A piece of work: queued, running, done or failed. What came of it is told at `about`."""

    id: int
    kind: str
    state: str
    attempt: int
    created_at: str
    finished_at: str | None
    about: str
    url: str


def about(request: HttpRequest, account: Account, job: Job) -> str:
    """Where what a job works on is, for those it concerns. Raises Refused for everybody else."""
    subject = _mine(account, job).filter(pk=job.subject).first()
    if isinstance(subject, DatasetVersion):
        return url(request, "numbered_version", subject.dataset_id, subject.number)
    if isinstance(subject, Archive):
        return url(request, "one_archive", subject.pk)
    if isinstance(subject, TrainingRequest):
        return url(request, "one_training", subject.pk)
    if isinstance(subject, Submission):
        return url(request, "one_batch", subject.batch_id)
    raise Refused("not_found", 404)


def _mine(account: Account, job: Job) -> QuerySet:
    if job.kind == Job.Kind.FREEZE:
        return DatasetVersion.objects.filter(dataset__owner=account)
    if job.kind == Job.Kind.PACK:
        return Archive.objects.filter(digest__in=datasets.versions_visible_to(account).values("digest"))
    if job.kind == Job.Kind.TRAIN:
        return TrainingRequest.objects.filter(owner=account)
    if job.kind == Job.Kind.INGEST:
        return Submission.objects.filter(batch__supplier=account)
    return Job.objects.none()


@router.get("/jobs/{pk}", response=JobOut)
def one_job(request: Request, pk: int):
    """A job about a submission, dataset or training of yours, or an archive you may have."""
    job = Job.objects.filter(pk=pk).first()
    if job is None:
        raise Refused("not_found", 404)
    return {name: getattr(job, name) for name in ("id", "kind", "state", "attempt")} | {
        "created_at": job.created_at.isoformat(),
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
        "about": about(request, account_of(request), job),
        "url": url(request, "one_job", job.pk),
    }
