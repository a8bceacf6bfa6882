"""Make the renditions that storage has lost again, from the originals."""

from django.core.files.storage import storages
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, transaction

from hub import storage
from hub.models import Image, Rendition
from hub.operations.standing import first_of
from workers import export, ingest
from workers.imaging import Rejected


class Command(BaseCommand):
    help = "Make renditions missing from storage again. Running it twice makes nothing twice. Exits 1 where it cannot."

    def handle(self, *args, **options) -> None:
        try:
            made, failed = self.mend_all()
        except (storage.Away, DatabaseError) as trouble:
            raise CommandError(f"Not all renditions were made: {trouble}") from trouble
        self.stdout.write(f"{made} images had renditions missing; they have them again.")
        if failed:
            raise CommandError(f"{len(failed)} images have no good original to make renditions from:{first_of(failed)}")

    def mend_all(self) -> tuple[int, list[str]]:
        """How many images were mended, and which could not be, with the reason."""
        made, failed = 0, []
        for image in Image.objects.filter(withdrawn_at=None).order_by("id").iterator(500):
            try:
                made += self.mend(image)
            except FileNotFoundError:
                failed.append(f"image {image.pk}: no file originals/{storage.key(image.sha256)}")
            except storage.Damaged as trouble:
                failed.append(f"image {image.pk}: {trouble}")
            except Rejected as refused:
                failed.append(f"image {image.pk}: {refused.code}")
        return made, failed

    def mend(self, image: Image) -> bool:
        """Make those files of one image again that its rows name and storage has not; whether any was missing."""
        lost = {row.side: row for row in image.renditions.all() if not there(row)}
        if clean := lost.pop(0, None):  # the original without its metadata: made anew, with its row
            with transaction.atomic():
                clean.delete()
                export.clean_original(image.pk, image.sha256)
        if lost:
            self.render(image, lost)
        return bool(clean or lost)

    def render(self, image: Image, lost: dict[int, Rendition]) -> None:
        """Render one image again, and let the rows of what was lost say what came of it."""
        picture = ingest.read(storage.get("originals", storage.key(image.sha256)))
        with transaction.atomic():
            ingest.store([picture.renditions[side] for side in lost])
            for side, row in lost.items():
                made = picture.renditions[side]
                row.sha256, row.size, row.crc32 = made.sha256, len(made.data), made.crc32
                row.width, row.height = made.width, made.height
                row.save()


def there(row: Rendition) -> bool:
    """Whether storage has the file of a rendition. Raises storage.Away."""
    with storage.reachable():
        return storages["renditions"].exists(storage.rendition_key(row.sha256))
