"""`manage.py demo`: a first crowd for an empty hub, and its farewell."""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management import BaseCommand, CommandError, call_command

from hub import archives, crowd, datasets, farewell, reasons, trainings
from hub.demand import watches
from hub.management.commands.simulate import report, wait_for_verdicts
from hub.models import Account, Backbone, Dataset, DatasetVersion, Job, Label
from hub.problems import Refused
from hub.selections import read
from hub.sources import Photo
from workers.celery import ring

SUPPLIERS = 6
# How many questions each of two suppliers answers, and what others wait for: how many, and why.
JUDGED = 60
WISHES = (
    ("Sailing boat", 120, "Real ones, in harbours and in bad light."),
    ("Leaf", 100, "From other climates, please: for a field guide."),
    ("Cat", 60, ""),
)
CITIES = (
    (52.52, 13.40),
    (-1.29, 36.82),
    (19.43, -99.13),
    (35.68, 139.69),
    (-33.87, 151.21),
    (28.61, 77.21),
    (40.71, -74.01),
    (-23.55, -46.63),
)


def wait_for(there: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until it is so, but no longer than so many seconds."""
    deadline = time.monotonic() + seconds
    while not there() and time.monotonic() < deadline:
        time.sleep(0.2)


class Command(BaseCommand):
    help = "Give an empty hub a small crowd, of pictures the hub draws or of photos in a folder; --clean removes it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--photos", help="a folder of folders (label/photo) to give instead of drawings")
        parser.add_argument("--clean", action="store_true", help="remove all invented suppliers and what they gave")

    def handle(self, *, photos: str | None, clean: bool, **options: Any) -> None:
        if photos and clean:
            raise CommandError("Either --photos or --clean.")
        if clean:
            self.clean()
        elif photos:
            around = "--around={},{}".format(*CITIES[0])
            call_command("simulate", photos, around, f"--suppliers={SUPPLIERS}", stdout=self.stdout)
        else:
            self.draw()

    def clean(self) -> None:
        """Remove the crowd and say what went."""
        gone, again = farewell.clean()
        ring(*again)
        self.stdout.write("Removed: " + ", ".join(f"{n} {what}" for what, n in gone.items()) + ".")
        if again:
            self.stdout.write(f"{len(again)} photos that had a twin in the crowd are checked again.")

    def draw(self) -> None:
        """Draw the pictures and give them, each supplier from a city or two."""
        from workers import drawings

        start = time.monotonic()
        pictures = drawings.pictures()
        labels, _ = crowd.labels_for(picture.label for picture in pictures)
        people = crowd.suppliers(SUPPLIERS)
        crowds = [crowd.Crowd([people[i % SUPPLIERS]], city, drawn=True) for i, city in enumerate(CITIES)]
        for picture in pictures:
            photo = Photo(picture.label, picture.filename, picture.draw)
            ring(crowds[picture.number % len(CITIES)].give(photo, labels[picture.label]))
        whole = crowd.Crowd(people, CITIES[0])
        for each in crowds:
            whole.answers += each.answers
            whole.tally += each.tally
        self.stdout.write(f"{len(pictures)} pictures drawn and given by {len(people)} invented suppliers.")
        wait_for_verdicts(whole.answers, self.stdout.write)
        self.stdout.write("\n".join(report(whole, time.monotonic() - start)))
        self.freeze(people[0], labels)
        self.meet(people, labels)

    def freeze(self, owner: Account, labels: dict[str, Label]) -> None:
        """Freeze first public datasets of what was drawn, once all of it has been compared; pack one, train on one."""
        from workers.drawings import TRAINABLE

        wait_for(lambda: not Job.objects.filter(kind=Job.Kind.RELATE, state__in=["queued", "running"]).exists())
        some = [label for name, label in labels.items() if name in TRAINABLE]
        text = "Pictures the hub drew itself, so that a new hub has {} to look at."
        small = self.frozen(owner, "Cats, leaves and boats", text.format("a model"), some)
        whole = self.frozen(owner, "Drawn things", text.format("a dataset"), list(labels.values()))
        if whole:
            ring(archives.order(whole, "imagefolder", 224)[1])
        if small:
            self.train(small)

    def frozen(self, owner: Account, name: str, description: str, labels: list[Label]) -> DatasetVersion | None:
        """A public dataset of these labels, frozen; None where nothing came of it."""
        split = {"train": 0.6, "validation": 0.2, "test": 0.2}
        selection = read({"labels": [label.pk for label in labels], "split": split})
        dataset = datasets.create(owner=owner, name=name, selection=selection, description=description)
        try:
            version, job = datasets.order_version(dataset)
        except Refused:  # some of the drawings are here already
            datasets.delete(dataset)
            return None
        Dataset.objects.filter(pk=dataset.pk).update(public=True)
        ring(job)
        wait_for(lambda: DatasetVersion.objects.filter(pk=version.pk, state="ready").exists())
        version.refresh_from_db()
        if version.state != DatasetVersion.State.READY:
            return None
        self.stdout.write(f"“{name}” is frozen: {version.images} images, id {version.digest[:12]}.")
        return version

    def meet(self, people: list[Account], labels: dict[str, Label]) -> None:
        """Let the crowd judge each other's pictures, and wait for more of a few things."""
        judged = sum(crowd.judge(person, JUDGED) for person in people[:2])
        wishes = [(labels[name], wanted, note) for name, wanted, note in WISHES if name in labels]
        for person, (label, wanted, note) in zip(people[2:], wishes, strict=False):
            ring(*watches.watch(person, [label], wanted, note))
        self.stdout.write(f"{judged} verdicts given; the crowd waits for more of {len(wishes)} things.")

    def train(self, version: DatasetVersion) -> None:
        """Have the first premium user ask for a small model, from scratch: it needs no weights from elsewhere."""
        wait_for(lambda: Backbone.objects.filter(name=trainings.SCRATCH).exists(), 30)
        asker = Account.objects.filter(plan=Account.Plan.PREMIUM, invented=False).order_by("pk").first()
        try:
            if asker:
                ring(trainings.ask(asker, version, trainings.Wish(trainings.SCRATCH, "full", epochs=40), mail=False)[1])
                self.stdout.write(f"{asker.username} asked for a first model: /models/ has it in some minutes.")
        except Refused as refused:
            self.stdout.write(f"No first model: {reasons.words(refused.code, refused.detail)}")
