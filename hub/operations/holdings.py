"""Which objects a backup must hold, as the rows of its snapshot say; and how many rows there are of what."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from django.utils import timezone

from hub import archives, objects, storage, trained
from hub.models import Account, Archive, DatasetVersion, Image, ModelFile, Rendition, Submission, TrainedModel

COUNTED = {
    "accounts": Account, "images": Image, "submissions": Submission, "versions": DatasetVersion, "models": TrainedModel,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Holding:
    """An object that rows name. Without a digest it is an upload nobody has looked at: `slot` is its submission."""

    alias: str
    name: str
    sha256: str = ""
    slot: int = 0


def rows() -> dict[str, int]:
    """How many rows there are of what counts."""
    return {name: model._default_manager.count() for name, model in COUNTED.items()}


def needed(*, packed: bool, rendered: bool) -> Iterator[Holding]:
    """Every object the rows need that nothing can make again; archives (`packed`) and renditions too if asked for.

    What is kept for nobody but a day's grace (withdrawn, refused) is not among them.
    """
    parts = [_manifests(), _models(), _archives() if packed else (), _waiting(), _originals()]
    yield from chain(*parts, _previews(), _renditions() if rendered else ())


def _manifests() -> Iterator[Holding]:
    for digest in _distinct(DatasetVersion.objects.filter(state="ready"), "digest"):
        yield Holding("artifacts", storage.key(digest, ".jsonl"), digest)


def _models() -> Iterator[Holding]:
    for digest in _distinct(ModelFile.objects.all(), "sha256"):
        yield Holding("artifacts", trained.key(digest), digest)


def _archives() -> Iterator[Holding]:
    for archive in Archive.objects.filter(state="ready").iterator():
        yield Holding("artifacts", archives.key(archive), archive.sha256)


def _waiting() -> Iterator[Holding]:
    slots = Submission.objects.filter(state="received").exclude(incoming="")
    for pk, name in slots.values_list("pk", "incoming").iterator():
        yield Holding("incoming", name, slot=pk)


def _originals() -> Iterator[Holding]:
    given = Submission.objects.filter(objects.needed(timezone.now()), incoming="").exclude(sha256="")
    live = Image.objects.filter(withdrawn_at=None).values("sha256")
    for digest in live.union(given.values("sha256")).values_list("sha256", flat=True).iterator():
        yield Holding("originals", storage.key(digest), digest)


def _previews() -> Iterator[Holding]:
    shown = Submission.objects.filter(objects.needed(timezone.now())).exclude(preview_sha256="")
    for digest in _distinct(shown, "preview_sha256"):
        yield Holding("renditions", storage.rendition_key(digest), digest)


def _renditions() -> Iterator[Holding]:
    for digest in _distinct(Rendition.objects.filter(image__withdrawn_at=None), "sha256"):
        yield Holding("renditions", storage.rendition_key(digest), digest)


def _distinct(found, field: str) -> Iterator[str]:
    return found.order_by(field).values_list(field, flat=True).distinct().iterator()
