"""`manage.py restore FOLDER`: make this hub what a backup says, less what was erased since."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, call_command

from hub import storage
from hub.management.commands import up
from hub.operations import restoring
from hub.operations.standing import TROUBLE, first_of, servers


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
                lost = restoring.restore(folder.expanduser().absolute(), of, words=force, say=self.stdout.write)
                up.no_demo()
                told = [f"{len(lost)} copies in the backup are gone or damaged:{first_of(lost)}"] if lost else []
                wrong = [*told, *self.complaints("make_renditions"), *self.complaints("audit", deep=deep)]
        except TROUBLE as trouble:
            raise CommandError(f"Not restored: {trouble}") from trouble
        self.stdout.write(f"Restored after {time.monotonic() - start:.1f} s. Start the hub; everybody logs in anew.")
        if wrong:
            raise CommandError("\n".join(["Restored, but:", *wrong]))

    def complaints(self, command: str, **options: Any) -> Iterator[str]:
        """Run another command to its end, whatever it finds wrong; its words for that, if there are any."""
        try:
            with storage.reachable():
                call_command(command, stdout=self.stdout, **options)
        except (CommandError, *TROUBLE) as reason:
            yield str(reason)
