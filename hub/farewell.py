"""Take an invented crowd back: its photos, its batches, its files and itself."""

from django.core.files.storage import storages
from django.db import connection, transaction
from django.db.models import QuerySet

from hub import counts, objects, outcomes, sql, storage
from hub.models import (
    Account,
    Batch,
    Dataset,
    DatasetVersion,
    Image,
    Job,
    Place,
    Rendition,
    Submission,
    TrainedModel,
    Twin,
)


def invented() -> QuerySet[Batch]:
    """The batches of invented suppliers, and those of drawn pictures."""
    return Batch.objects.filter(supplier__invented=True) | Batch.objects.filter(drawn=True)


def clean() -> tuple[dict[str, int], list[Job]]:
    """Remove the crowd; how many rows of what went, and the jobs to ring for.

    What people gave meanwhile stays; a photo of theirs that was refused for a twin in the crowd is checked again.
    """
    with transaction.atomic():
        counts.lock()
        batches = list(invented().values_list("pk", flat=True))
        images = list(Image.objects.filter(batch__in=batches).values_list("pk", flat=True))
        files = files_of(batches, images)
        again = check_again(batches, images)
        gone = remove(batches, images)
    gone["files"] = sum(objects.discard(alias, name, young=True) for alias, name in sorted(files))
    return gone, again


def files_of(batches: list[int], images: list[int]) -> set[tuple[str, str]]:
    """Where everything these batches brought lies: alias and key."""
    given = Submission.objects.filter(batch__in=batches)
    made = Rendition.objects.filter(image__in=images)
    return {
        *(("originals", storage.key(digest)) for digest in given.values_list("sha256", flat=True) if digest),
        *(("incoming", name) for name in given.exclude(incoming="").values_list("incoming", flat=True)),
        *(("renditions", storage.rendition_key(digest)) for digest in made.values_list("sha256", flat=True)),
        *(("renditions", storage.rendition_key(row.preview_sha256)) for row in given if row.preview_sha256),
    }


def check_again(batches: list[int], images: list[int]) -> list[Job]:
    """Open a job for what people gave and a twin in the crowd kept out, where its bytes are still here."""
    kept_out = Submission.objects.filter(twin__in=images, state__in=["duplicate", "review"])
    rows = [
        row
        for row in kept_out.exclude(batch__in=batches).select_for_update()
        if row.sha256 and storages["originals"].exists(storage.key(row.sha256))
    ]
    return outcomes.reopen(rows)


def remove(batches: list[int], images: list[int]) -> dict[str, int]:
    """Delete the rows inside the catalogue's lock, counts in step."""
    pairs = Twin.objects.filter(first__in=images) | Twin.objects.filter(second__in=images)
    others = {pk for pair in pairs.values_list("first", "second") for pk in pair} - set(images)
    given = list(Submission.objects.filter(batch__in=batches).values_list("pk", flat=True))
    frozen = DatasetVersion.objects.filter(members__image__in=images).distinct()
    # Without their pictures, what models answered could no longer be shown, nor checked.
    digests = list(frozen.exclude(digest="").values_list("digest", flat=True))
    TrainedModel.objects.filter(digest__in=digests).delete()
    DatasetVersion.objects.filter(pk__in=list(frozen.values_list("pk", flat=True))).delete()
    with counts.recounting([*images, *others]):
        Job.objects.filter(kind=Job.Kind.INGEST, subject__in=given).delete()
        Job.objects.filter(kind=Job.Kind.RELATE, subject__in=images).delete()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM hub_fingerprint WHERE image_id = ANY (%s)", [images])
        pairs.delete()
        sql.call("hub_regroup", [*images, *others])
        Image.objects.filter(pk__in=images).delete()
    Submission.objects.filter(pk__in=given).delete()
    Batch.objects.filter(pk__in=batches).delete()
    Dataset.objects.filter(owner__invented=True).delete()
    people = Account.objects.filter(invented=True, annotations=None, batches=None).delete()[0]
    forget_places()
    return {"photos": len(images), "files given": len(given), "batches": len(batches), "suppliers": people}


def forget_places() -> None:
    """Drop the places nothing refers to any more, with their jobs."""
    unused = list(Place.objects.filter(images=None, batches=None).values_list("pk", flat=True))
    Job.objects.filter(kind=Job.Kind.LOCATE, subject__in=unused).delete()
    Place.objects.filter(pk__in=unused).delete()
