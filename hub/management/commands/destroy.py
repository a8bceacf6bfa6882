"""`manage.py destroy SHA256`: the bytes of a photo that was taken down go now, where the law wants it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import DatabaseError

from hub import storage
from hub.operations import destroying


class Command(BaseCommand):
    help = "Delete the stored bytes of a photo that was taken down, at once and for good. Nobody can appeal then."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sha256", help="the photo's SHA-256, as its page says")

    def handle(self, *, sha256: str, **options: Any) -> None:
        try:
            gone = destroying.destroy(sha256.lower())
        except (destroying.NotDestroyed, storage.Away, DatabaseError) as trouble:
            raise CommandError(str(trouble)) from trouble
        self.stdout.write(f"{gone} objects deleted. Backups hold them still: manage.py backup FOLDER --keep-days 0")
