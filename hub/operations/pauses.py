"""What operators have paused for a while: what is asked for meanwhile waits, or is refused in words."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from hub import jobs
from hub.models import Account, Job, Pause
from hub.moderation import decisions
from hub.problems import Refused

What = Pause.What
# Nobody knows how long it will last: come back in so many seconds.
COME_BACK = 300


def of(what: str) -> Pause | None:
    """The pause of something, if it is paused."""
    return Pause.objects.filter(what=what).first()


def everything() -> list[tuple[Pause.What, Pause | None]]:
    """All that can be paused, each with its pause where it is."""
    paused = {row.what: row for row in Pause.objects.select_related("by")}
    return [(what, paused.get(what)) for what in What]


def must_run(what: str) -> None:
    """Raises Refused: paused, with the operators' note, for what is paused."""
    if row := of(what):
        raise Refused("paused", 503, **told(row))


def told(row: Pause) -> dict[str, Any]:
    """What whoever is refused is told of a pause."""
    note = f" {row.why}" if row.why else ""
    return {"doing": row.get_what_display(), "note": note, "since": row.since.isoformat(), "seconds": COME_BACK}


def pause(what: str, operator: Account, why: str = "") -> Pause:
    """Pause something: what runs is finished, nothing more is begun. A pause that is there gets the new note."""
    with transaction.atomic():
        row, new = Pause.objects.select_for_update().get_or_create(
            what=What(what), defaults={"by": operator, "why": why}
        )
        if new or row.why != why:
            Pause.objects.filter(pk=row.pk).update(why=why, by=operator)
            decisions.log(operator, "paused_work", f"pause:{what}", note=why)
        return Pause.objects.get(pk=row.pk)


def resume(what: str, operator: Account) -> list[Job]:
    """Let it go on. The first thousand jobs to ring for; the sweeper rings for more whenever their queue is empty.

    What waited is counted as waiting from now on: the pause was nobody's delay. What met an error before it counts as
    if it had met none, until it meets another.
    """
    with transaction.atomic():
        if not Pause.objects.filter(what=What(what)).delete()[0]:
            return []
        decisions.log(operator, "resumed_work", f"pause:{what}")
        kinds = Pause.STOPS.get(What(what), ())
        due = Job.objects.filter(kind__in=kinds, state="queued", run_after__lte=Now())
        Job.objects.filter(kind__in=kinds, state="running", lease_until__lt=Now()).update(run_after=Now())
        due.update(run_after=Now())
        Job.objects.filter(kind__in=kinds, state="queued").exclude(error="").update(error="")
        return jobs.announced(due)
