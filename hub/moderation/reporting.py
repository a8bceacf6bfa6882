"""Reports: anybody, logged in or not, says that a photo should not be here."""

from django.core.cache import cache
from django.db import transaction

from hub.models import Account, Image, Label, Report
from hub.moderation import doubts
from hub.problems import Refused

# Reports one address may send in an hour.
MANY = 30


def throttle(address: str) -> None:
    """Count one more report from this network address. Raises Refused: too_many_reports."""
    key = f"reports:{address}"
    cache.add(key, 0, 3600)
    try:
        sent = cache.incr(key)
    except ValueError:  # the hour ended between the two
        sent = 1
    if sent > MANY:
        raise Refused("too_many_reports", 429)


def report(image: Image, account: Account | None, reason: str, note: str = "", label: Label | None = None) -> Report:
    """Have a moderator look at a live photo; the report this person made before for the same reason, if it is open.

    Strangers share one: what they add is put beside what is there. A wrong `label`, said by somebody we know, is
    doubted as well. Raises Refused: gone, bad_request.
    """
    if image.withdrawn_at:
        raise Refused("gone", 410)
    if reason not in Report.Reason.values:
        raise Refused("bad_request", 400)
    with transaction.atomic():
        if account and label and reason == Report.Reason.WRONG_LABEL and image.supplier_id != account.pk:
            doubts.raise_doubt(account, image, label)
        asked = {"image": image, "account": account, "reason": reason, "state": Report.State.OPEN}
        made, new = Report.objects.get_or_create(**asked, defaults={"note": note[:500]})
        if not new:
            made = Report.objects.select_for_update(of=("self",)).get(pk=made.pk)
            _add(made, note)
    return made


def _add(report: Report, note: str) -> None:
    if note and note not in report.note:
        report.note = f"{report.note} / {note}".removeprefix(" / ")[:500]
        report.save(update_fields=["note"])
