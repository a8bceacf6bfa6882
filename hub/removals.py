"""What moderators took down, and by what it is known again when somebody gives it once more."""

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from hub import sql
from hub.catalogue import bits
from hub.models import Image, Removal
from hub.pictures import Picture


def remember(image: Image, reason: str) -> None:
    """Keep the digests and both fingerprints of a live image, in the transaction that takes it down."""
    plain, mirrored = _fingerprints(image)
    known = {
        "pixels_sha256": image.pixels_sha256,
        "fingerprint": plain,
        "mirrored": mirrored,
        "reason": reason,
        "lifted_at": None,
    }
    Removal.objects.update_or_create(sha256=image.sha256, defaults=known)


def _fingerprints(image: Image) -> tuple[bytes, bytes]:
    """Both fingerprints of a live image, 32 bytes each; empty where the picture has none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.bits::text, m.bits::text FROM hub_fingerprint f JOIN hub_mirror m USING (image_id)"
            " WHERE f.image_id = %s",
            [image.pk],
        )
        plain, mirrored = cursor.fetchone() or ("", "")
    return _packed(plain), _packed(mirrored)


def _packed(text: str) -> bytes:
    """A bit string as Postgres writes it, in bytes: what `catalogue.bits` undoes."""
    return int(text, 2).to_bytes(len(text) // 8, "big") if text else b""


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
