"""Trained models: who may see them, their files, what they got wrong."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from hub import datasets, storage
from hub.models import Account, Acquisition, DatasetVersion, Image, ModelFile, Prediction, TrainedModel
from hub.problems import Refused

TYPES = {
    "keras": "application/zip", "zip": "application/zip", "tflite": "application/octet-stream",
    "onnx": "application/octet-stream", "txt": "text/plain; charset=utf-8", "md": "text/markdown; charset=utf-8",
    "json": "application/json", "csv": "text/csv; charset=utf-8", "py": "text/x-python; charset=utf-8",
    "svg": "image/svg+xml", "png": "image/png",
}  # fmt: skip

# The pictures a model's files are checked by: the one file of a model that holds photos.
GOLDEN = "golden.zip"
# What every model comes with, whatever else could be exported. golden.zip goes when a photo in it is withdrawn.
NEEDED = (
    "model.keras", "saved_model.zip", "model-float16.tflite", "model-int8.tflite", "labels.txt", "metrics.json",
    "history.csv", "predictions.csv", "predict.py", "README.md",
)  # fmt: skip


def visible_to(account: Account | None) -> QuerySet[TrainedModel]:
    """The models an account (None: a stranger) may see: of versions it may see, and those it has."""
    # Asked of each model: a list of all that may be seen would be made for the one that is looked at.
    versions = datasets.versions_visible_to(account).filter(digest=OuterRef("digest")).exclude(digest="")
    seen = Q(Exists(versions))
    if account:
        seen |= Q(Exists(Acquisition.objects.filter(account=account, model=OuterRef("pk"))))
    return TrainedModel.objects.filter(seen)


def acquire(model: TrainedModel, account: Account) -> None:
    """The account has the model now: it asked for it, or fetched a file."""
    Acquisition.objects.get_or_create(model=model, account=account)


def key(sha256: str) -> str:
    """Where a file of a model lies in `artifacts`."""
    return storage.key(sha256, ".model")


def file(model: TrainedModel, name: str) -> ModelFile:
    """A file of a model by its name. Raises Refused."""
    found = model.files.filter(name=name).first()
    if found is None:
        raise Refused("not_found", 404)
    return found


def count_download(found: ModelFile, account: Account | None) -> None:
    """Somebody began to fetch a file; whoever is known has the model then."""
    ModelFile.objects.filter(pk=found.pk).update(downloads=F("downloads") + 1)
    TrainedModel.objects.filter(pk=found.model_id).update(downloads=F("downloads") + 1)
    if account:
        acquire(found.model, account)


def content_type(name: str) -> str:
    """How a file is served."""
    return TYPES.get(name.rsplit(".", 1)[-1], "application/octet-stream")


def worst(model: TrainedModel, limit: int = 12) -> list[Prediction]:
    """The test pictures it was most sure of and wrong; none that was withdrawn."""
    wrong = model.predictions.exclude(truth=F("guess")).order_by("-confidence", "image").prefetch_related("image")
    # Their pictures a few at a time: joined before they are sorted, every picture of the hub would be read.
    live = (one for one in wrong.iterator(chunk_size=4 * limit) if one.image.withdrawn_at is None)
    return list(islice(live, limit))


def cell(model: TrainedModel, truth: int, guess: int) -> QuerySet[Prediction]:
    """The test pictures of one class that it took for another (or for itself), the surest first."""
    return _shown(model).filter(truth=truth, guess=guess).order_by("-confidence", "image")


def _shown(model: TrainedModel) -> QuerySet[Prediction]:
    return model.predictions.filter(image__withdrawn_at=None).select_related("image")


def retire(images: Iterable[Image]) -> None:
    """The images were withdrawn: no model gives them away any more. In the transaction that withdraws them."""
    given_away = Prediction.objects.filter(image__in=images, golden=True).values("model")
    ModelFile.objects.filter(model__in=given_away, name=GOLDEN).delete()


def forget() -> int:
    """Drop the models whose every version was deleted and that nobody has. How many."""
    kept = DatasetVersion.objects.filter(digest=OuterRef("digest"))
    return TrainedModel.objects.filter(~Exists(kept), acquisitions=None).delete()[0]


def lost(model: TrainedModel) -> tuple[int, int]:
    """How many pictures of the model's version were withdrawn since, and of how many."""
    gone = sum(1 for _ in datasets.tombstones(model.digest))
    return gone, model.images


def shelf(found: QuerySet[TrainedModel]) -> QuerySet[TrainedModel]:
    """Models with the number of their acquirers, for lists."""
    return found.annotate(acquired=Count("acquisitions", distinct=True))


def names(model: TrainedModel, predictions: Sequence[Prediction]) -> list[dict[str, Any]]:
    """Predictions with the names of their classes: {prediction, image, truth, guess}."""
    return [
        {"prediction": one, "image": one.image, "truth": model.labels[one.truth], "guess": model.labels[one.guess]}
        for one in predictions
    ]
