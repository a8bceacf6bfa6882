"""Versions: what was frozen, by the id that is the SHA-256 of its manifest."""

import re
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from hub import archives, datasets, reasons, storage
from hub.api.access import Request, readers
from hub.api.answers import Page, file_of, page_url, paged, url
from hub.models import Account, DatasetMember, DatasetVersion, Image, Job, Rendition
from hub.people import downloads
from hub.problems import Refused

router = Router(auth=readers)
PAGE = 1000
ID = re.compile(r"[0-9a-f]{8,64}")
TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


class VersionOut(Schema):
    """A frozen dataset. `id` is the SHA-256 of its manifest, none until `state` is ready; `header` its first line."""

    id: str | None
    dataset: int
    number: int
    state: str
    reason: str
    words: str
    advice: str
    about: dict[str, Any]
    images: int
    groups: int
    withdrawn: int
    selection: dict[str, Any]
    header: dict[str, Any]
    created_at: str
    frozen_at: str | None
    job: str | None
    url: str
    manifest: str | None
    members: str | None
    archives: str | None
    page: str


class MemberOut(Schema):
    """An image of a version; its file is gone where it was `withdrawn` since."""

    image: int
    sha256: str
    labels: list[int]
    split: str
    fold: int | None
    verified: bool
    withdrawn: bool


class DifferenceOut(Schema):
    """How many images differ between two versions, by what changed."""

    old: str
    new: str
    added: int
    removed: int
    relabelled: int
    moved: int
    withdrawn: int
    changes: str


class ChangeOut(Schema):
    """An image that differs."""

    image: int
    sha256: str
    change: str
    labels_before: list[int] | None
    labels_after: list[int] | None
    split_before: str | None
    split_after: str | None


def told(request: HttpRequest, version: DatasetVersion, job: Job | None = None) -> dict[str, Any]:
    """A version as scripts see it."""
    copied = ("number", "state", "reason", "images", "groups", "selection", "header")
    digest = version.digest or None
    return {name: getattr(version, name) for name in copied} | {
        "id": digest,
        "dataset": version.dataset_id,
        "words": reasons.words(version.reason, version.detail) if version.reason else "",
        "advice": reasons.advice(version.reason) if version.reason else "",
        "about": version.detail,
        "withdrawn": archives.without(version.digest)[0] if digest else 0,
        "created_at": version.created_at.isoformat(),
        "frozen_at": version.frozen_at.isoformat() if version.frozen_at else None,
        "job": url(request, "one_job", job.pk) if job else None,
        "url": url(request, "numbered_version", version.dataset_id, version.number),
        **{name: url(request, name, digest) if digest else None for name in ("manifest", "members", "archives")},
        "page": page_url(request, "version", version.dataset_id, version.number),
    }


def find(account: Account | None, id: str) -> DatasetVersion:
    """The version of this id, or of its first eight digits or more, among those the visitor may see. Raises Refused."""
    if not ID.fullmatch(id):
        raise Refused("not_found", 404)
    seen = datasets.versions_visible_to(account).filter(digest__startswith=id, state="ready")
    digests = list(seen.values_list("digest", flat=True).distinct().order_by("digest")[:2])
    if len(digests) > 1:
        raise Refused("ambiguous_id", 409, id=id)
    if not digests:
        raise Refused("not_found", 404)
    own_first = seen.filter(dataset__owner=account).first() if account else None
    return own_first or seen.order_by("id")[0]


@router.get("/versions/{id}", response=VersionOut)
def one_version(request: Request, id: str):
    """A version of a dataset you may see, by its id or the first eight digits of it or more."""
    return told(request, find(request.auth.account, id))


@router.get("/versions/{id}/manifest", openapi_extra=file_of("application/x-ndjson"))
def manifest(request: Request, id: str):
    """The canonical manifest, byte for byte: its SHA-256 is the id. A JSON object a line; the first is the header."""
    digest = find(request.auth.account, id).digest
    downloads.keep(request.auth.account, digest)
    return storage.response("artifacts", storage.key(digest, ".jsonl"), "application/x-ndjson", f"{digest}.jsonl")


@router.get("/versions/{id}/members", response=Page[MemberOut])
def members(request: Request, id: str, after: int = 0):
    """The images of a version, a thousand at a time, with which of them were withdrawn since."""
    version = find(request.auth.account, id)
    rows = DatasetMember.objects.filter(version=version, image__gt=after).select_related("image").order_by("image")
    found = list(rows.only("labels", "split", "fold", "verified", "image__sha256", "image__withdrawn_at")[: PAGE + 1])
    cursor = found[PAGE - 1].image_id if len(found) > PAGE else ""
    return paged(request, [_member(row) for row in found[:PAGE]], after=cursor)


def _member(row: DatasetMember) -> dict[str, Any]:
    copied = {name: getattr(row, name) for name in ("labels", "split", "fold", "verified")}
    image = row.image
    return copied | {"image": image.pk, "sha256": image.sha256, "withdrawn": image.withdrawn_at is not None}


@router.get("/versions/{old}/diff/{new}", response=DifferenceOut)
def difference(request: Request, old: str, new: str):
    """How two versions differ."""
    first, second = (find(request.auth.account, id) for id in (old, new))
    names = {"old": first.digest, "new": second.digest}
    changes = url(request, "changes", *names.values())
    return datasets.difference(first, second) | names | {"changes": changes}


@router.get("/versions/{old}/diff/{new}/changes", response=Page[ChangeOut])
def changes(request: Request, old: str, new: str, after: int = 0):
    """Which images differ between two versions, a thousand at a time."""
    first, second = (find(request.auth.account, id) for id in (old, new))
    rows = datasets.changes(first, second, after, PAGE + 1)
    return paged(request, rows[:PAGE], after=rows[PAGE - 1]["image"] if len(rows) > PAGE else "")


@router.get("/versions/{id}/files/{sha256}", openapi_extra=file_of(*TYPES.values()))
def one_file(request: Request, id: str, sha256: str, size: str = "224"):
    """The picture of one member, by the SHA-256 of its image; 410 when it was withdrawn."""
    version = find(request.auth.account, id)
    side = archives.side_of(size)
    image = Image.objects.filter(memberships__version=version, sha256=sha256[:65].replace("\0", "")).first()
    if image is None:
        raise Refused("not_found", 404)
    if image.withdrawn_at:
        raise Refused("gone", 410)
    file = Rendition.objects.filter(image=image, side=side).first()
    if file is None:  # originals without metadata are made when the first archive of them is packed
        raise Refused("not_packed", 409)
    return storage.response("renditions", storage.rendition_key(file.sha256), TYPES[file.extension])
