"""What an account may use a day: a counter row for each, counted up in the transaction that uses it.

So parallel requests cannot use more than there is, and no big table is ever counted. Invented suppliers have no quota.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from hub import sql
from hub.models import Account, Use
from hub.problems import Refused

What = Use.What
KEPT = timedelta(days=35)


@dataclass(frozen=True, slots=True)
class Quota:
    """One quota of an account: how much of it is used today, and how much there is."""

    name: str
    title: str
    used: int
    limit: int

    @property
    def words(self) -> str:
        """Such as "3 of 2,000"."""
        return f"{amount(self.name, self.used)} of {amount(self.name, self.limit)}"


def limit(account: Account, what: str) -> int:
    """How much of it an account may use a day."""
    return settings.QUOTAS[what] * (settings.QUOTA_PREMIUM if account.is_premium else 1) * account.allowance


def amount(what: str, n: int) -> str:
    """So much of it, as people read it."""
    return filesizeformat(n).replace("\xa0", " ") if what == What.BYTES else f"{n:,}"


def today() -> datetime:
    """When the day began: all quotas begin anew at 00:00 UTC."""
    return datetime.combine(timezone.now().astimezone(UTC).date(), time(), UTC)


def of(account: Account) -> list[Quota]:
    """Every quota of an account; none for an invented one."""
    if account.invented:
        return []
    used = dict(Use.objects.filter(account=account, day=today().date()).values_list("what", "amount"))
    return [Quota(what.value, what.label, used.get(what, 0), limit(account, what)) for what in What]


def check(account: Account, **amounts: int) -> None:
    """Before work is done for nothing: raises Refused (quota_used_up) where `spend` would, as things are now."""
    for quota in of(account):
        if quota.name in amounts and quota.used + amounts[quota.name] > quota.limit:
            raise _refused(quota)


def spend(account: Account, **amounts: int) -> None:
    """Use so much of today's quotas, in the transaction of what it is used for. Raises Refused: quota_used_up.

    Until that transaction ends, others that would use the same quota of the account wait for it.
    """
    if account.invented:
        return
    for what in sorted(amounts):
        asked: dict[str, Any] = {"account": account.pk, "day": today().date(), "what": what, "amount": amounts[what]}
        with connection.cursor() as cursor:
            cursor.execute(sql.load("queries/spend"), asked | {"most": limit(account, what)})
            spent = cursor.fetchone()
        if not spent:
            raise _refused(next(quota for quota in of(account) if quota.name == what))


def _refused(quota: Quota) -> Refused:
    again = today() + timedelta(days=1)
    return Refused(
        "quota_used_up",
        429,
        quota=quota.name,
        thing=quota.title.lower(),
        used=amount(quota.name, quota.used),
        limit=amount(quota.name, quota.limit),
        resets=again.isoformat(),
        seconds=int((again - timezone.now()).total_seconds()) + 1,
    )


def forget() -> int:
    """Drop the rows of days long past; how many."""
    return Use.objects.filter(day__lt=(today() - KEPT).date()).delete()[0]
