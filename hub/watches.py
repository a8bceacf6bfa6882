"""Watches: who needs more pictures of a label, and is told when there are enough."""

from collections import defaultdict
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from hub import notices, sql
from hub.models import Account, Job, Label, Notice, Watch


def watch(account: Account, labels: Iterable[Label], wanted: int | None = None) -> list[Watch]:
    """Tell `account` once each label has so many distinct pictures; a watch that is there begins anew."""
    target = wanted or settings.WATCH_TARGET
    return [
        Watch.objects.update_or_create(account=account, label=label, defaults={"wanted": target, "ready_at": None})[0]
        for label in labels
    ]


def tell_the_ready() -> list[Job]:
    """Close the watches whose labels have enough, one notice for each account; the jobs to ring for."""
    with transaction.atomic():
        ready = {row["watch"] for row in sql.rows("watches_ready")}
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
