"""What moderators took down, and by what it is known again when somebody gives it once more."""

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from hub import sql
from hub.catalogue import bits
from hub.models import Image, Removal
from hub.pictures import Picture


def remember(images: list[Image], reason: str) -> None:
    """Keep the digests and both fingerprints of live images, in the transaction that takes them down."""
    prints = _fingerprints([image.pk for image in images])
    rows = [_removal(image, *prints.get(image.pk, (b"", b"")), reason) for image in images]
    known = ["pixels_sha256", "fingerprint", "mirrored", "reason", "lifted_at"]
    Removal.objects.bulk_create(rows, update_conflicts=True, unique_fields=["sha256"], update_fields=known)


def _removal(image: Image, plain: bytes, mirrored: bytes, reason: str) -> Removal:
    pixels = image.pixels_sha256
    return Removal(sha256=image.sha256, pixels_sha256=pixels, fingerprint=plain, mirrored=mirrored, reason=reason)


def _fingerprints(images: list[int]) -> dict[int, tuple[bytes, bytes]]:
    """Both fingerprints, 32 bytes each, of those of the live images that have them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT image_id, f.bits::text, m.bits::text FROM hub_fingerprint f JOIN hub_mirror m USING (image_id)"
            " WHERE image_id = ANY (%s)",
            [images],
        )
        return {pk: (_packed(plain), _packed(mirrored)) for pk, plain, mirrored in cursor.fetchall()}


def _packed(text: str) -> bytes:
    """A bit string as Postgres writes it, in bytes: what `catalogue.bits` undoes."""
    return int(text, 2).to_bytes(len(text) // 8, "big")


def reason_of(sha256: str, picture: Picture) -> str:
    """Why a file, or a picture that looks the same (mirrored too), was taken down; "" where it was not."""
    found = sql.rows(
        "removed",
        sha256=sha256,
        pixels=picture.pixels_sha256,
        plain=bits(picture.fingerprint or b""),
        most=settings.DUPLICATE_BITS,
    )
    return found[0]["reason"] if found else ""


def lift(sha256: str) -> bool:
    """Let the picture come back; whether it was kept out."""
    return bool(Removal.objects.filter(sha256=sha256, lifted_at=None).update(lifted_at=Now()))
