"""A catalogue in one line: images that were never given, with real little files, counted and selectable."""

import io
import itertools
import zlib
from functools import cache

from django.conf import settings
from django.utils import timezone
from PIL import Image as Picture

from hub import counts, sql, storage
from hub.models import Account, Annotation, Batch, Image, Label, Place, Rendition, Submission, Twin
from tests import factories

numbers = itertools.count(1)


def stock(label: Label, count: int = 10, supplier: Account | None = None, **fields) -> list[Image]:
    """So many live images of a label, compared, each a group of its own, all their files in storage."""
    batch = fields.pop("batch", None) or factories.batch(supplier, label, licence=fields.get("licence", "CC-BY-4.0"))
    datas = [jpeg(number) for number in itertools.islice(numbers, count)]
    images = Image.objects.bulk_create(_image(batch, data, fields) for data in datas)
    Annotation.objects.bulk_create(Annotation(image=i, label=label, account=i.supplier) for i in images)
    Submission.objects.bulk_create(_submission(batch, label, image) for image in images)
    Rendition.objects.bulk_create(
        row for image, data in zip(images, datas, strict=True) for row in _stored(image, data)
    )
    sql.call("hub_place_under_labels", [image.pk for image in images])
    sql.call("hub_tally", [image.pk for image in images], 1)
    return images


def _image(batch: Batch, data: bytes, fields: dict) -> Image:
    digest = storage.digest_of(data)
    usual = {
        "format": "JPEG", "size": len(data), "width": 800, "height": 600, "supplier": batch.supplier, "batch": batch,
        "licence": batch.licence, "credit": batch.credit, "precision": batch.precision, "place": batch.place,
        "dark": 0.9, "light": 0.1, "entropy": 7.0, "sharpness": 100.0, "tint": 0, "created_at": timezone.now(),
        "compared_at": timezone.now(), "sha256": digest, "pixels_sha256": digest[::-1],
    }  # fmt: skip
    return Image(**usual | fields)


def _submission(batch: Batch, label: Label, image: Image) -> Submission:
    told = {"filename": "photo.jpg", "sha256": image.sha256, "size": image.size, "decided_at": image.created_at}
    return Submission(batch=batch, label=label, image=image, state="accepted", **told)


def _stored(image: Image, data: bytes) -> list[Rendition]:
    """The file as original and, small as it is, as every rendition."""
    storage.put("originals", storage.key(image.sha256), data)
    storage.put("renditions", storage.rendition_key(image.sha256), data)
    facts = {"sha256": image.sha256, "size": len(data), "crc32": zlib.crc32(data), "width": 16, "height": 16}
    return [Rendition(image=image, side=side, **facts) for side in settings.RENDITION_SIZES]


@cache
def jpeg(number: int) -> bytes:
    """A picture of 16 x 16 pixels, another for each number."""
    picture = Picture.new("L", (16, 16), 128)
    picture.putdata([255 * (number >> bit & 1) for bit in range(16) for _ in range(16)])
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def alike(*images: Image, bits: int = 40) -> None:
    """Let images look alike, each like the next: their groups become one."""
    ids = sorted(image.pk for image in images)
    with counts.recounting(ids):
        pairs = [Twin(first_id=a, second_id=b, bits=bits) for a, b in itertools.pairwise(ids)]
        Twin.objects.bulk_create(pairs, ignore_conflicts=True)
        sql.call("hub_join_groups", ids)


def also(label: Label, *images: Image) -> None:
    """Let images show another label too, as their suppliers say."""
    with counts.recounting([image.pk for image in images]):
        Annotation.objects.bulk_create(Annotation(image=i, label=label, account=i.supplier) for i in images)


def verified(label: Label, *images: Image, yes: int = 2, no: int = 0) -> None:
    """Let so many others say yes, and no, to a label of images."""
    people = {factories.account(): verdict for verdict in ["yes"] * yes + ["no"] * no}
    with counts.recounting([image.pk for image in images]):
        Annotation.objects.bulk_create(
            Annotation(image=i, label=label, account=who, verdict=verdict)
            for i in images
            for who, verdict in people.items()
        )


def placed(country: str, query: str) -> Place:
    """A place in a country."""
    return Place.objects.create(query=query, country_code=country, country=country, source="offline")
