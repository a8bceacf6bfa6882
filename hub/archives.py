"""Archives: a manifest packed in one format and size; asked for, handed out by link, retired after a withdrawal."""

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.core import signing
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Sum
from django.db.models.functions import Now
from django.utils import timezone

from hub import datasets, jobs, sql, storage
from hub.models import Account, Archive, DatasetMember, DatasetVersion, Image, Job
from hub.operations import quotas
from hub.people import downloads
from hub.problems import Refused

# Raise it when workers.archives would write other bytes than before: what is packed already stays as it is.
PACKER = 1
SALT = "hub.archive"


def sides() -> dict[str, int]:
    """The sizes pictures come at, by the name a request gives them."""
    return {"224": 224, "299": 299, "1024": 1024, "original": 0}


def choose(format: str, size: str) -> tuple[str, int]:
    """A format and a side as rows keep them. Raises Refused for what there is not."""
    if format not in Archive.Format.values:
        raise Refused("unknown_format", format=format[:40])
    return format, side_of(size)


def side_of(size: str) -> int:
    """A side as rows keep it. Raises Refused for what there is not."""
    if size not in sides():
        raise Refused("unknown_side", side=size[:40])
    return sides()[size]


def without(digest: str) -> tuple[int, str]:
    """How many members of a manifest were withdrawn, and the SHA-256 of which; 0 and "" for none."""
    gone = [str(image) for image, _ in datasets.tombstones(digest)]
    return len(gone), storage.digest_of("\n".join(gone).encode()) if gone else ""


def order(
    version: DatasetVersion, format: str, side: int, waiting: Iterable[Account] = (), by: Account | None = None
) -> tuple[Archive, Job | None]:
    """The archive of a version as it may be given out now, and the job that packs it, unless it is packed.

    `waiting` are told once it is; `by`: whose quota it counts against, where it is not being packed already.
    Raises Refused before the version is frozen. Ring for the job after the commit.
    """
    if version.state != DatasetVersion.State.READY:
        raise Refused("not_frozen", 409)
    tombstones, gone = without(version.digest)
    recipe = storage.digest_of(f"{PACKER} {version.digest} {format} {side} {gone}".encode())
    with transaction.atomic():
        archive, new = Archive.objects.get_or_create(
            recipe=recipe,
            defaults={
                "digest": version.digest, "format": format, "side": side, "tombstones": tombstones, "without": gone
            },
        )  # fmt: skip
        archive = Archive.objects.select_for_update().get(pk=archive.pk)
        if archive.state == Archive.State.READY:
            return archive, None
        if archive.state in (Archive.State.FAILED, Archive.State.STALE):
            archive.state, archive.reason, archive.done = Archive.State.QUEUED, "", 0
            new = True
        if new and by:
            quotas.spend(by, archives=1)
        archive.waiting = sorted({*archive.waiting, *(account.pk for account in waiting)})
        archive.save(update_fields=["state", "reason", "done", "waiting"])
        return archive, jobs.open_job(Job.Kind.PACK, archive.pk)


def of(version: DatasetVersion) -> list[Archive]:
    """The archives of a version that are, or will be, given out: the newest of each format and size."""
    rows = Archive.objects.filter(digest=version.digest).exclude(digest="").order_by("format", "side", "-id")
    return list(rows.distinct("format", "side"))


def key(archive: Archive) -> str:
    """Where its bytes lie in `artifacts`."""
    return storage.key(archive.recipe, ".zip")


def filename(archive: Archive) -> str:
    """What a download is called."""
    return f"deep-images-hub-{archive.digest[:12]}-{archive.format}-{archive.side or 'original'}.zip"


def retire(images: Iterable[Image]) -> None:
    """The images were withdrawn: no archive that holds one is given out any more. In the transaction of that."""
    versions = DatasetMember.objects.filter(image__in=images).values("version")
    digests = DatasetVersion.objects.filter(pk__in=versions, state="ready").values("digest")
    Archive.objects.filter(digest__in=digests).exclude(state="failed").update(state="stale")


def weight(version: DatasetVersion, side: int) -> int:
    """About how many bytes the pictures of a version have at this side: the most of an archive."""
    live = Image.objects.filter(memberships__version=version, withdrawn_at=None)
    weighed = live.filter(renditions__side=side) if side else live
    return weighed.aggregate(bytes=Sum("renditions__size" if side else "size"))["bytes"] or 0


def start(archive: Archive, size: int) -> None:
    """A worker packs it; it will have about so many bytes."""
    Archive.objects.filter(pk=archive.pk, state__in=["queued", "packing"]).update(
        state="packing", size=max(1, size), done=0, started_at=Now()
    )


def progress(archive: Archive, done: int) -> None:
    """That share of its size is done."""
    Archive.objects.filter(pk=archive.pk, state="packing").update(done=done)


def seconds_left(archive: Archive) -> int | None:
    """Until it is packed, at the pace so far; None where that is not known."""
    if archive.state != Archive.State.PACKING or not (archive.size and archive.done and archive.started_at):
        return None
    took = (timezone.now() - archive.started_at).total_seconds()
    return round(took * (archive.size - archive.done) / archive.done)


def finish(work: jobs.Work, archive: Archive, version: DatasetVersion, sha256: str, size: int) -> list[Job]:
    """The archive of `version` is stored whole: ready, unless a photo in it was withdrawn meanwhile.

    Who waits for it is told; the jobs to ring for. Raises jobs.Superseded when the version was deleted: its members
    may have gone while they were read, and another version with this manifest must not be given what is left.
    """
    with transaction.atomic():
        if not DatasetVersion.objects.select_for_update(no_key=True).filter(pk=version.pk).exists():
            raise jobs.Superseded(f"version {version.pk} was deleted")
        jobs.finish(work)
        Archive.objects.filter(pk=archive.pk, state="packing").update(
            state="ready", sha256=sha256, size=size, done=size, ready_at=Now()
        )
        return _tell(version, Archive.objects.select_for_update().get(pk=archive.pk))


def _tell(version: DatasetVersion, archive: Archive) -> list[Job]:
    """Tell who waits for an archive that is ready; they wait on for one that is not."""
    people = Account.objects.filter(pk__in=archive.waiting, is_active=True, gone_at=None)
    Archive.objects.filter(pk=archive.pk).update(waiting=[])
    if archive.state == Archive.State.READY:
        return downloads.tell_the_waiting(archive, people)
    job = order(version, archive.format, archive.side, people)[1] if people else None
    return [job] if job else []


def forget() -> int:
    """Drop the rows of archives whose every version was deleted; their objects go with the orphans. How many."""
    kept = DatasetVersion.objects.filter(digest=OuterRef("digest"))
    return Archive.objects.filter(~Exists(kept)).exclude(state="packing").delete()[0]


def fail(archive: int, reason: str) -> None:
    """Mark an archive that could not be packed, and why."""
    Archive.objects.filter(pk=archive).exclude(state="ready").update(state="failed", reason=reason)


def files(version: DatasetVersion, side: int) -> Iterator[tuple]:
    """Of each member that is not withdrawn, by rising id: image id, then of its rendition SHA-256, size, CRC-32,
    extension, width and height, each None where it has none.
    """
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql.load("queries/archive_files"), {"version": version.pk, "side": side})
        yield from cursor


def link(archive: Archive, account: Account | None) -> str:
    """A token that fetches the archive for a while, for this account (None: anybody, while the dataset is public).

    Raises Refused until the archive is packed.
    """
    if archive.state != Archive.State.READY:
        raise Refused("not_packed", 409)
    return signing.dumps([archive.pk, account.pk if account else 0, archive.sha256[:16]], salt=SALT, compress=False)


def holder(token: str) -> Account | None:
    """Whom a link that `by_link` took was made for; None where it is for anybody."""
    return Account.objects.filter(pk=signing.loads(token, salt=SALT)[1]).first()


def by_link(token: str, visitor: Account | None) -> Archive:
    """The archive a link is for; whose it is may still see it is asked each time. Raises Refused.

    `visitor` is who asks, None where nobody is logged in: whoever is must be the one the link was made for.
    """
    try:
        pk, owner, sha256 = signing.loads(token, salt=SALT, max_age=settings.ARCHIVE_LINK_SECONDS)
    except signing.SignatureExpired:
        raise Refused("link_expired", 410) from None
    except (signing.BadSignature, ValueError, TypeError):
        raise Refused("link_expired", 403) from None
    if owner and visitor and visitor.pk != owner:
        raise Refused("link_not_yours", 403)
    archive = Archive.objects.filter(pk=pk, state="ready", sha256__startswith=sha256).first()
    if archive is None:
        raise Refused("archive_gone", 410)
    holder = Account.objects.filter(pk=owner, is_active=True).first() if owner else None
    if (owner and not holder) or not datasets.versions_visible_to(holder).filter(digest=archive.digest).exists():
        raise Refused("forbidden", 403)
    return archive


def count_download(archive: Archive) -> None:
    """Somebody began to fetch it."""
    Archive.objects.filter(pk=archive.pk).update(downloads=F("downloads") + 1)
