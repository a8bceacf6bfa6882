"""The board of what is wanted: labels by what they lack, what there is of them, and who waits for what."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from hub import sql
from hub.models import Account, Image, Label, Watch

PAGE = 30
# What people wrote, shown of each label: the newest.
NOTES = 3
# So few places, or people, and more of the same would not help much.
FEW = 2


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote about the photos they wait for."""

    text: str
    account: Account


@dataclass(slots=True)
class Wish:
    """A label that is wanted. `groups` distinct pictures are there, `wanted` is what one of the `people` asked for."""

    label: Label
    groups: int
    suppliers: int
    countries: int
    wanted: int
    missing: int
    people: int
    subscribed: bool
    pinned: bool
    cover: Image | None = None
    notes: list[Note] = field(default_factory=list)

    @property
    def rather(self) -> str:
        """What new photos had better bring, in words; "" where there is variety already."""
        if not self.groups or not (self.countries <= FEW or self.suppliers <= FEW):
            return ""
        return "from new places" if self.countries <= FEW else "from other people"


def board(
    account: Account | None = None,
    *,
    under: Label | None = None,
    mine: bool = False,
    after: str = "",
    limit: int = PAGE,
) -> tuple[list[Wish], str]:
    """A page of what is wanted, what `account` pinned first, and the cursor of the next page or "".

    `mine`: only what the account waits for, or subscribes to, kinds included.
    """
    rows = _rows(account, under=under and under.pk, mine=mine, after=_cursor(after), limit=limit + 1)
    found = _wishes(rows[:limit])
    return found, _next(found[-1]) if len(rows) > limit else ""


def of(label: Label, account: Account | None = None) -> Wish | None:
    """What is wanted of one label; None where nobody waits, or there is enough."""
    found = _wishes(_rows(account, labels=[label.pk], limit=1))
    return found[0] if found else None


def hold(labels: Iterable[int]) -> None:
    """Wait for, and keep to the end of the transaction, what counts who wants these labels.

    Before any row of a Watch or a Shortfall is touched: two who change several must not wait for each other.
    """
    sql.rows("hold_wanted", labels=list(labels))


def leave(account: Account) -> None:
    """An account wants nothing more, and hears of nothing more."""
    with transaction.atomic():
        hold([*account.watches.values_list("label", flat=True), *account.shortfalls.values_list("label", flat=True)])
        for rows in (account.watches, account.shortfalls, account.subscriptions):
            rows.all().delete()


def _rows(account: Account | None, **asked) -> list[dict]:
    usual = {"labels": None, "under": None, "mine": False, "after": None, "account": account and account.pk}
    return sql.rows("wanted", **usual | asked)


def _wishes(rows: list[dict]) -> list[Wish]:
    ids = [row.pop("label") for row in rows]
    if not ids:
        return []
    labels, notes = Label.objects.in_bulk(ids), _notes(ids)
    covers = {row["label"]: row["image"] for row in sql.rows("label_covers", labels=ids)}
    images = Image.objects.in_bulk(list(covers.values()))
    return [
        Wish(labels[pk], **row, cover=images.get(covers.get(pk, 0)), notes=notes.get(pk, []))
        for pk, row in zip(ids, rows, strict=True)
        if pk in labels
    ]


def _notes(labels: list[int]) -> dict[int, list[Note]]:
    """The newest notes of each label, by its id; none of somebody who is suspended."""
    newest = Window(RowNumber(), partition_by=F("label"), order_by=F("created_at").desc())
    watches = Watch.objects.filter(label__in=labels, ready_at=None, account__suspended_at=None).exclude(note="")
    found: dict[int, list[Note]] = {}
    for watch in watches.annotate(place=newest).filter(place__lte=NOTES).select_related("account").order_by("place"):
        found.setdefault(watch.label_id, []).append(Note(watch.note, watch.account))
    return found


def _next(last: Wish) -> str:
    return f"{1 - last.pinned}_{last.missing}_{last.people}_{last.label.pk}"


def _cursor(text: str) -> list[int] | None:
    """The place in the order a page begins after; None for the beginning, and for what is no cursor."""
    parts = text.split("_")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        return None
    loose, lacking, people, label = map(int, parts)
    return [loose, -lacking, -people, label]
