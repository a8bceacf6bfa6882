"""What was taken back, taken down or erased, kept outside the rows so that no restore brings it back.

Ids, times and digests only: no name, no address, no picture. A submission is known again by its id and the moment it
was made; an account by its id, if it was there before the person left. Ids begin anew in a new database, so each note
stands under the lineage of the rows it is about, which a dump takes along.

{"restoring": whether a restore has begun and not ended, "notes": {lineage: note}}
"""

import json
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from hub import catalogue, counts
from hub.models import Account, Image, Removal, Submission, Token
from hub.operations.vault import write_whole
from hub.people import consent, leaving

# Photos withdrawn at a time, as when somebody leaves: more would hold the catalogue's lock for long.
STEP = 50
# Under which a note of a release that knew no lineages stands: it may be about any hub.
UNKNOWN = ""
KINDS = ("submissions", "accounts", "removals")
Note = dict[str, Any]


def lineage() -> str:
    """What tells these rows, and every copy of them, from those of another hub: when their first table was made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(applied) FROM django_migrations")
        return cursor.fetchone()[0].astimezone(UTC).isoformat()


def none() -> Note:
    """Nothing was erased, as far as anybody knows."""
    return {"at": "", "submissions": {}, "accounts": {}, "removals": {}, "tokens": None}


def present() -> Note:
    """What these rows know: withdrawn (when given, why), who left, what may not return, which tokens open."""
    return {
        "at": timezone.now().isoformat(),
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


def _read(path: Path) -> dict[str, Any]:
    told = json.loads(path.read_text()) if path.exists() else {"notes": {}}
    return {"restoring": False} | (told if "notes" in told else {"notes": {UNKNOWN: told}})


def known(path: Path) -> list[Note]:
    """The notes of a file that are, or may be, about these rows."""
    notes = _read(path)["notes"]
    return [notes[whose] for whose in (UNKNOWN, lineage()) if whose in notes]


def keep(path: Path) -> Note:
    """Add what is erased now to a file, and take out what is here again, by a moderator's or its supplier's hand.

    Where a restore has begun and not ended, rows may be here again that are still to be erased, and tokens: nothing is
    taken out then, and the note before knows better which tokens open.
    """
    file, whose = _read(path), lineage()
    before, now = file["notes"].get(whose, none()), present()
    note = file["notes"][whose] = now | {kind: before[kind] | now[kind] for kind in KINDS}
    if file["restoring"]:
        note |= {"at": before["at"], "tokens": before["tokens"]}
    else:
        _take_out_what_is_here(note)
        _take_out_what_is_here(file["notes"].get(UNKNOWN, none()))
    write_whole(path, json.dumps(file))
    return note


def mark(path: Path, *, restoring: bool) -> None:
    """Say in a file that a restore begins, or that all it knew was erased again."""
    write_whole(path, json.dumps(_read(path) | {"restoring": restoring}))


def _take_out_what_is_here(note: Note) -> None:
    for row in _again(note["submissions"]):
        note["submissions"].pop(str(row.pk))
    for sha256 in Removal.objects.exclude(lifted_at=None).values_list("sha256", flat=True):
        note["removals"].pop(sha256, None)


def _again(told: dict[str, list[str]]) -> list[Submission]:
    """Those of the submissions that are not withdrawn here."""
    found, ids = [], iter(told)
    while chunk := list(islice(ids, 1000)):
        rows = Submission.objects.filter(pk__in=chunk).exclude(state="withdrawn").order_by("pk")
        found += [row for row in rows if row.created_at == datetime.fromisoformat(told[str(row.pk)][0])]
    return found


def replay(*notes: Note) -> dict[str, int]:
    """Take back, take down and erase again what these rows still hold of what notes tell, the newest last; how much."""
    Session.objects.all().delete()  # who logged out since would be logged in
    told = {kind: {pk: one for note in notes for pk, one in note[kind].items()} for kind in KINDS}
    return {
        "photos taken back": _withdraw(told["submissions"]),
        "accounts erased": _leave(told["accounts"]),
        "pictures kept from coming back": _remember(told["removals"]),
        "tokens revoked": sum(_revoked(note).delete()[0] for note in notes),
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
    before = Removal.objects.count()
    Removal.objects.bulk_create(
        [
            Removal(
                sha256=sha256, pixels_sha256=pixels, fingerprint=bytes.fromhex(plain), mirrored=bytes.fromhex(mirrored),
                reason=reason,
            )
            for sha256, (pixels, plain, mirrored, reason) in told.items()
        ],
        ignore_conflicts=True,
        batch_size=1000,
    )  # fmt: skip
    return Removal.objects.count() - before


def _revoked(note: Note) -> QuerySet[Token]:
    """The tokens in these rows that were revoked when a note was taken."""
    if note["tokens"] is None:
        return Token.objects.none()
    return Token.objects.filter(created_at__lt=datetime.fromisoformat(note["at"])).exclude(pk__in=note["tokens"])
