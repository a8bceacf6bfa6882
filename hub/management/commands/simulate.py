"""`manage.py simulate`: give a folder of folders of photos as a crowd would."""

import re
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterable
from typing import Any

from django.core.management import BaseCommand, CommandError
from tqdm import tqdm

from hub import crowd, sources
from hub.models import Label
from hub.models.submission import Licence
from hub.places import COORDINATES
from workers.celery import ring

STATES = ("accepted", "duplicate", "rejected", "review", "failed", "received")
PATIENCE = 60.0  # seconds without any verdict before we say that no worker answers


class Command(BaseCommand):
    help = "Give a folder of folders (label/photo) as batches of invented suppliers, the way the website takes them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        # Latitudes may be negative: without this argparse takes "-1.29,36.82" for an option.
        parser._negative_number_matcher = re.compile(r"-\d")
        parser.add_argument("source", help="a folder of folders, or s3://bucket/prefix")
        parser.add_argument("--suppliers", type=number, default=5, help="how many people give (5)")
        parser.add_argument("--around", type=point, required=True, metavar="LAT,LON", help="where they live")
        parser.add_argument("--limit", type=number, help="give only so many photos")
        parser.add_argument("--seed", type=int, default=0, help="another crowd for another number")
        parser.add_argument("--licence", choices=Licence.values, default=Licence.CC_BY.value)
        parser.add_argument("--under", help="the label under which unknown folders become labels")
        parser.add_argument("--no-wait", dest="wait", action="store_false", help="do not wait for the verdicts")
        parser.add_argument("--wait", action="store_true", default=True, help="wait for the verdicts (default)")

    def handle(self, *, source: str, **options: Any) -> None:
        try:
            photos = sources.photos(source, options["limit"])
        except sources.Unusable as reason:
            raise CommandError(str(reason)) from None
        labels, made = crowd.labels_for((photo.folder for photo in photos), self.under(options["under"]))
        if made:
            self.stdout.write("New labels: " + ", ".join(label.name for label in made))
        people = crowd.suppliers(options["suppliers"])
        givers = crowd.Crowd(people, options["around"], options["licence"], options["seed"])
        start = time.monotonic()
        give_all(givers, ((photo, labels[photo.folder]) for photo in photos), len(photos))
        if options["wait"]:
            wait_for_verdicts(givers.answers, self.stdout.write)
        self.stdout.write("\n".join(report(givers, time.monotonic() - start)))

    def under(self, name: str | None) -> Label | None:
        """The label asked for by its name or slug."""
        if name is None:
            return None
        found = Label.objects.filter(slug=name).first() or Label.objects.filter(names__text__iexact=name).first()
        if found is None:
            raise CommandError(f"There is no label called {name}.")
        return found


def number(text: str) -> int:
    """A whole number above none."""
    if not text.isdecimal() or not 0 < int(text) <= 1_000_000_000:
        raise ArgumentTypeError(f"{text} is not a number above 0")
    return int(text)


def point(text: str) -> tuple[float, float]:
    """Coordinates on Earth, in degrees."""
    match = COORDINATES.fullmatch(text)
    if not match or abs(float(match[1])) > 90 or abs(float(match[2])) > 180:
        raise ArgumentTypeError(f"{text} is not LAT,LON in degrees, as 52.52,13.40 is")
    return float(match[1]), float(match[2])


def give_all(givers: crowd.Crowd, photos: Iterable, total: int) -> None:
    """Give each photo to its label and ring for it, with a bar on a terminal."""
    for photo, label in tqdm(photos, "Giving", total, unit="photo", disable=None):
        ring(givers.give(photo, label))


def wait_for_verdicts(answers: list[int], say: Callable[[str], Any], patience: float = PATIENCE) -> bool:
    """Wait until every submission is decided. Says so and gives up after `patience` seconds without a verdict."""
    left = crowd.waiting(answers)
    moved = time.monotonic()
    with tqdm(desc="Checking", total=left, unit="photo", disable=None) as bar:
        while left:
            time.sleep(0.2)
            now = crowd.waiting(answers)
            bar.update(left - now)
            if now < left:
                left, moved = now, time.monotonic()
            elif time.monotonic() - moved > patience:
                say(f"No verdict for {patience:.0f} seconds: is a worker running? {left} photos wait for one.")
                return False
    return True


def report(givers: crowd.Crowd, seconds: float) -> list[str]:
    """What became of everything, by label, and how fast."""
    verdicts = crowd.verdicts(givers.answers)
    labels = sorted({label for label, _ in verdicts})
    shown = [state for state in STATES if any(verdicts[label, state] for label in labels) or state == "accepted"]
    wide = max([len(label) for label in labels], default=5) + 2
    lines = [" " * wide + "".join(f"{state:>11}" for state in shown)]
    lines += [f"{label:<{wide}}" + "".join(f"{verdicts[label, state]:>11}" for state in shown) for label in labels]
    totals = (sum(verdicts[label, state] for label in labels) for state in shown)
    lines.append(f"{'all':<{wide}}" + "".join(f"{total:>11}" for total in totals))
    lines += [f"not given: {trouble}" for trouble in givers.troubles]
    tally = givers.tally
    lines.append(
        f"{tally['given']} given, {tally['before']} given before, {tally['refused']} refused at the door,"
        f" {tally['unreadable']} unreadable; {tally['given'] / max(seconds, 0.001):.1f} images per second"
    )
    return lines
