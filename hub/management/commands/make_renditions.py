"""Make the renditions that storage has lost again, from the originals."""

from django.core.files.storage import storages
from django.core.management.base import BaseCommand
from django.db import transaction

from hub import storage
from hub.models import Image, Rendition
from workers import export, ingest


class Command(BaseCommand):
    help = "Make renditions missing from storage again. Running it twice makes nothing twice."

    def handle(self, *args, **options) -> None:
        made = 0
        for image in Image.objects.filter(withdrawn_at=None).order_by("id").iterator(500):
            made += self.mend(image)
        self.stdout.write(f"{made} images had renditions missing; they have them again.")

    def mend(self, image: Image) -> bool:
        """Make those files of one image again that its rows name and storage has not; whether any was missing."""
        lost = {row.side: row for row in image.renditions.all() if not there(row)}
        if clean := lost.pop(0, None):  # the original without its metadata: made anew, with its row
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
    """Whether storage has the file of a rendition."""
    return storages["renditions"].exists(storage.rendition_key(row.sha256))
