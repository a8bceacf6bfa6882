"""Watches: who needs more pictures of a label, what for, and is told when there are enough."""

from collections import defaultdict
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from hub import sql
from hub.demand import subscriptions
from hub.demand.wanted import hold
from hub.hierarchy import printable
from hub.models import Account, Job, Label, LabelStat, Notice, Watch
from hub.people import consent, notices
from hub.problems import Refused

# Each wish tells who gives such photos: more of them is noise.
MAX_WATCHES = 100


def watch(account: Account, labels: Iterable[Label], wanted: int | None = None, note: str = "") -> list[Job]:
    """Tell `account` once each label has so many distinct pictures; a watch that is there begins anew.

    `note` says what for, on the board, under the account's name. Raises Refused for a number that is none,
    and for more labels than anybody needs at once. The jobs to ring for: who gives such photos is told.
    """
    if wanted is not None and not 1 <= wanted <= settings.WATCH_MOST:
        raise Refused("bad_number", field="wanted", most=settings.WATCH_MOST)
    said = printable(note)[:200]
    chosen = {label.pk: label for label in labels}
    with transaction.atomic():
        consent.presence(account.pk)  # requests side by side are counted one after the other
        hold(chosen)
        if account.watches.filter(ready_at=None).exclude(label__in=chosen).count() + len(chosen) > MAX_WATCHES:
            raise Refused("too_many_watches", limit=MAX_WATCHES)
        return [job for label in chosen.values() for job in _watch(account, label, wanted or usual(label), said)]


def usual(label: Label) -> int:
    """How many distinct pictures to ask for: enough for a good model, and as many more where those are there."""
    there = LabelStat.objects.filter(label=label, facet="groups", value="").values_list("n", flat=True).first() or 0
    return min(settings.WATCH_MOST, settings.WATCH_TARGET * (1 + there // settings.WATCH_TARGET))


def _watch(account: Account, label: Label, target: int, note: str) -> list[Job]:
    before = Watch.objects.filter(account=account, label=label).first()
    told = {"wanted": target, "note": note, "ready_at": None}
    Watch.objects.update_or_create(account=account, label=label, defaults=told)
    grown = before is None or before.ready_at or before.wanted < target
    return subscriptions.tell(label, account, note) if grown else []


def stop(account: Account, label: Label) -> None:
    """Tell them no more, and take their note off the board."""
    with transaction.atomic():
        hold([label.pk])
        Watch.objects.filter(account=account, label=label).delete()


def tell_the_ready() -> list[Job]:
    """Close the watches whose labels have enough, one notice for each account; the jobs to ring for."""
    with transaction.atomic():
        ready = {row["watch"]: row["label"] for row in sql.rows("watches_ready")}
        hold(ready.values())
        rows = Watch.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk__in=ready, ready_at=None)
        by_account: dict[Account, list[Watch]] = defaultdict(list)
        for row in rows.select_related("account", "label").order_by("label__name"):
            by_account[row.account].append(row)
        opened = [
            notices.tell(who, Notice.Kind.LABELS_READY, _key(found), _about(found)) for who, found in by_account.items()
        ]
        Watch.objects.filter(pk__in=[row.pk for found in by_account.values() for row in found]).update(ready_at=Now())
    return [job for job in opened if job]


def _key(found: list[Watch]) -> str:
    """A watch that begins anew is another outcome."""
    return f"watch:{found[0].pk}:{timezone.now().isoformat()}"


def _about(found: list[Watch]) -> dict:
    return {"labels": [{"name": row.label.name, "slug": row.label.slug, "wanted": row.wanted} for row in found]}
