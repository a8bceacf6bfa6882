"""A folder of label folders as pictures to learn from: read once, made small, grouped by likeness, split."""

import csv
import hashlib
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

from dih import likeness, sums
from dih.backbones import predictor
from dih.backbones.types import Example
from dih.failures import NOT_FOUND, USAGE, Failure
from dih.said import Said
from dih.upload import photos
from dih.verify import MANIFEST

SPLITS = ("train", "validation", "test")
SHARE = 0.1  # of the groups of each label go to validation, and as many to test
FEWEST = 3  # groups of a label, one for each part
QUALITY = 95
GIVEN = "The folder's own train, validation and test."
DRAWN = "Ten per cent of each label's groups for validation, ten for test; which ones, the seed decides."
GROUPED = "Pictures that resemble each other (256-bit hash, at most 48 bits apart, mirrored ones too) share a group."


@dataclass(frozen=True, slots=True)
class Found:
    """A file below a label's folder; `split` is empty where the folder does not say."""

    path: Path
    label: int
    split: str


@dataclass(frozen=True, slots=True)
class Credits:
    """The `version` a folder is of (its manifest's SHA-256), and licence and credit of each of its files."""

    version: str
    files: dict[str, tuple[str, str]]


@dataclass(slots=True)
class Album:
    """What a folder holds. `examples` and `files` go together; `skipped` are files and why, in words.

    `small` holds each picture as an upright JPEG <id>.jpg whose shorter side is at most twice the network's.
    """

    folder: Path
    small: Path
    labels: list[str]
    split: str
    examples: list[Example] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    skipped: list[tuple[Path, str]] = field(default_factory=list)
    torn: int = 0

    def read(self, example: Example) -> bytes:
        """The bytes of a picture, made small."""
        return (self.small / f"{example.id}.jpg").read_bytes()

    def name(self, path: Path) -> str:
        """A file as it is called below the folder."""
        return path.relative_to(self.folder).as_posix()


Listing = tuple[list[str], list[Found], bool]


def opened(folder: Path, listing: Listing, small: Path, side: int, seed: int, said: Said) -> Album:
    """Read the pictures that are `listed` of a folder.

    Pictures that do not decode, copies, and pictures under two labels are skipped, and told. Raises Failure.
    """
    labels, found, given = listing
    album = Album(folder, small, labels, f"{GIVEN if given else DRAWN} {GROUPED}")
    small.mkdir(parents=True, exist_ok=True)
    kept = _kept(found, album, side, said)
    groups = likeness.groups([structure for _, structure in kept.values()])
    for (id, (one, _)), group in zip(kept.items(), groups, strict=True):
        album.examples.append(Example(id, one.label, one.split, group))
        album.files.append(one.path)
    if not given:
        album.examples = drawn(album.examples, labels, seed)
    if lacking := set(range(len(labels))) - {one.label for one in album.examples if one.split == "train"}:
        raise Failure(USAGE, "empty_class", f"No picture to learn from is left of {labels[min(lacking)]}.")
    album.torn = torn(album.examples)
    return album


def listed(folder: Path) -> Listing:
    """The labels and files of a folder of label folders, or of one that has them under train, validation and test, as
    the hub's archives do; and whether it does. Raises Failure."""
    given = (folder / SPLITS[0]).is_dir() and any((folder / split).is_dir() for split in SPLITS[1:])
    roots = {split: folder / split for split in SPLITS if (folder / split).is_dir()} if given else {"": folder}
    files = [(split, path, path.relative_to(root).parts) for split, root in roots.items() for path in photos(root)]
    named = {parts[0] for _, _, parts in files if len(parts) > 1}
    if not named:
        raise Failure(NOT_FOUND, "no_labels", f"{folder} has no folders with photos in them, one for each label.")
    order = _order(folder, named)
    found = [Found(path, order.index(parts[0]), split) for split, path, parts in files if len(parts) > 1]
    return _names(folder, order), found, given


def _rows(path: Path) -> list[dict[str, str]]:
    """A table of the hub's archives; nothing where there is none, or one that is not the hub's."""
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error):
        return []


def _order(folder: Path, named: set[str]) -> list[str]:
    """The folders in the order of the archive's labels.csv, so that class numbers are the hub's; else by name."""
    listed = [row.get("folder", "") for row in _rows(folder / "labels.csv")]
    return listed if named <= set(listed) else sorted(named)


def _names(folder: Path, order: Sequence[str]) -> list[str]:
    names = {row.get("folder", ""): row.get("name", "") for row in _rows(folder / "labels.csv")}
    return [names.get(one) or one for one in order]


def credits(folder: Path) -> Credits:
    """What an archive of the hub's says of its pictures; of any other folder, nothing."""
    manifest, rows = folder / MANIFEST, _rows(folder / "ATTRIBUTION.csv")
    version = sums.of(manifest) if manifest.is_file() else ""
    return Credits(version, {row.get("file", ""): (row.get("licence") or "", row.get("credit") or "") for row in rows})


def _kept(found: Sequence[Found], album: Album, side: int, said: Said) -> dict[str, tuple[Found, np.ndarray | None]]:
    """By SHA-256, the files that can be learnt from, with their structure."""
    kept: dict[str, tuple[Found, np.ndarray | None]] = {}
    doubted: set[str] = set()
    with said.bar(len(found), "looking at the pictures", bytes=False) as bar:
        for one in found:
            bar.update()
            try:
                id = sums.of(one.path)
                if id in kept:
                    _again(one, kept[id][0], id, doubted, album)
                else:
                    kept[id] = (one, _smaller(one.path, album.small / f"{id}.jpg", side))
            except (OSError, predictor.Unreadable) as error:
                album.skipped.append((one.path, str(error)))
    for id in doubted:
        album.skipped.append((kept.pop(id)[0].path, "the same file stands under two labels"))
    return kept


def _again(one: Found, first: Found, id: str, doubted: set[str], album: Album) -> None:
    if one.label != first.label:
        doubted.add(id)
        album.skipped.append((one.path, "the same file stands under two labels"))
    else:
        album.skipped.append((one.path, f"the same file as {first.path}"))


def _smaller(path: Path, small: Path, side: int) -> np.ndarray | None:
    """Keep a picture small unless it is; its structure."""
    if not small.exists():
        pixels = Image.fromarray(predictor.read(path).astype(np.uint8))
        by = max(1.0, min(pixels.size) / (2 * side))
        pixels = pixels.resize([max(1, round(length / by)) for length in pixels.size], Image.Resampling.BICUBIC)
        aside = small.with_suffix(".part")
        pixels.save(aside, "JPEG", quality=QUALITY, subsampling=0)
        aside.replace(small)
    with Image.open(small) as kept:
        return likeness.structure(kept)


def drawn(examples: Sequence[Example], labels: Sequence[str], seed: int) -> list[Example]:
    """The examples with a split each, whole groups at a time, label by label. Raises Failure for labels of too few."""
    owner: dict[int, int] = {}
    for one in examples:
        owner.setdefault(one.group, one.label)  # of a group under two labels, the first decides
    of: dict[int, list[int]] = defaultdict(list)
    for group, label in sorted(owner.items()):
        of[label].append(group)
    where: dict[int, str] = {}
    for label, name in enumerate(labels):
        if len(of[label]) < FEWEST:
            words = f"Label {name} has {len(of[label])} distinct pictures; it needs {FEWEST}, and should have 50."
            raise Failure(USAGE, "too_few", words, "Give more pictures, or leave its folder out.")
        where |= _dealt(of[label], random.Random(f"{seed} {label}"))  # noqa: S311 (no secret)
    return [replace(one, split=where[one.group]) for one in examples]


def _dealt(groups: list[int], dice: random.Random) -> dict[int, str]:
    dice.shuffle(groups)
    each = max(1, round(SHARE * len(groups)))
    return {group: "test" if n < each else "validation" if n < 2 * each else "train" for n, group in enumerate(groups)}


def torn(examples: Iterable[Example]) -> int:
    """How many groups lie in more than one split."""
    splits: dict[int, set[str]] = defaultdict(set)
    for one in examples:
        splits[one.group].add(one.split)
    return sum(len(found) > 1 for found in splits.values())


def digest(album: Album) -> str:
    """SHA-256 of what there is to learn: ids, labels, splits and groups."""
    told = [album.labels, *((one.id, one.label, one.split, one.group) for one in album.examples)]
    return hashlib.sha256(repr(told).encode()).hexdigest()
