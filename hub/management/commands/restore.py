"""`manage.py restore FOLDER`: make this hub what a backup says, less what was erased since."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, call_command

from hub import storage
from hub.management.commands import up
from hub.operations import postgres, restoring
from hub.operations.standing import servers


class Command(BaseCommand):
    help = "Restore a backup of FOLDER into an empty hub whose processes are stopped; ends with an audit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--of", default="", metavar="NAME", help="another backup than the newest")
        parser.add_argument("--force", default="", metavar="WORDS", help="into a hub that is not empty")
        parser.add_argument("--deep", action="store_true", help="audit every byte afterwards")

    def handle(self, *, folder: Path, of: str, force: str, deep: bool, **options: Any) -> None:
        start = time.monotonic()
        try:
            with servers(alone=True):
                restoring.restore(folder.expanduser().absolute(), of, words=force, say=self.stdout.write)
                up.no_demo()
                call_command("make_renditions", stdout=self.stdout)
                call_command("audit", deep=deep, stdout=self.stdout)
        except (postgres.Unusable, storage.Away, OSError) as trouble:
            raise CommandError(f"Not restored: {trouble}") from None
        self.stdout.write(f"Restored after {time.monotonic() - start:.1f} s. Start the hub; everybody logs in anew.")
