"""Admit an image, find its twins, take it back."""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from hub import archives, counts, jobs, neighbours, outcomes, places, sql, trained
from hub.models import Account, Annotation, Image, Job, Label, Rendition, Report, Submission, Twin
from hub.pictures import Picture, Rendered

# Sightings at which a person may have to look: the picture is not equal.
COMPARED = ("near_duplicate", "same_picture")


@dataclass(frozen=True, slots=True)
class Sighting:
    """An image that is, or looks like, the one at hand; `bits` apart (0 when exactly equal)."""

    twin: Image
    code: str
    bits: int = 0


def horizon() -> int:
    """The newest image's id: whatever a lookup from now on misses has a higher one."""
    return Image.objects.aggregate(newest=Max("id"))["newest"] or 0


def bits(fingerprint: bytes) -> str:
    """A fingerprint as Postgres reads a bit string."""
    return "".join(f"{byte:08b}" for byte in fingerprint)


def alike(picture: Picture, most: int, above: int = 0, limit: int = 1) -> list[tuple[int, int]]:
    """Ids and distances of live images within `most` bits of the picture or its mirror image, nearest first."""
    if not picture.fingerprint or not picture.mirrored:
        return []
    asked = {
        "plain": bits(picture.fingerprint),
        "mirrored": bits(picture.mirrored),
        "most": most,
        "limit": limit,
    }
    if most <= settings.DUPLICATE_BITS and not above:
        found = sql.rows("near", **asked)
    else:
        found = sql.rows("alike", **asked, above=above)
    return [(row["image_id"], row["bits"]) for row in found]


def relatives(image: Image) -> list[tuple[int, int]]:
    """Ids and distances of the older live images within the loose threshold, nearest first.

    All of those that are near outright: a group must not lose one. Of those to be looked at more closely at most 20.
    """
    found = sql.rows("relatives", image=image.pk, most=settings.RELATED_BITS, near=settings.REVIEW_BITS, limit=20)
    return [(row["image_id"], row["bits"]) for row in found]


def within(submission: Submission) -> int:
    """How many bits a picture may differ by and still be taken for a twin; below 0 only an equal one is."""
    if submission.cleared and submission.appeal:
        return -1  # its supplier appealed, and a moderator saw both
    return settings.DUPLICATE_BITS if submission.distinct else settings.REVIEW_BITS


def find_twin(sha256: str, picture: Picture, most: int, above: int = 0) -> Sighting | None:
    """The live image this picture repeats, exactly or at most `most` bits apart, among those newer than `above`."""
    live = Image.objects.filter(withdrawn_at=None, id__gt=above)
    if twin := live.filter(sha256=sha256).first() or live.filter(pixels_sha256=picture.pixels_sha256).first():
        return Sighting(twin, _likeness(twin, sha256, picture))
    for pk, apart in alike(picture, most, above) if most >= 0 else ():
        twin = Image.objects.get(pk=pk)
        return Sighting(twin, _likeness(twin, sha256, picture, apart), apart)
    return None


def _likeness(twin: Image, sha256: str, picture: Picture, apart: int = 0) -> str:
    """What a twin is to a picture, by the twin's own digests: it may have come after a lookup by them missed it."""
    if twin.sha256 == sha256:
        return "same_bytes"
    if twin.pixels_sha256 == picture.pixels_sha256:
        return "same_pixels"
    return "same_picture" if apart <= settings.DUPLICATE_BITS else "near_duplicate"


def agrees(image: Image, label: Label) -> bool:
    """Whether the image counts under this label already, directly or through a descendant."""
    return image.image_labels.filter(label=label).exists()


def refuse_twin(work: jobs.Work, submission: Submission, sighting: Sighting, picture: Picture) -> None:
    """Finish a submission whose picture is here: duplicate, or review where a person must look.

    The same picture under a label it does not carry is recorded as a conflicting Annotation. Of a picture that a
    person may have to compare, the rendition of 299 must be stored already.
    """
    with transaction.atomic():
        counts.lock()
        if not Image.objects.filter(pk=sighting.twin.pk, withdrawn_at=None).exists():
            raise jobs.Superseded("the twin was withdrawn meanwhile")
        _finish_twin(work, submission, sighting, picture)


def _finish_twin(work: jobs.Work, submission: Submission, sighting: Sighting, picture: Picture) -> None:
    jobs.finish(work)
    state, code = "duplicate", sighting.code
    preview = picture.renditions[299].sha256 if code in COMPARED else ""
    if code == "near_duplicate":
        state = "review"
    elif not agrees(sighting.twin, submission.label):
        code = "conflicting_label"
        with counts.recounting([sighting.twin.pk]):
            state = "review" if _claim(sighting.twin, submission, conflicting=True) else "duplicate"
    found = {"twin": sighting.twin, "detail": {"bits": sighting.bits}, "preview_sha256": preview}
    outcomes.decide(submission.pk, state, code, **found)


def _claim(image: Image, submission: Submission, *, conflicting: bool) -> bool:
    """Record the supplier's claim, once; whether it is new."""
    return Annotation.objects.get_or_create(
        image=image,
        label=submission.label,
        account=submission.batch.supplier,
        defaults={"conflicting": conflicting},
    )[1]


def admit(work: jobs.Work, submission: Submission, picture: Picture, above: int) -> list[Job]:
    """Make the picture an Image, unless a twin newer than `above` came first. Its renditions must be stored already.

    The last, short transaction of an ingest: under the catalogue's lock it looks once more, inserts Image,
    Annotation, renditions and counts, and finishes submission and job. Returns the jobs to ring for.
    """
    with transaction.atomic():
        counts.lock()
        if sighting := find_twin(submission.sha256, picture, within(submission), above):
            _finish_twin(work, submission, sighting, picture)
            return []
        suspended = Account.objects.filter(pk=submission.batch.supplier_id).exclude(suspended_at=None)
        if not submission.cleared and suspended.exists():
            raise jobs.Superseded("the account is suspended by now")
        jobs.finish(work)
        image = _insert(submission, picture)
        _claim(image, submission, conflicting=False)
        sql.call("hub_place_under_labels", [image.pk])
        sql.call("hub_tally", [image.pk], 1)
        outcomes.decide(submission.pk, "accepted", image=image, twin=None)
        opened = [jobs.open_job(Job.Kind.RELATE, image.pk) if picture.fingerprint else None]
        opened.append(places.lookup(image.place))
        return [job for job in opened if job]


def _insert(submission: Submission, picture: Picture) -> Image:
    batch = submission.batch
    copied = ("pixels_sha256", "format", "width", "height", "dark", "light", "entropy", "sharpness", "tint")
    image = Image.objects.create(
        sha256=submission.sha256,
        size=submission.size or 0,
        supplier=batch.supplier,
        batch=batch,
        licence=batch.licence,
        credit=batch.credit,
        precision=batch.precision,
        place=places.of(batch, picture.gps),
        drawn=batch.drawn,
        taken_on=picture.taken_at.date() if picture.taken_at else None,
        # Without a fingerprint it looks like nothing, and no job will compare it.
        compared_at=None if picture.fingerprint else timezone.now(),
        flags=list(picture.flags),
        created_at=timezone.now(),
        **{name: getattr(picture, name) for name in copied},
    )
    Rendition.objects.bulk_create(_row(image, rendition) for rendition in picture.renditions.values())
    if picture.fingerprint and picture.mirrored:
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH plain AS (INSERT INTO hub_fingerprint VALUES (%s, %s::bit(256)) RETURNING image_id)"
                " INSERT INTO hub_mirror SELECT image_id, %s::bit(256) FROM plain",
                [image.pk, bits(picture.fingerprint), bits(picture.mirrored)],
            )
    return image


def _row(image: Image, made: Rendered) -> Rendition:
    return Rendition(
        image=image,
        side=made.size,
        sha256=made.sha256,
        size=len(made.data),
        crc32=made.crc32,
        width=made.width,
        height=made.height,
    )


def relate(work: jobs.Work, image: Image, found: list[tuple[int, int]]) -> None:
    """Record the older images that look like `image`: ids, and how many bits apart. Their groups become one."""
    with transaction.atomic():
        counts.lock()
        jobs.finish(work)
        asked = [image.pk, *(pk for pk, _ in found)]
        live = set(Image.objects.filter(pk__in=asked, withdrawn_at=None).values_list("pk", flat=True))
        twins = [Twin(first_id=pk, second=image, bits=apart) for pk, apart in found if {pk, image.pk} <= live]
        Image.objects.filter(pk=image.pk).update(compared_at=Now())
        neighbours.ask()
        if not twins:
            sql.call("hub_make_selectable", [image.pk])
            return
        with counts.recounting(sorted(live)):
            Twin.objects.bulk_create(twins, ignore_conflicts=True)
            sql.call("hub_join_groups", sorted(live))


def withdraw(image: Image, removed_for: str = "") -> list[Job]:
    """Take a photo out of the catalogue at once: no page, count or lookup knows it from here on.

    `removed_for`: the code of a moderator's reason, where it was not its supplier who took it back. What waited in
    review because of it is checked again. Returns the jobs to ring for.
    """
    return withdraw_all([image], removed_for)


def withdraw_all(images: list[Image], removed_for: str = "") -> list[Job]:
    """Take several photos out of the catalogue as one act; those that are gone by now stay as they are."""
    with transaction.atomic():
        counts.lock()
        images = list(Image.objects.filter(pk__in=[image.pk for image in images], withdrawn_at=None))
        ids = [image.pk for image in images]
        pairs = Twin.objects.filter(first__in=ids) | Twin.objects.filter(second__in=ids)
        around = {pk for pair in pairs.values_list("first", "second") for pk in pair}
        with counts.recounting(sorted({*ids, *around})):
            Image.objects.filter(pk__in=ids).update(withdrawn_at=Now(), removed_for=removed_for)
            pairs.delete()
            sql.call("hub_regroup", ids)
        archives.retire(images)
        trained.retire(images)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM hub_fingerprint WHERE image_id = ANY (%s)", [ids])
        if not removed_for:  # whoever reported it has what they wished for; a moderator's decision tells them
            Report.objects.filter(image__in=ids, state=Report.State.OPEN).update(state="removed", decided_at=Now())
        reason = "taken_down" if removed_for else "withdrawn"
        Submission.objects.filter(image__in=ids).update(
            state="withdrawn", reason=reason, detail={"why": removed_for} if removed_for else {}, decided_at=Now()
        )
        return outcomes.reopen(Submission.objects.filter(twin__in=ids, state="review").select_for_update())
