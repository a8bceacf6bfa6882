"""Work that a request or a worker does beside a full catalogue; whatever it writes is undone."""

import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from bench._watching import Seen, watched

QUEUED = 100_000
QUEUE = """
INSERT INTO hub_job (kind, subject, state, attempt, run_after, announced_at, error)
    SELECT 'relate', -n, 'queued', 0, now() - interval '1 hour', now() - interval '1 hour', ''
    FROM generate_series(1, %s) AS n
"""


def works(owner: Any, moderator: Any, times: int, only: str = "") -> Iterator[Seen]:
    """Everything a page or a task waits for, each with its goal in ms."""
    for name, act, goal, often in (*_giving(owner), *_deciding(owner, moderator), *_looking(), *_keeping()):
        if only in name:
            yield watched(name, act, min(often, times), goal, keep=False)
    if only in "queued":
        yield from _with_a_queue(times)


def _giving(owner: Any) -> Iterator[tuple[str, Callable[[], Any], float, int]]:
    from hub.models import Job
    from tests import factories, images
    from workers import ingest

    numbers = iter(range(10**9))

    def photo() -> bytes:
        return images.photo(seed=secrets.randbelow(10**6) + next(numbers), size=(640, 480))

    def batch() -> Any:
        return factories.batch(owner)

    def checked() -> Any:
        given = factories.given(photo(), batch())
        ingest.ingest(Job.objects.get(kind="ingest", subject=given.pk).pk)
        given.refresh_from_db()
        ingest.relate(Job.objects.get(kind="relate", subject=given.image_id or 0).pk)
        return "related"

    yield "a batch is opened", lambda: batch() and "ok", 20, 20
    yield "a file of 640 x 480 is received", lambda: factories.given(photo(), batch()).state, 100, 20
    yield "a file is received, checked, admitted and related", checked, 500, 10


def _deciding(owner: Any, moderator: Any) -> Iterator[tuple[str, Callable[[], Any], float, int]]:
    from hub import catalogue
    from hub.demand import watches
    from hub.models import Account, Claim, Image, Label
    from hub.moderation import moderating, standing
    from hub.people import consent
    from hub.reviewing import questions, verification
    from hub.reviewing.sealing import Sealed

    image = Image.objects.filter(supplier=owner, withdrawn_at=None, group_members__id__gt=0).order_by("-id")[0]
    claim = Claim.objects.filter(state="asking").exclude(image__supplier=moderator).order_by("-image")[0]
    large = owner.batches.filter(accepted__gt=40).order_by("-id")[0]
    reviewer = Account.objects.get(username="reviewer3")
    said = verification.Said(Sealed(claim.image_id, claim.label_id, gold=False), "yes")
    fullest = Label.objects.order_by("-stats__n").filter(stats__facet="images")[0]
    yield "questions are asked of a reviewer", lambda: len(questions.ask(reviewer, 10)), 100, 20
    yield "a verdict", lambda: verification.record(reviewer, [said]).kept, 100, 20
    yield "a photo is withdrawn", lambda: len(catalogue.withdraw(image)), 100, 10
    yield "a photo is taken down", lambda: len(moderating.take_down(image, moderator, "private")), 100, 10
    yield "a batch of 50 is taken back", lambda: consent.withdraw_batch(large)[0], 1000, 3
    yield "the fullest label is watched", lambda: len(watches.watch(reviewer, [fullest])), 100, 5
    yield "an account is suspended, its photos stay", lambda: len(standing.suspend(owner, moderator, "spam")), 100, 5
    for most in (500, 5000):
        name = f"an account of {most:,} photos is suspended, and they go"
        yield name, partial(_suspended, _supplier_of(most), moderator), 1000, 1


def _supplier_of(photos: int) -> Any:
    """The supplier who gave about so many."""
    from django.db.models import Count, Q
    from django.db.models.functions import Abs

    from hub.models import Account

    live = Count("images", filter=Q(images__withdrawn_at=None))
    return Account.objects.annotate(off=Abs(live - photos)).order_by("off")[0]


def _suspended(account: Any, moderator: Any) -> str:
    from hub.moderation import standing

    standing.suspend(account, moderator, "spam", take_down_photos="private")
    return f"{account.images.exclude(removed_for='').count():,}"


def _looking() -> Iterator[tuple[str, Callable[[], Any], float, int]]:
    import numpy as np
    from django.db.models import F

    from bench import lookup
    from hub import catalogue, sql
    from hub.models import Image
    from hub.moderation import removals

    random = np.random.default_rng(3)

    def asked() -> dict[str, str]:
        plain, mirrored = (catalogue.bits(one.tobytes()) for one in lookup.correlated(random, 2))
        return {"plain": plain, "mirrored": mirrored}

    def removed() -> str:
        plain = lookup.correlated(random, 1)[0].tobytes()
        some: Any = type("Some", (), {"pixels_sha256": "f" * 64, "fingerprint": plain})
        return removals.reason_of("f" * 64, some) or "unknown"

    middle = Image.objects.filter(group_members__id__gt=F("id"), withdrawn_at=None).order_by("-id")[0]
    yield "near: to 31 bits", lambda: len(sql.rows("near", **asked(), most=31, limit=20)), 20, 30
    yield "alike: to 48 bits", lambda: len(sql.rows("alike", **asked(), above=0, most=48, limit=20)), 150, 10
    yield "relatives: to 90 bits, of an image", lambda: len(catalogue.relatives(middle)), 150, 10
    yield "was it taken down? beside the removals", removed, 20, 20


def _keeping() -> Iterator[tuple[str, Callable[[], Any], float, int]]:
    from django.utils import timezone

    from hub import checked, features, neighbours, objects, places, storage
    from hub.demand import shortfalls, watches
    from hub.models import Image, Job, Rendition
    from hub.people import downloads

    names = [storage.key(digest) for digest in Image.objects.order_by("id").values_list("sha256", flat=True)[:1000]]
    made = Rendition.objects.filter(side=299).order_by("id").values_list("sha256", flat=True)[:1000]
    rendered = [storage.rendition_key(digest) for digest in made]
    old = timezone.now() - timedelta(days=30)
    yield "announce: batches", lambda: len(checked.tell_the_checked()), 500, 5
    yield "announce: downloads", lambda: len(downloads.tell_the_withdrawn()), 500, 3
    yield "tidy: watches that are ready", lambda: len(watches.tell_the_ready()), 1000, 3
    yield "tidy: shortfalls that are met", lambda: shortfalls.settle(), 1000, 3
    yield "tidy: forgotten places", lambda: len(list(places.forgotten())), 500, 3
    yield "tidy: features", lambda: features.forget(90), 500, 3
    yield "tidy: neighbours", lambda: neighbours.catch_up(), 500, 3
    yield "tidy: old jobs", lambda: Job.objects.filter(state="done", finished_at__lt=old).count(), 1000, 3
    yield "tidy: are 1,000 originals owned?", lambda: len(objects.owned("originals", names)), 100, 10
    yield "tidy: are 1,000 renditions owned?", lambda: len(objects.owned("renditions", rendered)), 100, 10


def _with_a_queue(times: int) -> Iterator[Seen]:
    """The ledger with 100,000 jobs that nobody has taken."""
    from django.db import connection, transaction

    from hub import jobs
    from hub.models import Job
    from workers import upkeep

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(QUEUE, [QUEUED])
            cursor.execute("ANALYZE hub_job")  # as autovacuum does within a minute
        some = Job.objects.filter(state="queued").order_by("-id")[100].pk
        plan: tuple[tuple[str, Callable[[], Any], float, int], ...] = (
            ("a job is claimed", lambda: bool(jobs.claim(some)), 20, 20),
            ("the age of the oldest job", lambda: round(jobs.oldest_age()), 50, 10),
            ("overdue jobs, a thousand of them", lambda: len(jobs.overdue()), 500, 5),
            ("a sweep", upkeep.sweep, 3000, 3),
        )
        for name, act, goal, often in plan:
            yield watched(f"{QUEUED:,} queued: {name}", act, min(often, times), goal, keep=False)
        transaction.set_rollback(True)


def _breaches(one: Any) -> int:
    return sum(1 for _ in one.breaches(False))


def audits(times: int, only: str = "") -> Iterator[Seen]:
    """Each invariant that rows alone answer; and the rows of those that look at files."""
    from hub import audit

    files = {"files_as_rows_say", "no_stray_objects", "renditions_are_clean", "packed_as_rows_say"}
    for one in audit.INVARIANTS:
        by_rows = getattr(one.breaches, "__name__", "") not in files and "stored" not in one.name
        if by_rows and only in one.name:
            yield watched(one.name, partial(_breaches, one), min(times, 1), 60_000)
    if only in "files":
        yield watched("which files there should be, all pages", lambda: sum(1 for _ in audit.pages()), 0, 120_000)
