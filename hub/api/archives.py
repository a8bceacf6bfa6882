"""Archives: order a version in a format and size, follow the packing, get a link."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.responses import Status

from hub import archives, datasets, reasons
from hub.api.access import Request, account_of, costly, makers, readers
from hub.api.answers import Strict, page_url, url
from hub.api.idempotency import once
from hub.api.versions import find
from hub.models import Account, Archive, Job
from hub.problems import Refused
from workers.celery import ring

router = Router(auth=readers)


class ArchiveIn(Strict):
    """What to pack: imagefolder, coco, webdataset or parquet; 224, 299, 1024 or original."""

    format: str = "imagefolder"
    size: str = "224"


class ArchiveOut(Schema):
    """A version packed. `link` fetches it for a day, once `state` is ready; `seconds_left` is a guess."""

    id: int
    version: str
    format: str
    pictures: str
    state: str
    reason: str
    words: str
    percent: int
    done: int
    seconds_left: int | None
    size: int | None
    sha256: str
    tombstones: int
    downloads: int
    filename: str
    link: str | None
    job: str | None
    url: str


def told(request: HttpRequest, account: Account | None, archive: Archive, job: Job | None = None) -> dict[str, Any]:
    """An archive as scripts see it."""
    copied = ("format", "state", "reason", "percent", "done", "size", "sha256", "tombstones", "downloads")
    ready = archive.state == Archive.State.READY
    return {name: getattr(archive, name) for name in copied} | {
        "id": archive.pk,
        "version": archive.digest,
        "pictures": str(archive.side or "original"),
        "words": reasons.words(archive.reason) if archive.reason else "",
        "seconds_left": archives.seconds_left(archive),
        "filename": archives.filename(archive),
        "link": page_url(request, "fetch", archives.link(archive, account)) if ready else None,
        "job": url(request, "one_job", job.pk) if job else None,
        "url": url(request, "one_archive", archive.pk),
    }


@router.get("/versions/{id}/archives", response=list[ArchiveOut], url_name="archives")
def list_archives(request: Request, id: str):
    """The archives of a version: the newest of each format and size."""
    version = find(request.auth.account, id)
    return [told(request, request.auth.account, archive) for archive in archives.of(version)]


@router.post("/versions/{id}/archives", response={200: ArchiveOut, 202: ArchiveOut}, auth=makers, throttle=costly)
@once
def order_archive(request: Request, id: str, data: ArchiveIn):
    """Ask for an archive: 200 when it is packed already, 202 with the `job` that packs it."""
    version = find(request.auth.account, id)
    who = account_of(request)
    archive, job = archives.order(version, *archives.choose(data.format, data.size), [who], who)
    ring(job)
    return Status(202 if job else 200, told(request, request.auth.account, archive, job))


@router.get("/archives/{pk}", response=ArchiveOut)
def one_archive(request: Request, pk: int):
    """An archive of a version you may see."""
    archive = Archive.objects.filter(pk=pk).first()
    seen = datasets.versions_visible_to(request.auth.account)
    if archive is None or not seen.filter(digest=archive.digest).exists():
        raise Refused("not_found", 404)
    return told(request, request.auth.account, archive)
