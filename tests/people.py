"""One of the crowd (tests.crowd): gives, takes back, judges, wishes, freezes and leaves at random."""

import io
import itertools
import random
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

from django.contrib.auth.models import Permission

from hub import catalogue, datasets, jobs, submissions
from hub.demand import shortfalls, subscriptions, watches
from hub.models import Batch, Claim, Dataset, DatasetVersion, Image, Job, Report, Submission
from hub.moderation import appeals, doubts, reporting
from hub.people import consent, downloads, leaving
from hub.problems import Refused
from hub.reviewing import questions, verification
from hub.selections import read
from tests import factories, images
from tests.moderators import Moderator

if TYPE_CHECKING:
    from tests.crowd import Crowd

# What they do, and how often of a hundred times.
ACTS = {
    "give": 30, "give_again": 8, "judge": 14, "undo": 3, "withdraw": 3, "withdraw_batch": 1, "relabel": 3,
    "wish": 4, "stop_wishing": 2, "subscribe": 2, "lack": 2, "report": 3, "doubt": 3, "appeal": 2,
    "moderate": 9, "freeze": 3, "drop_dataset": 2, "look_alike": 3, "announce": 2, "leave": 1,
}  # fmt: skip
KINDS = (images.photo, images.mirrored, images.reencoded)
PLACES = ("", "", "52.5, 13.4", "-1.3, 36.8")
names = itertools.count(1)


class Person(Moderator):
    """One of them, now and then a moderator. Who leaves comes back as somebody else."""

    def __init__(self, crowd: "Crowd", chance: random.Random) -> None:
        self.crowd, self.chance, self.labels = crowd, chance, crowd.labels
        self.join()

    def join(self) -> None:
        """Some have an address, some are new, some may moderate."""
        name, new = f"somebody{next(names)}", self.chance.random() < 0.2
        address = f"{name}@example.org" if self.chance.random() < 0.5 else ""
        self.account = factories.account(username=name, email=address, **({"trusted_at": None} if new else {}))
        if self.chance.random() < 0.5:
            self.account.user_permissions.add(Permission.objects.get(codename="moderate"))

    def act(self) -> None:
        """One thing at random, and a worker's share of what it gives to do."""
        (name,) = self.chance.choices(list(ACTS), list(ACTS.values()))
        try:
            getattr(self, name)()
            self.crowd.done[name] += 1
        except Refused as refused:
            self.crowd.refused[refused.code] += 1
        except Exception:  # noqa: BLE001  whatever it is, the test must hear of it
            self.crowd.wrong.append(f"{name}\n{traceback.format_exc()}")
        self.work(2)

    # --- what they do ------------------------------------------------------------------------------------------

    def give(self) -> None:
        batch = self.any(Batch.objects.filter(supplier=self.account)) if self.chance.random() < 0.7 else None
        batch = batch or submissions.start_batch(
            supplier=self.account, label=self.label(), licence=self.chance.choice(["CC0-1.0", "CC-BY-4.0"]),
            precision=self.chance.choice(["open", "region", "hidden"]), place_text=self.chance.choice(PLACES),
        )  # fmt: skip
        self._send(batch, self.chance.randrange(self.crowd.pictures), images.photo)

    def give_again(self) -> None:
        """A copy of what others give too, perhaps under another label."""
        batch = submissions.start_batch(supplier=self.account, label=self.label(), licence="CC-BY-4.0")
        self._send(batch, self.chance.randrange(1 + self.crowd.pictures // 10), self.chance.choice(KINDS))

    def _send(self, batch: Batch, seed: int, kind) -> None:
        data = kind(seed=seed, size=(160, 120))
        submissions.receive(batch, io.BytesIO(data), f"{self.chance.randrange(9)}.jpg")

    def judge(self) -> None:
        for asked in questions.ask(self.account, 3):
            pick = self.chance.choice([*(one.slug for one in asked.candidates), "none", "unsure"])
            verification.answer(self.account, asked.token, pick, self.chance.choice(["yes", "no", "unsure"]))

    def undo(self) -> None:
        verification.undo(self.account, self.chance.randint(1, 3))

    def withdraw(self) -> None:
        if image := self.live(supplier=self.account):
            catalogue.withdraw(image)

    def withdraw_batch(self) -> None:
        if batch := self.any(Batch.objects.filter(supplier=self.account)):
            consent.withdraw_batch(batch)

    def relabel(self) -> None:
        if image := self.live(supplier=self.account):
            consent.relabel(image, self.account, self.label())

    def wish(self) -> None:
        several = self.chance.sample(self.labels, self.chance.randint(1, 3))
        watches.watch(self.account, several, self.chance.choice([2, 5, 20, None]), self.chance.choice(["", "in snow"]))

    def stop_wishing(self) -> None:
        watches.stop(self.account, self.label())

    def subscribe(self) -> None:
        subscriptions.subscribe(self.account, self.label(), pinned=self.chance.random() < 0.5)
        subscriptions.stop(self.account, self.label())

    def lack(self) -> None:
        shortfalls.of_selection(self.account, self._selection())

    def report(self) -> None:
        if image := self.live():
            who = self.chance.choice([self.account, None])
            reporting.report(image, who, self.chance.choice(Report.Reason.values), "see", self.label())

    def doubt(self) -> None:
        if claim := self.any(Claim.objects.select_related("image", "label")):
            doubts.raise_doubt(self.account, claim.image, claim.label)

    def appeal(self) -> None:
        if row := self.any(
            Submission.objects.filter(batch__supplier=self.account, state__in=["rejected", "withdrawn"])
        ):
            appeals.appeal(row, "It is mine.")

    def freeze(self) -> None:
        made = datasets.create(
            owner=self.account, name="Things", selection=self._selection(), public=self.chance.random() < 0.5
        )
        datasets.order_version(made)

    def _selection(self):
        chosen = [{"id": label.pk, "below": False} for label in self.chance.sample(self.labels, 3)]
        return read({"labels": chosen, "overlap": "multi", "split": {"train": 1}})

    def drop_dataset(self) -> None:
        if version := self.any(DatasetVersion.objects.filter(state="ready", dataset__owner=self.account)):
            downloads.keep(self.account, version.digest)
        if row := self.any(Dataset.objects.filter(owner=self.account, public=False)):
            datasets.delete(row)

    def look_alike(self) -> None:
        """A worker finds that two photos look alike: their groups become one."""
        pair = list(Image.objects.filter(withdrawn_at=None).order_by("?")[:2])
        if len(pair) == 2:
            older, newer = sorted(pair, key=lambda image: image.pk)
            with suppress(jobs.Superseded):
                work = jobs.claim(jobs.open_job(Job.Kind.RELATE, newer.pk).pk)
                if work:
                    catalogue.relate(work, newer, [(older.pk, 40)])

    def announce(self) -> None:
        """What the hourly round does of it."""
        watches.tell_the_ready()
        shortfalls.settle()
        downloads.tell_the_withdrawn()

    def leave(self) -> None:
        leaving.leave(self.account, withdraw=self.chance.random() < 0.5)
        self.join()

    # --- what workers do ---------------------------------------------------------------------------------------

    def work(self, most: int) -> int:
        """Do up to so many of the jobs that are due; how many were."""
        due = list(Job.objects.filter(state="queued", attempt=0, kind__in=factories.tasks()).order_by("?")[:most])
        for job in due:
            factories.tasks()[job.kind](job.pk)
        return len(due)

    def work_off(self) -> None:
        """All of them, and those whose worker was broken off: by then its lease has run out."""
        Job.objects.filter(state="running").update(state="queued", attempt=0, lease_until=None)
        factories.work_off()
