"""A crowd of invented suppliers that gives photos the way people do, and leaves again without a trace."""

import hashlib
import io
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count

from django.utils import timezone

from hub import hierarchy, storage, submissions
from hub.models import Account, Batch, Job, Label, LabelName, Submission
from hub.problems import Refused
from hub.reviewing import questions, verification
from hub.reviewing.sealing import unseal
from hub.sources import Photo, Unreadable

FIRST = "mira otto ines tomas aiko femi lena ravi noor juan greta amara piet hana".split()  # noqa: SIM905
LAST = "lind okafor berg tanaka silva novak haddad moreau kaya rossi meyer patel ek".split()  # noqa: SIM905


def suppliers(number: int) -> list[Account]:
    """The first `number` invented suppliers, made where missing: the same ones every time. Nobody can log in as one."""
    made: list[Account] = []
    for name in usernames():
        if len(made) == number:
            break
        account = Account.objects.filter(username=name).first() or invent(name)
        if account.invented:  # else a person took the name: leave it to them
            made.append(account)
    return made


def usernames() -> Iterator[str]:
    """Plausible names without end: mira_lind, otto_okafor, … (the two lists have coprime lengths)."""
    for i in count():
        again = i // (len(FIRST) * len(LAST))
        yield f"{FIRST[i % len(FIRST)]}_{LAST[i % len(LAST)]}{again or ''}"


def invent(name: str) -> Account:
    account = Account(username=name, credit=name.replace("_", " ").title(), invented=True, trusted_at=timezone.now())
    account.set_unusable_password()
    account.save()
    return account


def same(name: str) -> str:
    """A folder's or label's name without case and punctuation."""
    return " ".join(re.sub(r"[\W_]+", " ", name).split()).casefold()


def labels_for(folders: Iterable[str], under: Label | None = None) -> tuple[dict[str, Label], list[Label]]:
    """The label each folder means, and those that had to be made (below `under`)."""
    known: dict[str, Label] = {}
    for name in LabelName.objects.select_related("label").order_by("-label"):
        known[same(name.text)] = name.label
    known |= {same(label.name): label for label in Label.objects.order_by("-pk")}
    folders = sorted(set(folders))
    missing = [folder for folder in folders if same(folder) not in known]
    made = [make_label(folder, under) for folder in missing if same(folder)]
    known |= {same(label.name): label for label in made}
    return {folder: known[same(folder)] for folder in folders if same(folder)}, made


def make_label(folder: str, under: Label | None) -> Label:
    name = " ".join(re.sub(r"[_\s]+", " ", hierarchy.printable(folder)).split())[: hierarchy.MAX_NAME]
    wanted = [hierarchy.Wanted(key=name, name=name[0].upper() + name[1:])]
    if under:
        wanted.append(hierarchy.Wanted(key=f"under {under.pk}", name=under.name, mid=under.mid))
        wanted[0].kind_of.append(wanted[1].key)
    hierarchy.load(wanted)
    return Label.objects.filter(name__iexact=wanted[0].name).order_by("pk")[0]


@dataclass
class Crowd:
    """Suppliers who live around a point, and what they have given so far.

    Who gives a photo follows from its bytes and name, so a crowd that was interrupted goes on where it stopped.
    """

    people: list[Account]
    around: tuple[float, float]
    licence: str = "CC-BY-4.0"
    seed: int = 0
    drawn: bool = False
    open: dict[tuple[int, int], Batch] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)
    tally: Counter = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)

    def give(self, photo: Photo, label: Label) -> Job | None:
        """Give one photo as its supplier would; the job to ring for, None when there is none."""
        try:
            data = photo.read()
            return self._give(data, photo, label)
        except (Unreadable, Refused) as trouble:
            self.tally["refused" if isinstance(trouble, Refused) else "unreadable"] += 1
            self.troubles.append(f"{photo.folder}/{photo.filename}: {getattr(trouble, 'code', trouble)}")
        return None

    def _give(self, data: bytes, photo: Photo, label: Label) -> Job | None:
        sha256 = storage.digest_of(data)
        filename = submissions.tidy_name(photo.filename)
        if earlier := given_before(sha256, filename, label):
            self.tally["before"] += 1
            self.answers.append(earlier)
            return None
        batch = self.batch(self.supplier(sha256 + photo.folder + filename), label)
        submission, job = submissions.receive(batch, io.BytesIO(data), filename)
        self.tally["given"] += 1
        self.answers.append(submission.pk)
        return job

    def supplier(self, what: str) -> Account:
        return self.people[int(hashlib.sha256(f"{self.seed}{what}".encode()).hexdigest()[:12], 16) % len(self.people)]

    def batch(self, supplier: Account, label: Label) -> Batch:
        """The batch this supplier fills with this label; a new one when it is full."""
        batch = self.open.get((supplier.pk, label.pk))
        if batch is None or full(batch):
            batch = submissions.start_batch(
                supplier=supplier,
                label=label,
                licence=self.licence,
                use_photo_place=True,
                place_text="{:.3f}, {:.3f}".format(*self.home(supplier)),
                drawn=self.drawn,
            )
            self.open[supplier.pk, label.pk] = batch
        return batch

    def home(self, supplier: Account) -> tuple[float, float]:
        """Where a supplier lives: up to half a degree from the middle, always the same."""
        chance = random.Random(f"{self.seed} {supplier.username}")  # noqa: S311  a place, not a secret
        latitude, longitude = (middle + chance.uniform(-0.5, 0.5) for middle in self.around)
        return max(-89.9, min(89.9, latitude)), (longitude + 180) % 360 - 180


def full(batch: Batch) -> bool:
    try:
        submissions.check_room(batch)
    except Refused:
        return True
    return False


def given_before(sha256: str, filename: str, label: Label) -> int | None:
    """The submission by which an invented supplier gave this very file already."""
    mine = Submission.objects.filter(batch__supplier__invented=True, sha256=sha256, filename=filename, label=label)
    return mine.values_list("pk", flat=True).first()


def judge(person: Account, n: int) -> int:
    """Answer up to `n` questions about what others of the crowd drew: right, as every claim of theirs is. How many."""
    drawn = [question.token for question in questions.ask(person, n) if question.image.drawn]
    asked = [unseal(person, token) for token in drawn]
    return verification.record(person, [verification.Said(one, "yes") for one in asked]).kept


def verdicts(answers: list[int]) -> Counter[tuple[str, str]]:
    """How many of these submissions have come to which state, by label."""
    rows = Submission.objects.filter(pk__in=answers).values_list("label__name", "state")
    return Counter(rows)


def waiting(answers: list[int]) -> int:
    """How many of these submissions nobody has decided yet."""
    return Submission.objects.filter(pk__in=answers, state="received").count()
