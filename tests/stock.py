"""A catalogue in one line: images that were never given, with real little files, counted and selectable."""

import io
import itertools
import zlib
from functools import cache

from django.utils import timezone
from PIL import Image as Picture

from hub import counts, sql, storage
from hub.models import Account, Annotation, Image, Label, Place, Rendition, Twin
from tests import factories

numbers = itertools.count(1)


def stock(label: Label, count: int = 10, supplier: Account | None = None, **fields) -> list[Image]:
    """So many live images of a label, compared, each a group of its own, with renditions of 224 in storage."""
    batch = fields.pop("batch", None) or factories.batch(supplier, label, licence=fields.get("licence", "CC-BY-4.0"))
    made = [_image(batch, number, fields) for number in itertools.islice(numbers, count)]
    images = Image.objects.bulk_create(made)
    Annotation.objects.bulk_create(Annotation(image=i, label=label, account=batch.supplier) for i in images)
    Rendition.objects.bulk_create(_rendition(image) for image in images)
    sql.call("hub_place_under_labels", [image.pk for image in images])
    sql.call("hub_tally", [image.pk for image in images], 1)
    return images


def _image(batch, number: int, fields: dict) -> Image:
    digest = storage.digest_of(f"original {number}".encode())
    usual = {
        "format": "JPEG", "size": 40_000, "width": 800, "height": 600, "supplier": batch.supplier, "batch": batch,
        "licence": batch.licence, "credit": batch.credit, "precision": batch.precision, "place": batch.place,
        "dark": 0.9, "light": 0.1, "entropy": 7.0, "sharpness": 100.0, "tint": 0, "created_at": timezone.now(),
        "compared_at": timezone.now(), "sha256": digest, "pixels_sha256": digest[::-1],
    }  # fmt: skip
    return Image(**usual | fields)


def _rendition(image: Image, side: int = 224) -> Rendition:
    data = jpeg(image.pk)
    digest = storage.digest_of(data)
    storage.put("renditions", storage.rendition_key(digest), data)
    return Rendition(image=image, side=side, sha256=digest, size=len(data), crc32=zlib.crc32(data), width=16, height=16)


@cache
def jpeg(number: int) -> bytes:
    """A picture of 16 x 16 pixels, another for each number."""
    colours = [((number >> shift) * 37 + shift * 91) % 256 for shift in (0, 4, 8)]
    picture = Picture.new("RGB", (16, 16), tuple(colours))
    picture.putpixel((number % 16, number // 16 % 16), (255, 0, 0))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=95, comment=str(number))
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
