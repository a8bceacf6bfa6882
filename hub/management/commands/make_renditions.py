"""Make the renditions that storage has lost again, from the originals."""

from django.core.files.storage import storages
from django.core.management.base import BaseCommand
from django.db import transaction

from hub import storage
from hub.models import Image
from workers import ingest


class Command(BaseCommand):
    help = "Make renditions missing from storage again. Running it twice makes nothing twice."

    def handle(self, *args, **options) -> None:
        made = 0
        for image in Image.objects.filter(withdrawn_at=None).order_by("id").iterator(500):
            made += self.mend(image)
        self.stdout.write(f"{made} images had renditions missing; they have them again.")

    def mend(self, image: Image) -> bool:
        """Render one image again if a file of its rows is missing; whether it was so."""
        rows = {row.side: row for row in image.renditions.all()}
        names = [storage.rendition_key(row.sha256) for row in rows.values()]
        if all(storages["renditions"].exists(name) for name in names):
            return False
        picture = ingest.read(storage.get("originals", storage.key(image.sha256)))
        with transaction.atomic():
            ingest.store(list(picture.renditions.values()))
            for side, made in picture.renditions.items():
                row = rows[side]
                row.sha256, row.size, row.crc32 = made.sha256, len(made.data), made.crc32
                row.width, row.height = made.width, made.height
                row.save()
        return True
