"""What was taken back, taken down or erased, kept outside the rows so that no restore brings it back.

Ids, times and digests only: no name, no address, no picture. A submission is known again by its id and the moment it
was made; an account by its id, if it was there before the person left. Ids begin anew in a new database, so the file
holds a note for each lineage of rows, which a dump takes along: {lineage: note}.

Rows may be older than their note (a database recovered to yesterday): they take out only what changed after it.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import QuerySet

from hub import catalogue, counts
from hub.models import Account, Image, Removal, Submission, Token
from hub.operations.postgres import Unusable
from hub.operations.vault import write_whole
from hub.people import consent, leaving

# Photos withdrawn at a time, as when somebody leaves: more would hold the catalogue's lock for long.
STEP = 50
NEVER = datetime.fromtimestamp(0, UTC).isoformat()
KINDS = ("submissions", "accounts", "removals")
Note = dict[str, Any]


def lineage() -> str:
    """When the first migration of these rows ran: it tells them, and copies, from another hub's. Raises Unusable."""
    if first := _answer("SELECT min(applied) FROM django_migrations"):
        return first.astimezone(UTC).isoformat()
    raise Unusable("No migration ever ran on this database: there is no hub in it.")


def _answer(question: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


def none() -> Note:
    """Nothing was erased, as far as anybody knows, and no restore of these rows has begun and not ended."""
    return {"restoring": False, "at": NEVER, "submissions": {}, "accounts": {}, "removals": {}, "tokens": []}


def present() -> Note:
    """What these rows know: withdrawn (when given, why), who left, what may not return, which tokens open."""
    return none() | {
        "at": _answer("SELECT clock_timestamp()").isoformat(),  # by the clock that says when rows changed
        "submissions": {
            str(pk): [given.isoformat(), detail.get("why", "")]
            for pk, given, detail in Submission.objects.filter(state="withdrawn").values_list(
                "pk", "created_at", "detail"
            )
        },
        "accounts": {str(one.pk): [one.gone_at.isoformat(), _took_all(one)] for one in _gone()},
        "removals": {one.sha256: _packed(one) for one in Removal.objects.filter(lifted_at=None).iterator()},
        "tokens": list(Token.objects.values_list("pk", flat=True)),
    }


def _gone():
    return Account.objects.exclude(gone_at=None)


def _took_all(shell: Account) -> bool:
    return not Image.objects.filter(supplier=shell, withdrawn_at=None).exists()


def _packed(row: Removal) -> list[str]:
    return [row.pixels_sha256, bytes(row.fingerprint).hex(), bytes(row.mirrored).hex(), row.reason]


def _read(path: Path) -> dict[str, Note]:
    return json.loads(path.read_text()) if path.exists() else {}


@contextmanager
def _changing(path: Path) -> Iterator[dict[str, Note]]:
    """The notes of a file, written back when the block ends; whoever else changes them waits."""
    with path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        notes = _read(path)
        yield notes
        write_whole(path, json.dumps(notes))


def known(path: Path) -> Note:
    """The note about these rows, with the removals of all notes: pictures are known by what they show, not by ids."""
    notes = _read(path)
    own = notes.get(lineage(), none())
    every = [note["removals"] for note in (*notes.values(), own)]
    return own | {"removals": {sha256: row for removals in every for sha256, row in removals.items()}}


def keep(path: Path) -> Note:
    """Add what is erased now to the note about these rows, and take out what came back since it was written.

    A token that was revoked then stays so. Where a restore has begun and not ended, rows are here that are still to be
    erased: nothing is taken out, and the note before knows better which tokens open. Raises Unusable without a hub.
    """
    whose = lineage()
    with _changing(path) as notes:
        before, now = notes.get(whose, none()), present()
        note = notes[whose] = before | {kind: before[kind] | now[kind] for kind in KINDS}
        if not note["restoring"]:
            _take_out_what_came_back(note)
            revoked = set(_revoked(before).values_list("pk", flat=True))
            note |= {"at": now["at"], "tokens": [pk for pk in now["tokens"] if pk not in revoked]}
    return note


def mark(path: Path, whose: str, *, restoring: bool) -> None:
    """Say of a lineage that its rows are being restored, or that all that was known was erased again."""
    with _changing(path) as notes:
        notes[whose] = notes.get(whose, none()) | {"restoring": restoring}


def _take_out_what_came_back(note: Note) -> None:
    """By a moderator's or its supplier's hand, after the note: older rows have what was erased since."""
    since = datetime.fromisoformat(note["at"])
    for row in _again(note["submissions"]):
        if row.decided_at and row.decided_at > since:
            note["submissions"].pop(str(row.pk))
    for sha256 in Removal.objects.filter(lifted_at__gt=since).values_list("sha256", flat=True):
        note["removals"].pop(sha256, None)


def _again(told: dict[str, list[str]]) -> list[Submission]:
    """Those of the submissions that are not withdrawn here."""
    found, ids = [], iter(told)
    while chunk := list(islice(ids, 1000)):
        rows = Submission.objects.filter(pk__in=chunk).exclude(state="withdrawn").order_by("pk")
        found += [row for row in rows if row.created_at == datetime.fromisoformat(told[str(row.pk)][0])]
    return found


def replay(note: Note) -> dict[str, int]:
    """Take back, take down and erase again what these rows still hold of what a note tells; how much."""
    Session.objects.all().delete()  # who logged out since would be logged in
    return {
        "photos taken back": _withdraw(note["submissions"]),
        "accounts erased": _leave(note["accounts"]),
        "pictures kept from coming back": _remember(note["removals"]),
        "tokens revoked": _revoked(note).delete()[0],
    }


def _withdraw(told: dict[str, list[str]]) -> int:
    rows = _again(told)
    for start in range(0, len(rows), STEP):
        some = rows[start : start + STEP]
        with transaction.atomic():
            counts.lock()
            for why in {told[str(row.pk)][1] for row in some}:
                ids = [row.pk for row in some if told[str(row.pk)][1] == why]
                catalogue.withdraw_all(list(Image.objects.filter(submission__in=ids)), removed_for=why)
                consent.take_back_waiting(pk__in=ids)
    return len(rows)


def _leave(told: dict[str, list]) -> int:
    people = [one for one in Account.objects.filter(pk__in=list(told), gone_at=None) if _same(one, told)]
    for person in people:
        # Whoever left was told so then, at an address that is forgotten.
        Account.objects.filter(pk=person.pk).update(email="")
        leaving.leave(Account.objects.get(pk=person.pk), withdraw=told[str(person.pk)][1])
    return len(people)


def _same(person: Account, told: dict[str, list]) -> bool:
    return person.date_joined < datetime.fromisoformat(told[str(person.pk)][0])


def _remember(told: dict[str, list[str]]) -> int:
    kept = Removal.objects.filter(lifted_at=None)
    before = kept.count()
    rows = [
        Removal(sha256=sha256, pixels_sha256=pixels, fingerprint=bytes.fromhex(plain), mirrored=bytes.fromhex(mirrored),
                reason=reason)
        for sha256, (pixels, plain, mirrored, reason) in told.items()
    ]  # fmt: skip
    fields = ["pixels_sha256", "fingerprint", "mirrored", "reason", "lifted_at"]
    Removal.objects.bulk_create(
        rows, batch_size=1000, update_conflicts=True, unique_fields=["sha256"], update_fields=fields
    )
    return kept.count() - before


def _revoked(note: Note) -> QuerySet[Token]:
    """The tokens in these rows that were revoked when a note was taken."""
    return Token.objects.filter(created_at__lt=datetime.fromisoformat(note["at"])).exclude(pk__in=note["tokens"])
