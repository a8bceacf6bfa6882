"""manage.py load_labels: the starter hierarchy, a CSV of your own, or the classes of Open Images."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub import hierarchy, label_files
from hub.models import Label


class Command(BaseCommand):
    help = "Load a hierarchy of labels: the starter set, or the one you name. Loading it twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        source = parser.add_mutually_exclusive_group()
        source.add_argument(
            "--open-images",
            type=Path,
            metavar="DIR",
            help=f"a folder with {label_files.HIERARCHY} and {label_files.DESCRIPTIONS}",
        )
        source.add_argument("--csv", type=Path, metavar="FILE", help="lines of name,parent[,parent…]")

        parser.add_argument("--if-empty", action="store_true", help="only where there are no labels yet")

    def handle(self, *, open_images: Path | None, csv: Path | None, if_empty: bool, **_) -> None:
        if if_empty and Label.objects.exists():
            return
        try:
            if open_images:
                wanted = label_files.from_open_images(open_images)
            else:
                wanted = label_files.from_csv(csv or label_files.STARTER)
            loaded = hierarchy.load(wanted)
        except hierarchy.Unusable as why:
            raise CommandError(f"{why} Nothing was loaded.") from why
        self.stdout.write(f"{loaded.created} created, {loaded.updated} updated, {loaded.unchanged} unchanged")
