"""`manage.py audit`: does everything that must hold, hold?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from hub import audit
from hub.operations import auditing


class Command(BaseCommand):
    help = "Check what must always hold; a line for each rule, and the rows that break it. Exits 1 on any breach."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--deep", action="store_true", help="read every file: hashes, and metadata of renditions")
        parser.add_argument("--no-store", action="store_true", help="do not keep what it finds for the operations page")

    def handle(self, *, deep: bool, no_store: bool = False, **options: Any) -> None:
        row = None if no_store else auditing.begin(deep=deep)  # None as well while another is being done
        if row:
            broken = len(auditing.run(row, self.report).breaches)
        else:
            broken = sum(self.report(finding) for finding in audit.run(deep=deep))
        if broken:
            raise CommandError(f"{broken} of {len(audit.INVARIANTS)} rules are broken.")

    def report(self, finding: audit.Finding) -> bool:
        """One line, and one more for each of the first breaches; whether there is any."""
        count = f"{finding.count} breach" + ("" if finding.count == 1 else "es")
        self.stdout.write(f"{finding.name}: {count if finding.count else 'ok'}")
        for breach in finding.first:
            self.stdout.write(f"    {breach}")
        if finding.count > len(finding.first):
            self.stdout.write(f"    and {finding.count - len(finding.first)} more")
        return bool(finding.count)
