"""Which stored objects rows still need; and deleting the others without racing those who bring them back."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import islice

from django.core.files.storage import storages
from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from hub import sql
from hub.models import (
    Archive,
    DatasetVersion,
    Feature,
    Image,
    ModelFile,
    Rendition,
    Submission,
    TrainingRequest,
)
from hub.reasons import TAKEDOWNS
from hub.storage import BucketStorage, reachable

ALIASES = ("originals", "renditions", "incoming", "artifacts", "features")
GRACE = timedelta(hours=24)
BATCH = 1000
# The key of the lock that keeps all objects while a backup copies them.
KEPT = 7_236_004
WAITING = ("received", "review", "failed")
# What a moderator decided, or a fingerprint did, may be appealed against for so long: until then its bytes stay.
APPEALS = timedelta(days=14)
DECIDED = (
    Q(state="withdrawn", reason="taken_down")
    | Q(state="rejected", reason__in=list(TAKEDOWNS))
    | Q(state="duplicate", reason__in=["same_picture", "declined"])
)


def hold(*names: str) -> None:
    """Keep these objects from being discarded until the transaction ends: whoever stores them holds them first."""
    sql.call("hub_hold", sorted(names))


@contextmanager
def kept() -> Iterator[None]:
    """Let nobody discard an object while the block runs: they come back to it another time."""
    sql.call("pg_advisory_lock", KEPT)
    try:
        yield
    finally:
        with suppress(DatabaseError):  # the lock is gone with the connection
            sql.call("pg_advisory_unlock", KEPT)


@contextmanager
def discardable() -> Iterator[bool]:
    """Whether nobody keeps all objects; if so, nobody begins to while the block runs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock_shared(%s)", [KEPT])
        free = cursor.fetchone()[0]
    try:
        yield free
    finally:
        if free:
            with suppress(DatabaseError):  # the lock is gone with the connection
                sql.call("pg_advisory_unlock_shared", KEPT)


def _may_discard() -> bool:
    """Whether nobody keeps all objects; until the transaction ends, nobody begins to."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [KEPT])
        return cursor.fetchone()[0]


def owned(alias: str, names: Iterable[str], grace: timedelta = GRACE) -> set[str]:
    """Those of the names that a row refers to. What was withdrawn or refused is let go after a day's `grace`."""
    by_digest = {name.rsplit("/", 1)[-1].split(".")[0]: name for name in names}
    kept = _OWNERS[alias](list(by_digest), timezone.now() - grace)
    return {by_digest[digest] for digest in kept if digest in by_digest}


def appealable() -> Q:
    """The submissions whose suppliers may appeal."""
    return DECIDED & Q(appeal="", decided_at__gt=timezone.now() - APPEALS)


def needed(lately) -> Q:
    """The submissions whose bytes are still needed: undecided, decided lately, appealed against or open to it."""
    return Q(state__in=WAITING) | Q(decided_at__gt=lately) | Q(appealed_at__isnull=False) | appealable()


def _originals(digests: list[str], lately) -> set[str]:
    given = Submission.objects.filter(needed(lately), sha256__in=digests)
    images = Image.objects.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=lately), sha256__in=digests)
    return {*given.values_list("sha256", flat=True), *images.values_list("sha256", flat=True)}


def _renditions(digests: list[str], lately) -> set[str]:
    live = Q(image__withdrawn_at=None) | Q(image__withdrawn_at__gt=lately)
    shown = Submission.objects.filter(needed(lately), ~Q(preview_sha256=""), preview_sha256__in=digests)
    made = Rendition.objects.filter(live, sha256__in=digests)
    return {*made.values_list("sha256", flat=True), *shown.values_list("preview_sha256", flat=True)}


def _incoming(names: list[str], lately) -> set[str]:
    return set(Submission.objects.filter(~Q(incoming=""), incoming__in=names).values_list("incoming", flat=True))


def _artifacts(digests: list[str], lately) -> set[str]:
    manifests = DatasetVersion.objects.filter(digest__in=digests)
    packed = Archive.objects.filter(recipe__in=digests, state__in=["packing", "ready"])
    files = ModelFile.objects.filter(sha256__in=digests).values_list("sha256", flat=True)
    return {*manifests.values_list("digest", flat=True), *packed.values_list("recipe", flat=True), *files}


def _features(digests: list[str], lately) -> set[str]:
    kept = Feature.objects.filter(key__in=digests, image__withdrawn_at=None).values_list("key", flat=True)
    states = TrainingRequest.objects.filter(checkpoint__in=digests).values_list("checkpoint", flat=True)
    return {*kept, *states}


_OWNERS = {
    "originals": _originals,
    "renditions": _renditions,
    "incoming": _incoming,
    "artifacts": _artifacts,
    "features": _features,
}


def strays(alias: str) -> Iterator[str]:
    """The objects of an alias that are a day old and that no row needs."""
    old = timezone.now() - GRACE
    names = (name for name, written in storages[alias].walk() if written < old)  # type: ignore[attr-defined]
    while chunk := list(islice(names, BATCH)):
        yield from sorted(set(chunk) - owned(alias, chunk))


def drop_parts() -> int:
    """In a bucket, give up uploads of archives that were broken off a day ago; how many."""
    store = storages["artifacts"]
    if not isinstance(store, BucketStorage):
        return 0
    return store.drop_parts(timezone.now() - GRACE)


def discard(alias: str, name: str, *, young: bool = False, grace: timedelta = GRACE) -> bool:
    """Delete an object unless a row needs it, or (`young` aside) it was written lately; whether it was deleted.

    What was withdrawn or refused is needed for its `grace`. None is deleted while a backup is being made.
    Raises storage.Away when the store is.
    """
    with transaction.atomic(), reachable():
        hold(name)
        store = storages[alias]
        if not _may_discard() or owned(alias, [name], grace):
            return False
        try:
            if not young and store.get_modified_time(name) > timezone.now() - GRACE:
                return False
        except FileNotFoundError:
            return False
        store.delete(name)
    return True
