"""Deep features: kept under a digest of all that decides them, with rows that own them; gone with their image."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from hub import objects, storage
from hub.models import Feature


def known(keys: Iterable[str]) -> set[str]:
    """Which features are kept; they are marked as used, to the day."""
    found = Feature.objects.filter(key__in=list(keys))
    found.filter(used_at__lt=Now() - timedelta(days=1)).update(used_at=Now())
    return set(found.values_list("key", flat=True))


def name_of(key: str) -> str:
    """Where features lie in `features`."""
    return storage.key(key, ".feature")


def keep(key: str, image: int, backbone: str, data: bytes) -> None:
    """Keep the features of one view of an image, with the row that owns them."""
    with transaction.atomic():
        objects.hold(name_of(key))
        storage.put("features", name_of(key), data)
        row = {"image_id": image, "backbone": backbone, "size": len(data), "sha256": storage.digest_of(data)}
        Feature.objects.update_or_create(key=key, defaults=row)


def get(key: str) -> bytes | None:
    """The bytes of features; None when they are gone or not what their row says."""
    digest = Feature.objects.filter(key=key).values_list("sha256", flat=True).first()
    try:
        data = storage.get("features", name_of(key))
    except FileNotFoundError:
        return None
    return data if storage.digest_of(data) == digest else None


def forget(days: int) -> int:
    """Forget the features nobody used for so long, and those of withdrawn images; their objects go with the orphans."""
    old = Q(used_at__lt=Now() - timedelta(days=days)) | Q(image__withdrawn_at__isnull=False)
    return Feature.objects.filter(old).delete()[0]
