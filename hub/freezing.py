"""Freeze a version: its members by one INSERT … SELECT, its reports, and the manifest whose SHA-256 is its id."""

import json
import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import IO, Any

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from hub import jobs, objects, sql, storage
from hub.datasets import fail
from hub.models import DatasetMember, DatasetVersion, Label
from hub.models.place import Place
from hub.previews import enough
from hub.problems import Refused
from hub.reports import quality, split_report
from hub.selections import Selection, read

# Sorting a million rows on disk takes twice as long.
WORK_MEM = "64MB"
# What orjson writes for a line without fractions but those of a cell, ten times faster.
canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def freeze(work: jobs.Work, version: DatasetVersion, nearest: Callable[[DatasetVersion], dict[str, Any]]) -> None:
    """Freeze `version` and finish the job. Raises Refused when its selection gives no dataset.

    `nearest` measures how close two images of different splits come. What another attempt left is cleared first;
    the same manifest frozen before in this dataset stays the version it is, and this one gives way to it.
    """
    selection = read(version.selection)
    with tempfile.TemporaryFile(dir=settings.SCRATCH_DIR) as manifest:
        with transaction.atomic():
            _see_one_moment()
            jobs.check(work)  # an attempt that slept must not change the members of what another froze
            take(version, selection)
            header = describe(version, selection, nearest)
            images = write(manifest, header, version)
        digest, _ = storage.digest(manifest)
        with transaction.atomic():
            objects.hold(storage.key(digest, ".jsonl"))
            storage.put("artifacts", storage.key(digest, ".jsonl"), manifest)
            jobs.finish(work)
            settle(version, digest, header, images)


def _see_one_moment() -> None:
    """What others change meanwhile must not be half in the members and half in the reports."""
    with connection.cursor() as cursor:
        if not connection.savepoint_ids:  # a test's transaction has begun long ago
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEM}'; SET LOCAL jit = off")


def take(version: DatasetVersion, selection: Selection) -> None:
    """Write the members of `version`. Raises Refused when they make no dataset."""
    split = selection.split
    asked = selection.asked() | {"seed": split.seed, "together": split.together, "version": version.pk}
    asked |= {"train": split.train, "validation": split.validation, "folds": split.folds}
    clear(version)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS hub_kept; DROP TABLE IF EXISTS hub_denied")
        cursor.execute(sql.load("queries/keep"), asked)
        if split.together:
            cursor.execute(sql.load("queries/tie"), asked)
        cursor.execute("ANALYZE hub_kept")
        cursor.execute(sql.load("queries/freeze"), asked)
        taken = cursor.rowcount
        cursor.execute(sql.load("queries/negatives"), asked)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; ANALYZE hub_datasetmember")
    if not taken:
        raise Refused("nothing_selected")
    check_parts(version, selection)


def clear(version: DatasetVersion) -> None:
    """Remove the members an earlier attempt wrote."""
    DatasetMember.objects.filter(version=version).delete()


def check_parts(version: DatasetVersion, selection: Selection) -> None:
    """Raises Refused for a label that one of the splits or folds has nothing of."""
    split = selection.split
    parts = [(name, fold) for name in split.shares() for fold in _folds(name, split.folds)]
    found: dict[int, dict[tuple[str, int], int]] = {label.id: {} for label in selection.labels}
    for row in sql.rows("parts", version=version.pk):
        found[row["label"]][row["split"], row["fold"]] = row["groups"]
    for label, groups in found.items():
        name = Label.objects.get(pk=label).name
        if not groups:
            raise Refused("empty_class", label=name)
        for part in parts:
            if part not in groups:
                raise too_few(name, sum(groups.values()), part[0], selection)


def _folds(name: str, folds: int) -> range:
    return range(1, folds + 1) if folds and name == "train" else range(1)


def too_few(label: str, groups: int, name: str, selection: Selection) -> Refused:
    """The refusal of a split that gets nothing of a label; how many groups would do, if they were of equal size."""
    missing = enough(groups, selection.split) - groups
    return Refused("too_few_groups", label=label, groups=groups, split=name, missing=missing)


def describe(version: DatasetVersion, selection: Selection, nearest: Callable) -> dict[str, Any]:
    """The first line of the manifest: everything an archive says that its images do not.

    Of negatives it speaks only where there are any: the same images were the same version before there were some.
    """
    labels = Label.objects.in_bulk([label.id for label in selection.labels])
    chosen = [labels[label.id] for label in selection.labels]
    return {
        "manifest": 1,
        "labels": [{"id": one.pk, "slug": one.slug, "name": one.name, "mid": one.mid} for one in chosen],
        "selection": {name: value for name, value in selection.as_json().items() if name != "split"},
        "split": selection.split.as_json(),
        "quality": quality(version),
        "split_report": split_report(version, selection.split) | {"nearest": nearest(version)},
    } | ({"negatives": denied} if (denied := negatives()) else {})


def negatives() -> list[dict[str, int]]:
    """How many images of the version that is being frozen were judged not to show a chosen label: those with any."""
    return list(sql.rows("denied"))


def write(file: IO[bytes], header: dict[str, Any], version: DatasetVersion) -> int:
    """Write the canonical manifest: the header, then a line per image by rising id. How many images there are."""
    file.write((canonical(header) + "\n").encode())
    images = 0
    for line in lines(version):
        file.write(orjson.dumps(line, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))
        images += 1
    return images


def lines(version: DatasetVersion) -> Iterator[dict[str, Any]]:
    """What the manifest says of each image; read in pages, so in flat memory."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql.load("queries/manifest"), {"version": version.pk})
        for row in cursor:
            *said, denied, precision, country, region, city, south, west = row
            line = dict(zip(SAID, said, strict=True)) | {"place": where(precision, country, region, city, south, west)}
            yield line | ({"negatives": denied} if denied else {})


SAID = (
    "id", "sha256", "labels", "split", "fold", "licence", "credit", "verified", "width", "height", "drawn"
)  # fmt: skip


@lru_cache(maxsize=4096)
def where(precision: str, country: str, region: str, city: str, row: int | None, column: int | None) -> dict | None:
    """The place as exactly as its supplier allows: none when hidden, neither city nor cell for a region."""
    if precision == "hidden" or not country:
        return None
    told: dict[str, Any] = {"country": country} | ({"region": region} if region else {})
    if precision == "open":
        told |= {"city": city} if city else {}
        told |= {"cell": list(Place(row=row, column=column).centre or ())} if row is not None else {}
    return told


def settle(version: DatasetVersion, digest: str, header: dict[str, Any], images: int) -> None:
    """Make the version ready under its id, unless its dataset has the very same already.

    Of a version that was deleted meanwhile nothing is written: the lookup must not need its dataset.
    """
    same = DatasetVersion.objects.filter(dataset=version.dataset_id, digest=digest, state="ready").first()
    if same:
        clear(version)
        fail(version.pk, "nothing_changed", {"number": same.number})
        return
    DatasetVersion.objects.filter(pk=version.pk).update(
        state="ready",
        digest=digest,
        header=header,
        images=images,
        groups=header["split_report"]["groups"],
        frozen_at=Now(),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql.load("queries/contribute"), {"version": version.pk})
