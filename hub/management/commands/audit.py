"""`manage.py audit`: does everything that must hold, hold?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from hub import audit


class Command(BaseCommand):
    help = "Check what must always hold; a line for each rule, and the rows that break it. Exits 1 on any breach."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--deep", action="store_true", help="read every file: hashes, and metadata of renditions")

    def handle(self, *, deep: bool, **options: Any) -> None:
        broken = 0
        for finding in audit.run(deep=deep):
            self.report(finding)
            broken += bool(finding.count)
        if broken:
            raise CommandError(f"{broken} of {len(audit.INVARIANTS)} rules are broken.")

    def report(self, finding: audit.Finding) -> None:
        """One line, and one more for each of the first breaches."""
        count = f"{finding.count} breach" + ("" if finding.count == 1 else "es")
        self.stdout.write(f"{finding.name}: {count if finding.count else 'ok'}")
        for breach in finding.first:
            self.stdout.write(f"    {breach}")
        if finding.count > len(finding.first):
            self.stdout.write(f"    and {finding.count - len(finding.first)} more")
