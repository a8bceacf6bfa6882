"""Audits that run by themselves: what each found is kept, and the operators are written to about what is new."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.template.loader import render_to_string

from hub import audit, sql
from hub.models import Audit

log = structlog.get_logger("hub.operations.auditing")
KEPT = timedelta(days=90)
# One that has not ended by then is believed to be killed; a deep one reads every file there is.
LONGEST, LONGEST_DEEP = timedelta(hours=6), timedelta(days=1)


def last() -> Audit | None:
    """The newest audit that was finished."""
    return Audit.objects.filter(finished_at__isnull=False).order_by("-finished_at").first()


def running() -> Audit | None:
    """The audit that is being done now."""
    alive = Q(started_at__gt=Now() - LONGEST) | Q(started_at__gt=Now() - LONGEST_DEEP, deep=True)
    return Audit.objects.filter(alive, finished_at=None).first()


def due() -> bool:
    """Whether the last one is so old that another should be done."""
    fresh = Audit.objects.filter(finished_at__isnull=False)
    return not fresh.filter(started_at__gt=Now() - timedelta(hours=settings.AUDIT_HOURS)).exists()


def begin(*, deep: bool = False) -> Audit | None:
    """Note that an audit has begun; None while another runs. Those that were killed are forgotten."""
    with transaction.atomic():
        sql.call("hub_hold", ["audit"])
        if running():
            return None
        Audit.objects.filter(finished_at=None).delete()
        return Audit.objects.create(deep=deep)


def run(row: Audit, heard: Callable[[audit.Finding], Any] = lambda finding: None) -> Audit:
    """Do the audit of a row, and keep what it finds; `heard` is told each finding as it comes."""
    try:
        for finding in audit.run(deep=row.deep):
            heard(finding)
            if finding.count:
                row.breaches[finding.name] = {"count": finding.count, "first": finding.first}
    except BaseException:
        row.delete()  # it says nothing, and must not keep the next one waiting
        raise
    row.finished_at = Now()
    row.save()  # anew where the next one thought it killed: what it found holds all the same
    row.refresh_from_db()
    if row.breaches:
        log.error("audit found breaches", rules=sorted(row.breaches))
    return row


def news(row: Audit) -> list[str]:
    """The rules an audit found broken of which the operators were not written to, or which held again since."""
    before = Audit.objects.filter(finished_at__lt=row.finished_at)
    told = before.filter(told_at__isnull=False).order_by("-finished_at").first()
    since = before.filter(finished_at__gte=told.finished_at).values_list("breaches", flat=True) if told else ()
    known = set.intersection(*map(set, since)) if since else set()
    return [name for name in row.breaches if name not in known]


def tell() -> bool:
    """Write to the operators once about the breaches that are new in the last audit; whether a mail left.

    One that cannot be sent raises what SMTP does, and is tried again by the next round.
    """
    row = last()
    if row is None or row.told_at or not settings.OPERATOR_EMAIL or not news(row):
        return False
    with transaction.atomic():
        if not Audit.objects.filter(pk=row.pk, told_at=None).update(told_at=Now()):
            return False
        subject = f"Deep Images Hub: the audit found {len(row.breaches)} broken rules"
        text = render_to_string("operations/audit.txt", {"audit": row, "origin": settings.ORIGIN})
        send_mail(subject, text, None, [settings.OPERATOR_EMAIL])
    return True


def forget() -> int:
    """Drop audits that are too old to be asked for; how many."""
    return Audit.objects.filter(started_at__lt=Now() - KEPT).delete()[0]
