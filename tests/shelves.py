"""Frozen datasets for tests, one line each; made of images that were never given (tests.stock)."""

from hub import archives, datasets
from hub.models import Account, Archive, Dataset, DatasetVersion, Label
from hub.selections import read
from tests import factories
from tests.stock import stock


def label(name: str, count: int = 20, *parents: Label) -> Label:
    """A label with so many images."""
    found = factories.label(name, *parents)
    stock(found, count)
    return found


def named(owner: Account | None = None, **fields) -> Dataset:
    """A dataset of the labels Ball and Cube, which are made where there are none."""
    found = [Label.objects.filter(name=name).first() or label(name) for name in ("Ball", "Cube")]
    selection = read({"labels": [one.pk for one in found], **fields.pop("selection", {})})
    return datasets.create(owner=owner or factories.account(), name="Balls and cubes", selection=selection, **fields)


def frozen(owner: Account | None = None, **fields) -> DatasetVersion:
    """Its first version."""
    return again(named(owner, **fields))


def again(dataset: Dataset) -> DatasetVersion:
    """Another version of what its selection gives now."""
    version, _ = datasets.order_version(dataset)
    factories.work_off()
    version.refresh_from_db()
    return version


def packed(version: DatasetVersion, format: str = "imagefolder", side: int = 224) -> Archive:
    """An archive of a version, ready."""
    archive, _ = archives.order(version, format, side)
    factories.work_off()
    archive.refresh_from_db()
    return archive
