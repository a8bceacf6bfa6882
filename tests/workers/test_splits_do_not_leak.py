"""No near-duplicates across splits: real photos, copies of every kind planted among them, and every pair compared."""

import io
import itertools

import numpy as np
import pytest
import simplejpeg
from PIL import Image as Picture

from bench._edits import EDITS
from hub import datasets, previews, storage
from hub.models import DatasetVersion, Image, Rendition, Submission
from hub.selections import read
from tests import factories
from tests.parts import broken, empty_storage
from tests.workers.test_sample_photos import DATA
from workers.imaging.fingerprint import distance, fingerprints

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no sample photos at {DATA}: set HUB_SAMPLE_DATA"),
]


@pytest.fixture
def version(settings, tmp_path) -> DatasetVersion:
    """Valves, each with copies that nobody refused, frozen with a third held out."""
    empty_storage(settings, tmp_path)
    settings.DUPLICATE_BITS = -1
    chosen = []
    for folder in sorted(path for path in (DATA / "valves").iterdir() if path.is_dir()):
        label = factories.label(folder.name.replace("_", " "))
        chosen.append(label.pk)
        for photo in sorted(folder.iterdir())[:6]:
            plant(photo, label)
    factories.work_off()
    dataset = datasets.create(owner=factories.account(), name="Valves", selection=read({"labels": chosen, **SPLIT}))
    ordered, _ = datasets.order_version(dataset)
    factories.work_off()
    return DatasetVersion.objects.get(pk=ordered.pk)


SPLIT = {"split": {"train": 0.6, "validation": 0.2, "test": 0.2}}


def plant(photo, label) -> None:
    """Give a photo and one edit of each kind; their supplier says that each is another photo."""
    with Picture.open(io.BytesIO(photo.read_bytes())) as opened:
        picture = opened.convert("RGB")
    batch = factories.batch(under=label)
    for name, data in {
        "as it is": photo.read_bytes(),
        **{kind: edits[0](picture) for kind, edits in EDITS.items()},
    }.items():
        row = factories.given(data, batch, filename=f"{photo.name}, {name}")
        Submission.objects.filter(pk=row.pk).update(distinct=True)


def hashes(version: DatasetVersion) -> dict[int, tuple]:
    """Both fingerprints of every member, made anew from the stored pictures."""
    shown = Rendition.objects.filter(side=299, image__memberships__version=version).values_list("image", "sha256")
    read_again = {
        image: fingerprints(
            np.ascontiguousarray(simplejpeg.decode_jpeg(storage.get("renditions", storage.rendition_key(sha))))
        )
        for image, sha in shown
    }
    return {image: pair for image, pair in read_again.items() if pair[0]}


def test_splits_of_photos_with_planted_copies_do_not_leak(version, settings):
    splits = dict(version.members.values_list("image", "split"))
    found = hashes(version)
    apart = {
        (a, b): min(distance(found[a][0], found[b][0]), distance(found[a][1], found[b][0]))
        for a, b in itertools.combinations(sorted(found), 2)
    }
    near = [pair for pair, bits in apart.items() if bits <= settings.REVIEW_BITS]
    assert len(near) > 300
    assert [(a, b) for a, b in near if splits[a] != splits[b]] == []
    assert set(splits.values()) == {"train", "validation", "test"}

    report = version.header["split_report"]
    least = min(bits for (a, b), bits in apart.items() if splits[a] != splits[b])
    # The stored fingerprints are of the pictures before they were written as JPEG: a few bits may differ.
    assert abs(report["nearest"]["bits"] - least) <= 6
    assert report["nearest"]["asked"] == report["nearest"]["held_out"]
    assert report["groups_torn_apart"] == 0
    assert report["random_split"]["leaked_share"] > 0.9
    assert version.header["quality"]["near_duplicates"] > 0.9 * version.images

    seen = previews.preview(read(version.selection))
    assert sum(one.images for one in seen.classes) == version.images == Image.objects.count()
    assert broken() == {}
