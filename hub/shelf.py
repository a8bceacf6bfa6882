"""What the pages of datasets show: shelves of datasets with their covers, samples and charts of a version."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hub import archives, datasets, sql
from hub.browse import QUALITY, SIDES, country_names
from hub.models import Account, Archive, Dataset, DatasetMember, DatasetVersion, Image
from hub.models.submission import Licence

# Labels of which pictures are shown, and pictures of each in each split.
SAMPLED, PICTURES = 12, 4
# Of a version with more images not every member is looked at for its samples.
SMALL = 10_000
BUSY = (Archive.State.QUEUED, Archive.State.PACKING)
SPLITS = dict(DatasetMember.Split.choices)


@dataclass(slots=True)
class Tile:
    """A dataset at a glance: its newest frozen version (None before the first) and three pictures of it."""

    dataset: Dataset
    version: DatasetVersion | None
    covers: list[Image] = field(default_factory=list)


def tiles(found: Iterable[Dataset]) -> list[Tile]:
    """The tiles of some datasets."""
    found = list(found)
    ready = DatasetVersion.objects.filter(dataset__in=found, state="ready").defer("header", "selection")
    newest = {one.dataset_id: one for one in ready.order_by("dataset", "-number").distinct("dataset")}
    rows = sql.rows("dataset_covers", versions=[version.pk for version in newest.values()])
    images = Image.objects.in_bulk([row["image"] for row in rows])
    covers: dict[int, list[Image]] = {}
    for row in rows:
        covers.setdefault(row["version"], []).append(images[row["image"]])
    versions = [(one, newest.get(one.pk)) for one in found]
    return [Tile(one, version, covers.get(version.pk, []) if version else []) for one, version in versions]


def holding(image: Image, account: Account | None, limit: int = 20) -> list[Dataset]:
    """The newest datasets an account (None: a stranger) may see of which a frozen version holds the image."""
    held = DatasetMember.objects.filter(image=image, version__state="ready").values("version__dataset")
    visible = Dataset.objects.filter(datasets.visible_to(account), pk__in=held)
    return list(visible.select_related("owner").order_by("-id")[:limit])


def samples(version: DatasetVersion) -> list[dict[str, Any]]:
    """Pictures of the first labels of a frozen version: {label, total, splits: [{name, images, n}]}."""
    labels = version.header["labels"][:SAMPLED]
    rows = sql.rows(
        "samples",
        version=version.pk,
        labels=[label["id"] for label in labels],
        # None that it lacks: the walk would go to the end of each label to find nothing of it.
        splits=splits_of(version.header),
        limit=PICTURES,
        walk=version.images > SMALL,
    )
    images = Image.objects.in_bulk([row["image"] for row in rows])
    shown: dict[tuple[int, str], list[Image]] = {}
    for row in rows:
        shown.setdefault((row["label"], row["split"]), []).append(images[row["image"]])
    return [
        {
            "label": label,
            "splits": [
                (title, shown[label["id"], name]) for name, title in SPLITS.items() if shown.get((label["id"], name))
            ],
        }
        for label in labels
    ]


def classes(header: dict[str, Any]) -> dict[str, Any]:
    """The table of labels by splits: the names of the splits, a row per label with its counts and groups."""
    found = {(row["label"], row["split"]): row for row in header["quality"]["classes"]}
    parts = splits_of(header)
    rows = []
    for label in header["labels"]:
        cells = [found.get((label["id"], name), {"images": 0, "groups": 0}) for name in parts]
        counts = [cell["images"] for cell in cells]
        rows.append(
            {"label": label, "counts": counts, "images": sum(counts), "groups": sum(c["groups"] for c in cells)}
        )
    return {"splits": [SPLITS[name] for name in parts], "rows": rows, "most": max(row["images"] for row in rows)}


def splits_of(header: dict[str, Any]) -> list[str]:
    """The splits a version has, train first."""
    return [name for name, _ in ordered(header["split_report"]["splits"])]


def ordered(splits: dict[str, Any]) -> list[tuple[str, Any]]:
    """What a report says of each split, train first."""
    return [(name, splits[name]) for name in SPLITS if name in splits]


def charts(quality: dict[str, Any]) -> list[dict[str, Any]]:
    """The quality report as bars: a title, what a whole bar is, and rows of name and number."""
    images, flags = quality["images"], quality["flags"]
    noticed = [(title, flags.get(name, 0)) for name, title in QUALITY.items()]
    noticed += [("Has a near-duplicate", quality["near_duplicates"]), ("Labels disputed", quality["conflicts"])]
    names = country_names(list(quality["countries"]))
    countries = sorted(
        ((names.get(code, code), n) for code, n in quality["countries"].items()), key=lambda row: -row[1]
    )
    if quality["country_unknown"]:
        countries.append(("not told", quality["country_unknown"]))
    sides = [(name, quality["sides"].get(name, 0)) for name in SIDES]
    people = [("Verified", quality["verified"]), ("Of the largest supplier", quality["top_supplier"])]
    people += [("Drawn, not photographed", quality["drawn"])]
    return [
        {"title": "What was noticed", "of": images, "share": images, "rows": noticed},
        {"title": "Shorter side, in pixels", "of": max(n for _, n in sides), "rows": sides},
        {
            "title": f"{quality['suppliers']} supplier{'s' if quality['suppliers'] != 1 else ''}",
            "of": images,
            "share": images,
            "rows": people,
        },
        {"title": "Countries", "of": images, "rows": countries[:12]},
    ]


def licences(quality: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Id, name and count of each licence, the most frequent first."""
    names = dict(Licence.choices)
    return [(one, names.get(one, one), n) for one, n in sorted(quality["licences"].items(), key=lambda row: -row[1])]


def in_common(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What splits share with train: a row per kind and split."""
    kinds = {"suppliers": "Suppliers", "batches": "Batches", "places": "Places"}
    found = report["in_common_with_train"]
    return [
        {"title": title, "split": SPLITS[split], **found[kind][split]}
        for kind, title in kinds.items()
        for split in SPLITS
        if split in found.get(kind, {})
    ]


def citation(version: DatasetVersion, title: str, url: str) -> dict[str, str]:
    """How to cite a frozen version: in words as its archives do, and as BibTeX."""
    author = "Contributors of Deep Images Hub"
    lines = {
        "author": f"{{{author}}}",
        "title": title.translate({ord(sign): f"\\{sign}" for sign in "&%$#_{}"}),
        "year": str(version.frozen_at.year) if version.frozen_at else "",
        "note": f"Version sha256:{version.digest}",
        "url": url,
    }
    inside = ",\n".join(f"  {name} = {{{value}}}" for name, value in lines.items())
    return {
        "text": f"{author}. {title}. Version sha256:{version.digest}.",
        "bibtex": f"@misc{{deep_images_hub_{version.digest[:12]},\n{inside}\n}}",
    }


def packing(found: list[Archive]) -> dict[str, Any]:
    """The archives of a version, those that are ready first, each with where it stands; and where they stand together.

    `packing` is the one that moves, if none is ready yet.
    """
    listed = sorted(found, key=lambda one: one.state != Archive.State.READY)
    ready = [one for one in listed if one.state == Archive.State.READY]
    moving = [one for one in listed if one.state in BUSY]
    return {
        "archives": [(one, pace(one)) for one in listed],
        "ready": ready,
        "packing": pace(moving[0]) if moving and not ready else "",
    }


def pace(archive: Archive) -> str:
    """How far the packing of an archive is, in words."""
    if archive.state == "queued":
        return "Waiting for a worker"
    if archive.state != "packing":
        return str(archive.get_state_display())
    left = archives.seconds_left(archive)
    return "Packing" if left is None else f"Packing {archive.percent} %, {about(left)} left"


def about(seconds: int) -> str:
    """A time to wait, in words."""
    if seconds < 90:
        return "about a minute" if seconds > 45 else "less than a minute"
    return f"about {round(seconds / 60)} minutes" if seconds < 5400 else f"about {round(seconds / 3600)} hours"
