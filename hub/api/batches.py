"""Batches: open one, see what became of its files."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from ninja.responses import Status

from hub import places, submissions
from hub.api.access import Request, account_of, givers, own_givers
from hub.api.answers import Page, Strict, page_url, paged, url
from hub.api.idempotency import once
from hub.api.labels import named
from hub.api.submissions import SubmissionOut, shown
from hub.browse import keyset
from hub.models import Batch
from hub.models.submission import Licence, Precision
from hub.views.uploads import counts, rows
from workers.celery import ring

router = Router(auth=givers)
PAGE = 50


class BatchIn(Strict):
    """One act of giving. `place`: coordinates or the name of a town; hidden batches keep none."""

    label: str
    licence: Licence
    precision: Precision = Precision.OPEN
    place: str = ""
    use_photo_place: bool = False


class BatchOut(Schema):
    """A batch; `agreement` is what its supplier agreed to, `counts` says how many of its files are in each state."""

    id: int
    label: str
    licence: str
    precision: str
    place: str
    credit: str
    agreement: str
    counts: dict[str, int]
    open: int
    done: bool
    url: str
    files: str
    page: str


class BatchWhole(BatchOut):
    """A batch with its files."""

    submissions: list[SubmissionOut]


def told(request: HttpRequest, batch: Batch) -> dict[str, Any]:
    """A batch as scripts see it."""
    counted = counts(batch)
    return {
        "id": batch.pk,
        "label": batch.label.slug,
        "licence": batch.licence,
        "precision": batch.precision,
        "place": places.shown(batch),
        "credit": batch.credit,
        "agreement": batch.agreement,
        "counts": counted,
        "open": settings.MAX_BATCH_FILES - batch.total,
        "done": not counted["received"],
        "url": url(request, "one_batch", batch.pk),
        "files": url(request, "give_file", batch.pk),
        "page": page_url(request, "batch", batch.pk),
    }


def own(request: Request, pk: int) -> Batch:
    """A batch of this account's own; to everybody else there is none."""
    return get_object_or_404(own_batches(request), pk=pk)


def own_batches(request: Request):
    """The batches of this account."""
    return Batch.objects.filter(supplier=account_of(request)).select_related("label", "place", "supplier")


@router.get("/batches", response=Page[BatchOut], auth=own_givers)
def list_batches(request: Request, before: str = ""):
    """Your batches, the newest first."""
    found, cursor = keyset(own_batches(request).order_by("-id"), before, PAGE)
    return paged(request, [told(request, batch) for batch in found], before=cursor)


@router.post("/batches", response={201: BatchOut})
@once
def open_batch(request: Request, data: BatchIn):
    """Open a batch, to send files to."""
    batch = submissions.start_batch(
        supplier=account_of(request),
        label=named(data.label),
        licence=data.licence.value,
        precision=data.precision.value,
        place_text=data.place,
        use_photo_place=data.use_photo_place,
    )
    ring(places.lookup(batch.place))
    return Status(201, told(request, batch))


@router.get("/batches/{pk}", response=BatchWhole, auth=own_givers)
def one_batch(request: Request, pk: int):
    """A batch of yours with all its files: at most as many as one may hold."""
    batch = own(request, pk)
    return told(request, batch) | {"submissions": [shown(request, row) for row in rows(batch)]}
