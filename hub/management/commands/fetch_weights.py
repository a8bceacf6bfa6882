"""manage.py fetch_weights: bring the pretrained weights here, and report which networks can be trained."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand

from hub import progress
from hub.models import Backbone


class Command(BaseCommand):
    help = "Fetch the pretrained weights into HUB_WEIGHTS_DIR, check them, and tell the hub which networks it has."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-report", action="store_true", help="only fetch: while an image is built, say")

    def handle(self, *, no_report: bool, **options: Any) -> None:
        from workers.training_start import found_backbones

        for backbone in found_backbones(settings.FETCH_WEIGHTS):
            if not no_report:
                progress.report_backbones([backbone])
            self.stdout.write(self.line(backbone))

    def line(self, backbone: Backbone) -> str:
        """One network, in words."""
        if not backbone.weights_sha256:
            return f"{backbone.title}: {'needs no weights' if backbone.available else backbone.reason}"
        origin = "as published" if backbone.published else "the operator's own"
        return f"{backbone.title}: ready, weights {backbone.weights_sha256[:12]}, {origin}"
