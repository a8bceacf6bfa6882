"""What waits for a moderator: one queue for each kind of question, the oldest or the gravest first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, Min, QuerySet, When

from hub.models import Image, Label, LabelProposal, Report, Submission
from hub.moderation import appeals, doubts, holding, moderating
from hub.reviewing import disputes

# A queue longer than this is said to be so; nobody needs to know by how much.
MANY = 100


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue by its name in addresses, its title, what is in it in words, and its rows."""

    name: str
    title: str
    about: str
    rows: Callable[[], Any]


def held() -> QuerySet[Submission]:
    """Photos a moderator sees before anybody else does: what was taken down before or is known elsewhere first."""
    found = Submission.objects.filter(state="review", reason__in=holding.HELD)
    last = Case(When(reason="new_account", then=1), default=0)
    return found.select_related("batch__supplier", "label").order_by(last, "id")


def reported() -> QuerySet[Image]:
    """Live photos with open reports, the longest waiting first; `times` is how many."""
    found = Image.objects.filter(withdrawn_at=None, reports__state=Report.State.OPEN)
    return found.annotate(times=Count("reports"), since=Min("reports__created_at")).order_by("since")


def in_review(reason: str) -> QuerySet[Submission]:
    """Submissions in review for one reason."""
    found = Submission.objects.filter(state="review", reason=reason)
    return found.select_related("twin", "batch__supplier", "label").order_by("id")


def flagged() -> QuerySet[Image]:
    """Live photos the hub itself thinks may be no good, the newest first."""
    return Image.objects.filter(withdrawn_at=None, flags__overlap=list(moderating.DOUBTFUL)).order_by("-id")


def appealed() -> QuerySet[Submission]:
    """Decisions their suppliers appeal against."""
    return appeals.waiting().select_related("twin", "batch__supplier", "label")


def differing() -> list[Any]:
    """Labels people differ about, and refuted ones for which they name another."""
    return [*disputes.refuted_with_suggestions(MANY), *disputes.contested(MANY)]


def proposed() -> QuerySet[LabelProposal]:
    """Labels people propose."""
    return LabelProposal.objects.filter(state="open").select_related("parent", "proposer").order_by("id")


QUEUES = {
    queue.name: queue
    for queue in (
        Queue("new", "First looks", "Photos of new accounts, and photos like some that were taken down.", held),
        Queue("reports", "Reports", "Photos somebody says should not be here.", reported),
        Queue("appeals", "Appeals", "Suppliers who say that a decision was wrong.", appealed),
        Queue(
            "conflicts", "Two labels", "One picture, given under two labels.", lambda: in_review("conflicting_label")
        ),
        Queue("claims", "Opinions differ", "Labels that people who review do not agree on.", differing),
        Queue("duplicates", "Look-alikes", "Photos that look much like another.", lambda: in_review("near_duplicate")),
        Queue("doubts", "Doubted labels", "Labels that people, or the pictures most like it, doubt.", doubts.open_ones),
        Queue("quality", "Quality", "Photos that may be dark, blurred or empty.", flagged),
        Queue("proposals", "Proposed labels", "Labels people miss.", proposed),
    )
}


def lengths() -> list[tuple[Queue, int, str]]:
    """Every queue with how long it is, in words where it is very long."""
    found = [(queue, _length(queue.rows()[:MANY])) for queue in QUEUES.values()]
    return [(queue, n, f"{n}" if n < MANY else f"{MANY}+") for queue, n in found]


def _length(rows: Any) -> int:
    return rows.count() if isinstance(rows, QuerySet) else len(rows)


def with_twin_labels(rows: list[Submission]) -> None:
    """Give each submission the labels its twin carries: `twin_labels`."""
    carried = labels_of([row.twin_id for row in rows if row.twin_id])
    for row in rows:
        row.twin_labels = carried.get(row.twin_id or 0, [])  # type: ignore[attr-defined]


def with_reports(images: list[Image]) -> None:
    """Give each image its open reports, `said`, and its labels, `carried`."""
    carried = labels_of([image.pk for image in images])
    said: dict[int, list[Report]] = {}
    for report in Report.objects.filter(image__in=images, state=Report.State.OPEN).select_related("account"):
        said.setdefault(report.image_id, []).append(report)
    for image in images:
        image.said, image.carried = said.get(image.pk, []), carried.get(image.pk, [])  # type: ignore[attr-defined]


def labels_of(images: list[int]) -> dict[int, list[Label]]:
    """The labels given to each of these images."""
    direct = Label.objects.filter(image_labels__image__in=images, image_labels__direct=True)
    found: dict[int, list[Label]] = {}
    for label in direct.annotate(image=F("image_labels__image")):
        found.setdefault(label.image, []).append(label)
    return found
