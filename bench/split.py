"""Splits of real photos with copies of every kind planted among them: what leaks, by our rule and by the usual ones."""

import argparse
import io
import itertools
import random
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bench._database import scratch
from bench._edits import EDITS, photos
from bench._table import headline, table
from bench.dedupe import DATA

# So that the smallest sample class fills every split.
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}


def run(argv: list[str]) -> None:
    """Give photos and their copies through the real workers, freeze, and count siblings in two splits."""
    parser = argparse.ArgumentParser(prog="split")
    parser.add_argument("--photos", type=int, default=6, help="photos of each class, each with its 28 edited copies")
    options = parser.parse_args(argv)
    if not DATA.is_dir():
        raise SystemExit(f"no sample photos at {DATA}: set HUB_SAMPLE_DATA")
    with tempfile.TemporaryDirectory() as files, scratch("split"):
        settle(Path(files))
        family = plant(options.photos)
        splits, hashes = freeze()
        torn = report(splits, family, hashes)
    headline("split", torn, "near-duplicate pairs across splits", 0)


def settle(files: Path) -> None:
    """Store in a folder of our own, refuse no copy, and ring nobody."""
    from django.conf import settings

    from tests.parts import empty_storage

    settings.DUPLICATE_BITS = -1
    empty_storage(settings, files)


def plant(most: int) -> dict[int, int]:
    """Give the photos of every class with all their edits; image id → number of the photo it is a copy of."""
    from tests import factories

    found: dict[int, int] = {}
    number = itertools.count()
    for name, paths in photos(DATA).items():
        label = factories.label(name.replace("/", " "), slug=name.replace("/", "-").replace("_", "-").lower())
        for path in paths[:most]:
            found |= dict.fromkeys(give(path, label), next(number))
    return found


def give(path: Path, label) -> list[int]:
    """Give one photo and its copies, each said to be another photo; the ids of the images they became."""
    from PIL import Image as Picture

    from hub.models import Image, Submission
    from tests import factories

    with Picture.open(io.BytesIO(path.read_bytes())) as opened:
        picture = opened.convert("RGB")
    batch = factories.batch(under=label)
    for number, data in enumerate([path.read_bytes(), *(edit(picture) for edits in EDITS.values() for edit in edits)]):
        row = factories.given(data, batch, filename=str(number))
        Submission.objects.filter(pk=row.pk).update(distinct=True)
    factories.work_off()
    return list(Image.objects.filter(batch=batch).values_list("pk", flat=True))


def freeze() -> tuple[dict[int, str], dict[int, tuple[bytes, bytes]]]:
    """The split of every image, and both fingerprints of each, made anew from the stored pictures."""
    import numpy as np
    import simplejpeg

    from hub import datasets, storage
    from hub.models import DatasetVersion, LabelStat, Rendition
    from hub.selections import read
    from tests import factories
    from workers.imaging.fingerprint import fingerprints

    chosen = LabelStat.objects.filter(facet="direct", label__isnull=False).values_list("label", flat=True)
    selection = read({"labels": sorted(chosen), "overlap": "first", "split": SHARES})
    version, _ = datasets.order_version(datasets.create(owner=factories.account(), name="Copies", selection=selection))
    factories.work_off()
    version = DatasetVersion.objects.get(pk=version.pk)
    if version.state != "ready":
        raise SystemExit(f"{version.reason} {version.detail}")
    hashes = {}
    for image, sha in Rendition.objects.filter(side=299).values_list("image", "sha256"):
        pixels = simplejpeg.decode_jpeg(storage.get("renditions", storage.rendition_key(sha)))
        plain, mirrored = fingerprints(np.ascontiguousarray(pixels))
        if plain and mirrored:
            hashes[image] = (plain, mirrored)
    return dict(version.members.values_list("image", "split")), hashes


def report(splits: dict[int, str], family: dict[int, int], hashes: dict) -> int:
    """Print what each rule leaks; how many near-duplicate pairs ours leaves in two splits."""
    near = near_pairs(hashes)
    rules = {"image by image, at random": chance(splits), "ours": splits}
    rows = []
    for name, found in rules.items():
        pairs = sum(found[a] != found[b] for a, b in near if a in found and b in found)
        rows.append((name, len(found), leaked(found, family), f"{pairs:,}"))
    table(("rule", "images", "held-out images with a copy in train", "pairs within 48 bits across"), rows)
    print(f"{len(set(family.values()))} photos, {len(near):,} pairs within 48 bits")
    return sum(splits[a] != splits[b] for a, b in near if a in splits and b in splits)


def near_pairs(hashes: dict[int, tuple[bytes, bytes]]) -> list[tuple[int, int]]:
    """Every pair of images within 48 bits, mirror images too, by comparing all."""
    import numpy as np

    ids = np.array(sorted(hashes))
    plain, mirrored = (
        np.frombuffer(b"".join(hashes[image][which] for image in ids), np.uint64).reshape(-1, 4) for which in (0, 1)
    )
    pairs = []
    for row, image in enumerate(ids):
        later = plain[row + 1 :]
        apart = np.minimum(*(np.bitwise_count(later ^ one[row]).sum(axis=1) for one in (plain, mirrored)))
        pairs += [(int(image), int(other)) for other in ids[row + 1 :][apart <= 48]]
    return pairs


def chance(images: Iterable[int]) -> dict[int, str]:
    """A split in the same shares that knows nothing of look-alikes."""
    dice = random.Random(1)
    return {image: dice.choices(list(SHARES), list(SHARES.values()))[0] for image in images}


def leaked(splits: dict[int, str], family: dict[int, int]) -> str:
    """How many held-out images have a copy of the same photo in train, by how they were made, not by how they look."""
    trained = {family[image] for image, split in splits.items() if split == "train"}
    held = [image for image, split in splits.items() if split != "train"]
    hit = sum(family[image] in trained for image in held)
    return f"{hit:,} of {len(held):,} ({100 * hit / len(held):.1f} %)"
