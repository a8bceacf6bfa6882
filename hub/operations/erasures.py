"""What was taken back, taken down or erased, kept outside the rows so that no restore brings it back.

Ids, times and digests only: no name, no address, no picture. A submission is known again by its id and the moment it
was made; an account by its id, if it was there before the person left.
"""

import json
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from hub import catalogue, counts
from hub.models import Account, Image, Removal, Submission, Token
from hub.operations.vault import write_whole
from hub.people import consent, leaving

# Photos withdrawn at a time, as when somebody leaves: more would hold the catalogue's lock for long.
STEP = 50
Erased = dict[str, Any]


def none() -> Erased:
    """Nothing was erased, as far as anybody knows."""
    return {"at": "", "submissions": {}, "accounts": {}, "removals": {}, "tokens": None}


def present() -> Erased:
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


def read(path: Path) -> Erased:
    """What a file of `keep` says; nothing where there is none."""
    return json.loads(path.read_text()) if path.exists() else none()


def merged(*known: Erased) -> Erased:
    """All of it together; of a thing that several tell of, and of the tokens that open, the newest counts."""
    result = none()
    for one in sorted(known, key=lambda one: one["at"]):
        for kind in ("submissions", "accounts", "removals"):
            result[kind] = result[kind] | one[kind]
        result["tokens"] = one["tokens"] if one["tokens"] is not None else result["tokens"]
        result["at"] = one["at"] or result["at"]
    return result


def keep(path: Path) -> Erased:
    """Add what is erased now to a file, and take out what is here again, by a moderator's or its supplier's hand."""
    now = present()
    both = merged(read(path), now)
    for pk in [str(row.pk) for row in _again(both["submissions"])]:
        both["submissions"].pop(pk)
    for sha256 in Removal.objects.exclude(lifted_at=None).values_list("sha256", flat=True):
        both["removals"].pop(sha256, None)
    write_whole(path, json.dumps(both))
    return both


def _again(told: dict[str, list[str]]) -> list[Submission]:
    """Those of the submissions that are not withdrawn here."""
    found, ids = [], iter(told)
    while chunk := list(islice(ids, 1000)):
        rows = Submission.objects.filter(pk__in=chunk).exclude(state="withdrawn").order_by("pk")
        found += [row for row in rows if row.created_at == datetime.fromisoformat(told[str(row.pk)][0])]
    return found


def replay(erased: Erased) -> dict[str, int]:
    """Take back, take down and erase again what these rows still hold of it; how much of what."""
    Session.objects.all().delete()  # who logged out since would be logged in
    photos = _withdraw(erased["submissions"])
    return {
        "photos taken back": photos,
        "accounts erased": _leave(erased["accounts"]),
        "pictures kept from coming back": _remember(erased["removals"]),
        "tokens revoked": _revoke(erased["tokens"], erased["at"]),
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


def _revoke(alive: list[int] | None, at: str) -> int:
    if alive is None:
        return 0
    return Token.objects.filter(created_at__lt=datetime.fromisoformat(at)).exclude(pk__in=alive).delete()[0]
