"""Queue `export`: freeze dataset versions, pack archives."""

import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from django.conf import settings
from django.db import transaction

from hub import archives, datasets, freezing, jobs, objects, sql, storage, trainings
from hub.models import Account, Archive, DatasetVersion, Image, Job, Rendition
from hub.problems import Refused
from workers.celery import app
from workers.working import clear_scratch, work_on

if TYPE_CHECKING:
    from workers.archives import Member

# Views import this module to ring for it, so what packs and compares is imported by the tasks themselves.
SCRATCH = "hub-pack-"


@app.task
def freeze(job: int) -> None:
    """Freeze one dataset version."""
    work_on(job, freeze_version)


@app.task
def pack(job: int) -> None:
    """Pack one archive."""
    work_on(job, pack_archive)


def freeze_version(work: jobs.Work) -> list[Job]:
    """Freeze a version, or say why its selection gives no dataset; then the trainings that wait for it may begin."""
    from workers.nearest import nearest

    version = DatasetVersion.objects.select_related("dataset").filter(pk=work.subject, state="queued").first()
    if version is None:  # deleted, or settled by an attempt that could not say so
        jobs.finish(work)
        return []
    try:
        freezing.freeze(work, version, nearest)
    except Refused as refused:
        with transaction.atomic():
            jobs.finish(work)
            datasets.fail(version.pk, refused.code, refused.detail)
    return trainings.waiting_for(version)


def pack_archive(work: jobs.Work) -> list[Job] | None:
    """Pack an archive as its recipe says; where a photo was withdrawn since it was asked for, another is ordered."""
    archive = Archive.objects.get(pk=work.subject)
    version = DatasetVersion.objects.filter(digest=archive.digest, state="ready").order_by("id").first()
    if version is None:
        with transaction.atomic():
            jobs.finish(work)
            archives.fail(archive.pk, "version_gone")
        return None
    if archives.without(archive.digest) != (archive.tombstones, archive.without):
        return _order_anew(work, archive, version)
    clear_scratch(SCRATCH, 86_400)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=settings.SCRATCH_DIR) as scratch:
        return _pack(work, archive, version, Path(scratch))


def _order_anew(work: jobs.Work, archive: Archive, version: DatasetVersion) -> list[Job]:
    with transaction.atomic():
        jobs.finish(work)
        waiting = Account.objects.filter(pk__in=archive.waiting)
        _, job = archives.order(version, archive.format, archive.side, waiting)
        Archive.objects.filter(pk=archive.pk).update(state="stale", waiting=[])
    return [job] if job else []


def _pack(work: jobs.Work, archive: Archive, version: DatasetVersion, scratch: Path) -> list[Job]:
    from workers.archives import layout

    told = Told(archive, archives.weight(version, archive.side))
    archives.start(archive, told.size)
    if archive.side == 0:
        clean_originals(version, told.part(version.images, upto=0.4))
    laid = layout(
        version.header,
        lambda: members(version, archive.side),
        version.digest,
        archive.format,
        archive.side,
        Renditions(),
        scratch,
        told.part(version.images, upto=0.5),
    )
    # Nothing discards it meanwhile: an archive that is being packed owns its object.
    sha256 = storage.put_packed("artifacts", archives.key(archive), laid, told.part(laid.size, upto=1))
    return archives.finish(work, archive, version, sha256, laid.size)


class Told:
    """Writes progress into the archive's row, at most once a second: of `size` bytes, a guess until it ends."""

    def __init__(self, archive: Archive, size: int) -> None:
        self.archive, self.size, self.share, self.at = archive, size, 0.0, 0.0

    def part(self, of: int, upto: float) -> Callable[[int], None]:
        """Who tells how much of `of` is done of the part of the work that ends at the share `upto`."""
        start, self.share = self.share, upto

        def tell(done: int) -> None:
            if time.monotonic() - self.at > 1:
                self.at = time.monotonic()
                archives.progress(self.archive, int(self.size * (start + (upto - start) * min(1, done / max(1, of)))))

        return tell


class Renditions:
    """Where the pictures of an archive lie."""

    def open(self, sha256: str, extension: str) -> BinaryIO:
        """The bytes of a rendition."""
        return storage.opened("renditions", storage.rendition_key(sha256))

    def path(self, sha256: str, extension: str) -> str | None:
        """The same as a local file, if it is one."""
        return storage.local_path("renditions", storage.rendition_key(sha256))


def members(version: DatasetVersion, side: int) -> "Iterator[Member]":
    """The manifest's lines, each with the file that is packed for it; None for what was withdrawn.

    Raises Damaged for an image that has no rendition of this side.
    """
    from workers.archives import Damaged, File, Member

    files = archives.files(version, side)
    image, *facts = next(files, (0,))
    with storage.opened("artifacts", storage.key(version.digest, ".jsonl")) as manifest:
        lines = iter(manifest)
        next(lines)  # the header
        for line in lines:
            member = Member(line, None)
            if member.row["id"] == image:
                if facts[0] is None:
                    raise Damaged(f"image {image}", f"has no rendition {side}")
                member = Member(line, File(*facts))
                image, *facts = next(files, (0,))
            yield member


def clean_originals(version: DatasetVersion, told: Callable[[int], None]) -> None:
    """Make, once, the originals without metadata of all members: renditions of side 0. `told` hears how many."""
    after = done = 0
    while rows := sql.rows("originals_to_clean", version=version.pk, after=after):
        for row in rows:
            clean_original(row["id"], row["sha256"])
            done += 1
            told(done)
        after = rows[-1]["id"]


def clean_original(image: int, sha256: str) -> None:
    """Store the original of one image without its metadata."""
    from workers import imaging, ingest

    made = imaging.clean(storage.get("originals", storage.key(sha256)), ingest.limits())
    sides = dict(Image.objects.values("width", "height").get(pk=image))
    row: dict[str, Any] = {
        "sha256": storage.digest_of(made.data),
        "size": len(made.data),
        "crc32": zlib.crc32(made.data),
    }
    name = storage.rendition_key(row["sha256"])
    with transaction.atomic():
        objects.hold(name)
        storage.put("renditions", name, made.data)
        Rendition.objects.get_or_create(image_id=image, side=0, defaults=row | sides | {"extension": made.extension})
