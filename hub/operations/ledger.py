"""The ledger of jobs as operators see it: what waits, runs and failed, by kind; and what each failed job was about."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Model
from django.urls import reverse

from hub import jobs
from hub.models import Account, Archive, DatasetVersion, Image, Job, Notice, Place, Submission, TrainingRequest

LIVE = ("queued", "running", "failed")


@dataclass(frozen=True, slots=True)
class Row:
    """How many jobs of a kind are in each state that is not done, and the seconds the oldest has waited."""

    kind: str
    title: str
    queued: int
    running: int
    failed: int
    oldest: float


def counted() -> dict[tuple[str, str], int]:
    """How many jobs are in each state but done, by (kind, state): read from an index that holds no others."""
    rows = Job.objects.exclude(state="done").order_by().values_list("kind", "state").annotate(n=Count("*"))
    return {(kind, state): n for kind, state, n in rows}


def rows() -> list[Row]:
    """Every kind of job."""
    n, ages = counted(), jobs.oldest_ages()
    found = []
    for kind in Job.Kind:
        queued, running, failed = (n.get((kind.value, state), 0) for state in LIVE)
        found.append(Row(kind.value, kind.label, queued, running, failed, ages.get(kind.value, 0.0)))
    return found


@dataclass(frozen=True, slots=True)
class Failed:
    """A job that failed for good: what it was about in words and where that is ("": nowhere this operator may go)."""

    job: Job
    about: str
    url: str

    @property
    def last(self) -> str:
        """The last line of its error."""
        lines = self.job.error.strip().splitlines()
        return lines[-1] if lines else "It left no error: its process was killed each time."


def explained(found: Iterable[Job], operator: Account) -> list[Failed]:
    """Failed jobs with what each was about, one question for each kind among them."""
    found = list(found)
    subjects: dict[str, dict[int, Any]] = {}
    for kind in {job.kind for job in found}:
        pks = [job.subject for job in found if job.kind == kind]
        model, related = MODELS.get(kind, (None, ()))
        subjects[kind] = model._default_manager.select_related(*related).in_bulk(pks) if model else {}
    return [Failed(job, *_told(job, subjects[job.kind].get(job.subject), operator)) for job in found]


MODELS: dict[str, tuple[type[Model], tuple[str, ...]]] = {
    Job.Kind.INGEST: (Submission, ()),
    Job.Kind.RELATE: (Image, ()),
    Job.Kind.LOCATE: (Place, ()),
    Job.Kind.FREEZE: (DatasetVersion, ("dataset",)),
    Job.Kind.PACK: (Archive, ()),
    Job.Kind.TRAIN: (TrainingRequest, ()),
    Job.Kind.MAIL: (Notice, ("account",)),
}


def _told(job: Job, subject: Any, operator: Account) -> tuple[str, str]:
    """What a subject is called, and its address."""
    if subject is None:
        return ("all new photos" if job.kind == Job.Kind.EMBED else f"number {job.subject}, which is gone"), ""
    match subject:
        case Submission():
            return f"{subject.filename}, batch {subject.batch_id}", _in_admin(subject, operator)
        case Image():
            return f"image {subject.sha256[:12]}", "" if subject.withdrawn_at else subject.get_absolute_url()
        case DatasetVersion():
            return _version(subject, operator)
        case Archive():
            seen = DatasetVersion.objects.select_related("dataset").filter(digest=subject.digest).first()
            name, url = _version(seen, operator) if seen else ("a version that is gone", "")
            return f"{subject.get_format_display()}, {subject.side or 'original'}, of {name}", url
        case Notice():
            return f"“{subject.get_kind_display()}” to {subject.account.username}", _in_admin(subject.account, operator)
        case Place():  # never what somebody typed: it may be where they live
            return f"place {subject.pk}", _in_admin(subject, operator)
        case _:
            return f"training {subject.pk} of {subject.backbone}", _in_admin(subject, operator)


def _version(version: DatasetVersion, operator: Account) -> tuple[str, str]:
    """A version by its dataset's name where the operator sees it; a private one by its number alone."""
    if version.dataset.public or version.dataset.owner_id == operator.pk:
        return f"{version.dataset.name}, version {version.number}", version.get_absolute_url()
    return f"version {version.pk} of a private dataset", ""


def _in_admin(row: Model, operator: Account) -> str:
    """Its page in the administration, for whom that shows it."""
    name = row._meta.model_name
    return reverse(f"admin:hub_{name}_change", args=[row.pk]) if operator.has_perm(f"hub.view_{name}") else ""
