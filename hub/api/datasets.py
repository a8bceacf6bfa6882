"""Datasets: name a selection, freeze it."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.responses import Status

from hub import datasets, selections
from hub.api.access import Request, account_of, costly, makers, readers
from hub.api.answers import Page, Strict, only, page_url, paged, url
from hub.api.idempotency import once
from hub.api.versions import VersionOut
from hub.api.versions import told as version_told
from hub.browse import keyset
from hub.models import Account, Dataset, DatasetVersion
from hub.people import suppliers
from hub.problems import Refused
from hub.views.shortfalls import noted
from workers.celery import ring

router = Router(auth=readers)
PAGE = 50
UNKNOWN = object()


class DatasetIn(Strict):
    """A selection to name. Which fields it has: see the answer of a preview, or docs/api.md."""

    name: str
    description: str = ""
    public: bool = False
    selection: dict[str, Any]


class DatasetOut(Schema):
    """A named selection; `latest` is its newest frozen version's id."""

    id: int
    name: str
    description: str
    public: bool
    owner: str
    selection: dict[str, Any]
    latest: str | None
    created_at: str
    url: str
    versions: str
    page: str


def told(request: HttpRequest, dataset: Dataset) -> dict[str, Any]:
    """A dataset as scripts see it."""
    if (latest := getattr(dataset, "latest", UNKNOWN)) is UNKNOWN:
        latest = _latest(dataset.pk).values_list("digest", flat=True).first()
    return {name: getattr(dataset, name) for name in ("id", "name", "description", "public", "selection")} | {
        "owner": suppliers.name(dataset.owner),
        "latest": latest,
        "created_at": dataset.created_at.isoformat(),
        "url": url(request, "one_dataset", dataset.pk),
        "versions": url(request, "list_versions", dataset.pk),
        "page": page_url(request, "dataset", dataset.pk),
    }


def _latest(dataset: Any) -> QuerySet[DatasetVersion]:
    """The newest frozen version of a dataset."""
    return DatasetVersion.objects.filter(dataset=dataset, state="ready").order_by("-number")[:1]


def find(account: Account | None, pk: int) -> Dataset:
    """A dataset this visitor may see. Raises Refused: a private one of somebody else is not there."""
    seen = Dataset.objects.filter(datasets.visible_to(account)).select_related("owner")
    if dataset := seen.filter(pk=pk).first():
        return dataset
    raise Refused("not_found", 404)


def own(request: Request, pk: int) -> Dataset:
    """A dataset of this account's own. Raises Refused."""
    dataset = find(account_of(request), pk)
    if dataset.owner_id != account_of(request).pk:
        raise Refused("forbidden", 403)
    return dataset


@router.get("/datasets", response=Page[DatasetOut])
def list_datasets(request: Request, mine: bool = False, before: str = ""):
    """The datasets you may see, public ones and your own, the newest first; only your own with `mine`."""
    only(request, "mine", "before")
    seen = Dataset.objects.filter(datasets.visible_to(request.auth.account))
    if mine:
        seen = seen.filter(owner=request.auth.account)
    seen = seen.select_related("owner").annotate(latest=Subquery(_latest(OuterRef("pk")).values("digest")))
    found, cursor = keyset(seen.order_by("-id"), before, PAGE)
    return paged(request, [told(request, dataset) for dataset in found], before=cursor)


@router.post("/datasets", response={201: DatasetOut}, auth=makers)
@once
def create_dataset(request: Request, data: DatasetIn):
    """Name a selection. Nothing is frozen yet."""
    selection = selections.read(data.selection)
    dataset = datasets.create(
        owner=account_of(request),
        name=data.name,
        selection=selection,
        description=data.description,
        public=data.public,
    )
    dataset.refresh_from_db()
    return Status(201, told(request, dataset))


@router.get("/datasets/{pk}", response=DatasetOut)
def one_dataset(request: Request, pk: int):
    """One dataset."""
    return told(request, find(request.auth.account, pk))


@router.get("/datasets/{pk}/versions", response=Page[VersionOut])
def list_versions(request: Request, pk: int, before: str = ""):
    """The versions of a dataset, the newest first."""
    versions = find(request.auth.account, pk).versions.select_related("dataset")
    found, cursor = keyset(versions.order_by("-id"), before, PAGE)
    return paged(request, [version_told(request, version) for version in found], before=cursor)


@router.post("/datasets/{pk}/versions", response={202: VersionOut}, auth=makers, throttle=costly)
@once
def freeze(request: Request, pk: int):
    """Freeze what the selection gives now into a new version: your dataset only. Follow the `job`."""
    dataset = own(request, pk)
    with noted(dataset.owner, selections.read(dataset.selection)):
        version, job = datasets.order_version(dataset)
    ring(job)
    return Status(202, version_told(request, version, job))


@router.get("/datasets/{pk}/versions/{number}", response=VersionOut)
def numbered_version(request: Request, pk: int, number: int):
    """A version of a dataset by its number, frozen or not."""
    dataset = find(request.auth.account, pk)
    version = dataset.versions.filter(number=number).select_related("dataset").first()
    if version is None:
        raise Refused("not_found", 404)
    return version_told(request, version)
