"""`manage.py backup FOLDER`: keep rows and objects elsewhere, while the hub runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from hub.operations import backup, erasures, verifying
from hub.operations.standing import TROUBLE, first_of, servers


class Command(BaseCommand):
    help = "Make a backup in FOLDER while the hub runs: all rows, then every object they name that is not there yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--archives", action="store_true", help="packed datasets too; without, they are packed again"
        )
        parser.add_argument("--renditions", action="store_true", help="renditions too: else made again")
        parser.add_argument("--keep-days", type=int, default=30, help="drop older backups, never the newest (30)")
        parser.add_argument("--verify", action="store_true", help="make none; read the newest again, every byte")
        parser.add_argument("--of", default="", metavar="NAME", help="with --verify: another than the newest")
        parser.add_argument("--erased", action="store_true", help="make none; only note what must not come back")

    def handle(self, *, folder: Path, **options: Any) -> None:
        try:
            with servers():
                self.act(folder.expanduser().absolute(), **options)
        except TROUBLE as trouble:
            raise CommandError(f"No backup: {trouble}") from trouble

    def act(self, folder: Path, **options: Any) -> None:
        """What the options ask for."""
        if options["verify"]:
            self.verify(folder, options["of"])
        elif options["erased"]:
            self.note(folder)
        else:
            self.make(folder, options)

    def make(self, folder: Path, options: dict[str, Any]) -> None:
        """Make one, and say what is in it; an error where storage lacks what rows name."""
        asked = {"packed": options["archives"], "rendered": options["renditions"], "keep_days": options["keep_days"]}
        made, missing = backup.make(folder, **asked, say=self.stdout.write)
        about = made.about
        held, new = sum(about["objects"].values()), about["bytes_copied"] / 1e6
        self.stdout.write(f"{made.path} holds {held} objects ({new:.1f} MB new) after {about['seconds']:.1f} s.")
        self.say_what_is_unfinished(folder)
        self.complain(missing, "The backup is whole but for {} objects that storage has lost or damaged")

    def verify(self, folder: Path, name: str) -> None:
        """Read everything again."""
        self.complain(list(verifying.verify(folder, name)), "{} things are wrong with the backup")
        self.stdout.write("Every file is as it was written, and the dump can be read.")

    def note(self, folder: Path) -> None:
        """Write erased.json alone: seconds, so as often as every few minutes."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        noted = erasures.keep(folder / "erased.json")
        told = ", ".join(f"{len(noted[kind])} {kind}" for kind in ("submissions", "accounts", "removals"))
        self.stdout.write(f"Noted what must not come back: {told}.")
        self.say_what_is_unfinished(folder)

    def say_what_is_unfinished(self, folder: Path) -> None:
        """Raise where these rows are those of a restore that did not end."""
        if erasures.known(folder / "erased.json")["restoring"]:
            raise CommandError(
                "Done, but: a restore of this hub began and did not end. What was erased since its backup may be here"
                " again: stop the hub and restore once more."
            )

    def complain(self, found: list[str], what: str) -> None:
        """Raise with the first few, if there are any."""
        if found:
            raise CommandError(f"{what.format(len(found))}:{first_of(found)}")
