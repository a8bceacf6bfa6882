"""Submissions: send a file, and learn which need not be sent."""

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import File, Form, Router, Schema
from ninja.files import UploadedFile
from ninja.responses import Status

from hub import reasons, submissions
from hub.api.access import Request, account_of, givers
from hub.api.answers import Strict, url
from hub.api.idempotency import once
from hub.api.labels import named
from hub.models import Account, Batch, Image, Job, Label, Submission
from hub.problems import Refused
from hub.templatetags.hub import what_next, why
from workers.celery import ring

router = Router(auth=givers)
MANY = 500


class SubmissionOut(Schema):
    """A file and what became of it: `reason` is a stable code, `words` and `advice` say it to people."""

    id: int
    filename: str
    sha256: str
    state: str
    reason: str
    words: str
    advice: str
    label: str
    image: str | None
    twin: str | None
    job: str | None


class Known(Strict):
    """Digests of files that somebody thinks of giving under a label."""

    label: str
    sha256: list[str]


class KnownOut(Schema):
    """What is known of a file that need not be sent."""

    sha256: str
    state: str
    reason: str
    words: str
    advice: str
    image: str | None


def shown(request: HttpRequest, row: Submission, job: Job | None = None) -> dict[str, Any]:
    """A submission as scripts see it."""
    return {
        "id": row.pk,
        "filename": row.filename,
        "sha256": row.sha256,
        "state": row.state,
        "reason": row.reason,
        "words": why(row),
        "advice": what_next(row),
        "label": row.label.slug,
        "image": _image(request, row.image),
        "twin": _image(request, row.twin),
        "job": url(request, "one_job", job.pk) if job else None,
    }


def _image(request: HttpRequest, image: Image | None) -> str | None:
    return None if image is None or image.withdrawn_at else url(request, "one_image", image.sha256)


@router.post("/batches/{pk}/files", response={202: SubmissionOut})
@once
def give_file(
    request: Request, pk: int, file: File[UploadedFile | None] = None, sha256: Form[str] = "", label: Form[str] = ""
):
    """Send one file. With its `sha256` a file that changed on the way is refused. `label`: when not the batch's."""
    batch = get_object_or_404(Batch, pk=pk, supplier=account_of(request))
    if file is None:
        raise Refused("no_file", 400)
    wanted = named(label) if label else None
    row, job = submissions.receive(batch, file, file.name or "photo", label=wanted, declared=sha256)
    ring(job)
    return Status(202, shown(request, row, job))


@router.post("/files/known", response=list[KnownOut])
def known_files(request: Request, data: Known):
    """Which files need not be sent: here under this label already, or given by you and answered. At most 500 a time."""
    if len(data.sha256) > MANY:
        raise Refused("bad_request", field="sha256", said=f"At most {MANY}.")
    label = named(data.label)
    digests = [submissions.check_digest(sha256) for sha256 in data.sha256]
    known = {row.sha256: shown(request, row) for row in answered(account_of(request), label, digests)}
    here = reasons.words("same_bytes"), reasons.advice("same_bytes")
    for image in Image.objects.filter(sha256__in=digests, withdrawn_at=None, image_labels__label=label):
        known[image.sha256] = dict(zip(("words", "advice"), here, strict=True)) | {
            "sha256": image.sha256, "state": "duplicate", "reason": "same_bytes", "image": _image(request, image)
        }  # fmt: skip
    return list(known.values())


def answered(account: Account, label: Label, digests: list[str]) -> list[Submission]:
    """What this account gave under this label before, and need not send again."""
    given = Submission.objects.filter(batch__supplier=account, label=label, sha256__in=digests, incoming="")
    found = given.select_related("label", "image", "twin").order_by("id")
    return [row for row in found if not submissions.may_come_again(row) and not (row.twin and row.twin.withdrawn_at)]
