"""Models: which there are, what each is worth, its files; and what it says of pictures."""

import base64
import binascii
import json
from typing import IO, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema

from hub import trained, trying
from hub.api.access import Request, costly, readers
from hub.api.answers import Page, file_of, only, page_url, paged, url
from hub.api.labels import named
from hub.browse import keyset
from hub.models import Account, ModelFile, TrainedModel
from hub.problems import Refused
from hub.views.models import send_file
from workers import predict

router = Router(auth=readers)
PAGE = 50
PICTURE = {"type": "string", "format": "binary"}
# Either is taken: files of a form, or JSON, which Django would not read beyond 256 KiB.
PICTURES = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"files": {"type": "array", "items": PICTURE}}}
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"images": {"type": "array", "items": {"type": "string", "format": "byte"}}},
                }
            },
        },
    }
}


class ModelOut(Schema):
    """A finished model. `accuracy`: on pictures of groups it never saw; `interval` holds it with 95 %."""

    id: int
    version: str
    backbone: str
    method: str
    hyperparameters: dict[str, Any]
    labels: list[str]
    accuracy: float
    interval: list[float] | None
    images: int
    seconds: float
    downloads: int
    acquirers: int
    created_at: str
    url: str
    page: str


class FileOut(Schema):
    """A file of a model. `gap`: by how much its answers differ from the model's on the golden pictures."""

    name: str
    size: int
    sha256: str
    gap: float | None
    downloads: int
    url: str


class ModelWhole(ModelOut):
    """A model with all figures and files; `withdrawn` of its pictures were taken back, the share `lost`."""

    metrics: dict[str, Any]
    files: list[FileOut]
    withdrawn: int
    lost: float
    predict: str


class Guess(Schema):
    """A label, and how likely it is."""

    label: str
    probability: float


class PictureOut(Schema):
    """What a model says of a picture, the likeliest first; or a `code` why it says nothing, in words too."""

    name: str
    answers: list[Guess]
    code: str
    words: str
    advice: str


class Said(Schema):
    """What a model says of each picture, in their order. None of them was kept."""

    pictures: list[PictureOut]
    seconds: float


def told(request: HttpRequest, model: TrainedModel) -> dict[str, Any]:
    """A model of `shelf` as scripts see it."""
    copied = ("id", "backbone", "method", "hyperparameters", "labels", "accuracy", "images", "seconds", "downloads")
    return {name: getattr(model, name) for name in copied} | {
        "version": model.digest,
        "interval": model.metrics.get("interval"),
        "acquirers": model.acquired,  # type: ignore[attr-defined]
        "created_at": model.created_at.isoformat(),
        "url": url(request, "one_model", model.pk),
        "page": page_url(request, "model", model.pk),
    }


def shelf(account: Account | None) -> QuerySet[TrainedModel]:
    """The models an account may see, the newest first."""
    return trained.shelf(trained.visible_to(account)).order_by("-id")


@router.get("/models", response=Page[ModelOut])
def list_models(request: Request, label: str = "", before: str = ""):
    """The models of versions you may see, the newest first; those that know a label, by its slug."""
    only(request, "label", "before")
    models = shelf(request.auth.account)
    if label:
        models = models.filter(label_ids__contains=[named(label).pk])
    found, cursor = keyset(models, before, PAGE)
    return paged(request, [told(request, model) for model in found], before=cursor)


@router.get("/models/{pk}", response=ModelWhole)
def one_model(request: Request, pk: int):
    """A model with its figures and its files."""
    model = shelf(request.auth.account).filter(pk=pk).first()
    if model is None:
        raise Refused("not_found", 404)
    gone, _ = trained.lost(model)
    return told(request, model) | {
        "metrics": model.metrics,
        "files": [_file(request, one) for one in model.files.order_by("name")],
        "withdrawn": gone,
        "lost": round(gone / model.images, 4) if model.images else 0.0,
        "predict": url(request, "predict", model.pk),
    }


def _file(request: HttpRequest, one: ModelFile) -> dict[str, Any]:
    copied = {name: getattr(one, name) for name in ("name", "size", "sha256", "gap", "downloads")}
    return copied | {"url": url(request, "one_model_file", one.model_id, one.name)}


@router.get("/models/{pk}/files/{name}", openapi_extra=file_of(*sorted(set(trained.TYPES.values()))))
def one_model_file(request: Request, pk: int, name: str):
    """A file of a model, or the part that `Range` asks for; each time somebody begins to fetch it is counted."""
    found = trained.file(trying.find(request.auth.account, pk), name.replace("\0", ""))
    return send_file(request, found, request.auth.account)


@router.post("/models/{pk}/predict", response=Said, url_name="predict", openapi_extra=PICTURES, throttle=costly)
def ask_model(request: Request, pk: int):
    """What a model says of at most 16 pictures: `files` of a form, or JSON `{"images": [base64, …]}`."""
    model = trying.find(request.auth.account, pk)
    given = _encoded(request) if request.content_type == "application/json" else _sent(request)
    said = predict.ask(model, [picture for _, picture in given])
    pictures = [{"name": name} | one for (name, _), one in zip(given, said["pictures"], strict=True)]
    return said | {"pictures": pictures}


def _sent(request: HttpRequest) -> list[tuple[str, IO[bytes]]]:
    files = request.FILES.getlist("files")
    trying.check(files)
    return [(file.name or "", file) for file in files]


def _encoded(request: HttpRequest) -> list[tuple[str, bytes]]:
    """The pictures of a JSON body, each named by its place. Raises Refused."""
    try:
        images = json.loads(request.read())["images"]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise Refused("bad_request", 400, field="images") from None
    if not isinstance(images, list):
        raise Refused("bad_request", 422, field="images")
    trying.check(images)
    return [(str(place), _decoded(place, image)) for place, image in enumerate(images)]


def _decoded(place: int, image: Any) -> bytes:
    """The bytes of one, given as base64 or as a data URL of it."""
    try:
        text = image.partition(";base64,")[2] if image.startswith("data:") else image
        return base64.b64decode(text, validate=True)
    except (AttributeError, binascii.Error, ValueError):
        raise Refused("bad_request", 422, field=f"images.{place}", said="This is not base64.") from None
