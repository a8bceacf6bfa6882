"""Batches whose every file is checked: their suppliers are told, once, what became of them."""

from typing import Any

from django.db import transaction
from django.db.models import Count, Min

from hub import sql
from hub.models import Batch, Job, Notice, Submission
from hub.people import notices

# What became of the files, as a mail says it: of one, and of several.
BECAME = {
    "accepted": ("is in the hub", "are in the hub"),
    "duplicate": ("was here already", "were here already"),
    "review": ("needs a look first", "need a look first"),
    "rejected": ("was not taken", "were not taken"),
    "failed": ("could not be checked, which is our fault", "could not be checked, which is our fault"),
    "withdrawn": ("was taken back", "were taken back"),
}
# The reasons a mail names, the most frequent first; the batch's page has all.
NAMED = 6


def tell_the_checked() -> list[Job]:
    """One notice for each batch that was checked whole and has been quiet for a while; the jobs to ring for."""
    return [job for row in sql.rows("batches_done") if (job := _tell(row["batch"]))]


def _tell(pk: int) -> Job | None:
    with transaction.atomic():
        batch = Batch.objects.select_related("supplier", "label").get(pk=pk)
        return notices.tell(batch.supplier, Notice.Kind.BATCH_DONE, f"batch:{pk}", _about(batch))


def _about(batch: Batch) -> dict[str, Any]:
    counts = {state: getattr(batch, state) for state in BECAME if getattr(batch, state)}
    return {
        "label": {"name": batch.label.name, "slug": batch.label.slug},
        "path": batch.get_absolute_url(),
        "total": batch.total,
        "counts": counts,
        "became": [{"n": n, "words": BECAME[state][n > 1]} for state, n in counts.items()],
        "whys": _whys(batch),
    }


def _whys(batch: Batch) -> list[dict[str, Any]]:
    """Why files did not go in, with the numbers one of them has."""
    told = batch.submissions.filter(state__in=["duplicate", "review", "rejected", "failed"]).exclude(reason="")
    rows = list(told.values("reason").annotate(n=Count("pk"), one=Min("pk")).order_by("-n", "reason")[:NAMED])
    details = dict(Submission.objects.filter(pk__in=[row["one"] for row in rows]).values_list("pk", "detail"))
    return [{"n": row["n"], "reason": row["reason"], "detail": details[row["one"]]} for row in rows]
