"""Destroy the bytes of a photo that was taken down or taken back, at once: no grace of a day, no appeal."""

from datetime import timedelta

from django.utils import timezone

from hub import objects, storage
from hub.models import Image, Rendition, Submission


class NotDestroyed(Exception):  # noqa: N818  reads as what happened
    """Bytes that may not be destroyed now, and why, in words: nothing was changed."""


def destroy(sha256: str) -> int:
    """Delete original and renditions of a withdrawn photo, and what waits of the same file; how many objects.

    Its rows stay, as a tombstone. Raises NotDestroyed while the photo is live or waits, while a backup is being made,
    or where no such file was ever here; and storage.Away.
    """
    with objects.discardable() as free:
        if not free:
            raise NotDestroyed("A backup is being made, and keeps all objects: come back when it has ended.")
        return _destroy(sha256)


def _destroy(sha256: str) -> int:
    given = Submission.objects.filter(sha256=sha256)
    if Image.objects.filter(sha256=sha256, withdrawn_at=None).exists():
        raise NotDestroyed("This photo is in the catalogue. Take it down first, on its page.")
    if not given.exists():
        raise NotDestroyed("No file with this SHA-256 was ever given.")
    if given.filter(state__in=objects.WAITING).exists():
        raise NotDestroyed("The same file waits in a batch. Refuse it first, at /moderation/.")
    names = _names(sha256)
    # The time to appeal is over.
    given.update(decided_at=timezone.now() - objects.APPEALS, appealed_at=None, preview_sha256="")
    return sum(objects.discard(alias, name, young=True, grace=timedelta(0)) for alias, name in names)


def _names(sha256: str) -> list[tuple[str, str]]:
    made = Rendition.objects.filter(image__sha256=sha256).values_list("sha256", flat=True)
    shown = Submission.objects.filter(sha256=sha256).exclude(preview_sha256="").values_list("preview_sha256", flat=True)
    renditions = {("renditions", storage.rendition_key(digest)) for digest in {*made, *shown}}
    return [("originals", storage.key(sha256)), *sorted(renditions)]
