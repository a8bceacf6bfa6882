"""Rows for tests, one line each. Pictures come from tests.images."""

import io
import itertools
from functools import cache

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.utils import timezone

from hub import submissions
from hub.models import Account, Batch, Job, Label, LabelEdge, Submission
from workers import ingest

numbers = itertools.count(1)


def account(**fields) -> Account:
    """An account with the password "secret-enough", trusted: its photos are public at once."""
    fields.setdefault("username", f"person{next(numbers)}")
    fields.setdefault("trusted_at", timezone.now())
    return Account.objects.create(password=hashed("secret-enough"), **fields)


def moderator(**fields) -> Account:
    """An account that may moderate."""
    made = account(**fields)
    made.user_permissions.add(Permission.objects.get(codename="moderate"))
    return made


def operator(**fields) -> Account:
    """Staff that may operate the hub."""
    made = account(is_staff=True, **fields)
    made.user_permissions.add(Permission.objects.get(codename="operate"))
    return made


@cache
def hashed(password: str) -> str:
    """The password as stored."""
    return make_password(password)


def label(name: str = "Valve", *parents: Label, **fields) -> Label:
    """A label below its parents, found by its name."""
    fields.setdefault("slug", name.lower().replace(" ", "-"))
    made = Label.objects.create(name=name, **fields)
    made.names.create(text=name)
    LabelEdge.objects.bulk_create(LabelEdge(child=made, parent=parent) for parent in parents)
    return made


def batch(supplier: Account | None = None, under: Label | None = None, **fields) -> Batch:
    """An open batch."""
    fields.setdefault("licence", "CC-BY-4.0")
    under = under or Label.objects.filter(slug="valve").first() or label()
    return submissions.start_batch(supplier=supplier or account(), label=under, **fields)


def given(data: bytes, into: Batch | None = None, filename: str = "photo.jpg", **fields) -> Submission:
    """A received file whose job waits."""
    return submissions.receive(into or batch(), io.BytesIO(data), filename, **fields)[0]


def checked(data: bytes, into: Batch | None = None, **fields) -> Submission:
    """A file a worker has answered for, related jobs included."""
    submission = given(data, into, **fields)
    work_off()
    submission.refresh_from_db()
    return submission


def tasks() -> dict:
    """What a worker does for a job of each kind; trainings aside, which take long."""
    from workers import export, places, upkeep

    found = {"ingest": ingest.ingest, "relate": ingest.relate, "locate": places.locate, "mail": upkeep.mail}
    return found | {"freeze": export.freeze, "pack": export.pack}


def work_off() -> None:
    """Do every queued job that is due, in this process, as a worker would."""
    known = tasks()
    while jobs := list(Job.objects.filter(state="queued", attempt=0, kind__in=known).order_by("id")):
        for job in jobs:
            known[job.kind](job.pk)
