"""What moderators decide about photos: take one down, let in what waits, refuse it, find a flagged one fine."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Now

from hub import catalogue, counts, outcomes
from hub.models import Account, Decision, Image, Job, Notice, Removal, Rendition, Report, Submission
from hub.moderation import decisions, holding, removals
from hub.people import notices
from hub.problems import Refused
from hub.reasons import TAKEDOWNS

# Flags by which the hub says that a picture may be no good; that it is small is a fact.
DOUBTFUL = ("dark", "light", "blurry", "low_information")
Jobs = list[Job]


def tell(account: Account, key: str, what: str, **about: Any) -> Jobs:
    """Leave a notice of a moderator's decision to whoever it concerns; the jobs to ring for."""
    job = notices.tell(account, Notice.Kind.MODERATED, key, {"what": what, **about})
    return [job] if job else []


def preset(reason: str) -> str:
    """A reason of the list moderators choose from. Raises Refused for any other, and for none."""
    if not reason:
        raise Refused("no_reason", 400)
    if reason not in TAKEDOWNS:
        raise Refused("bad_request", 400)
    return reason


def take_down(image: Image, moderator: Account, reason: str, note: str = "", *, queue: str = "") -> Jobs:
    """Hide a photo at once, keep it from coming back unseen, close its reports and tell its supplier why.

    The jobs to ring for. Raises Refused: already_decided when it is gone by now, or no longer waits in the `queue`
    ("reports", "quality") the moderator found it in; own_case.
    """
    preset(reason)
    subject = f"image:{image.sha256}"
    with transaction.atomic():
        counts.lock()
        row = Image.objects.select_related("supplier").filter(pk=image.pk, withdrawn_at=None).first()
        if row is None:
            raise decisions.already(subject, "took_down")
        decisions.must_not_be_own(moderator, row.supplier_id, *(_reporters(row) if queue == "reports" else ()))
        if not _waits(row, queue):
            raise decisions.already(subject, "kept_photo", "found_fine")
        made, rung = hide([row], moderator, reason, note)
        about = _named(Submission.objects.filter(image=row).select_related("label").first())
        rung += tell(row.supplier, f"decision:{made[0].pk}", "photo_removed", reason=reason, note=note[:500], **about)
    return rung


def hide(images: list[Image], moderator: Account, reason: str, note: str = "") -> tuple[list[Decision], Jobs]:
    """Take live photos of one supplier down as one act, which the supplier is yet to be told of.

    What is logged, and the jobs to ring for. Inside the catalogue's lock.
    """
    if not images:
        return [], []
    removals.remember(images, reason)
    # What was let in before this was known is no longer: neither the same file, nor what was taken for it.
    copies = Q(sha256__in=[image.sha256 for image in images]) | Q(twin__in=images)
    Submission.objects.filter(copies).update(cleared=False)
    rung = catalogue.withdraw_all(images, removed_for=reason)
    _may_be_appealed(images)
    subjects, about = [f"image:{image.sha256}" for image in images], {"supplier": images[0].supplier_id}
    made = decisions.log_each(moderator, "took_down", subjects, reason, note=note[:500], **about)
    return made, rung + close_reports(images, moderator, Report.State.REMOVED, reason)


def _waits(image: Image, queue: str) -> bool:
    """Whether a photo still waits in a queue for a moderator; always where it was found elsewhere."""
    if queue == "reports":
        return Report.objects.filter(image=image, state=Report.State.OPEN).exists()
    return queue != "quality" or bool({*image.flags} & {*DOUBTFUL})


def _reporters(image: Image) -> list[int | None]:
    """Who wait for what is decided of their reports."""
    return list(Report.objects.filter(image=image, state=Report.State.OPEN).values_list("account", flat=True))


def _named(row: Submission | None) -> dict[str, Any]:
    """What its supplier knows a photo by."""
    return {"filename": row.filename, "label": row.label.name, "submission": row.pk} if row else {}


def _may_be_appealed(images: list[Image]) -> None:
    """Their supplier may appeal: a moderator then sees them as they were, and they are no longer let in unseen."""
    small = Rendition.objects.filter(image=OuterRef("image"), side=299).values("sha256")[:1]
    preview = Coalesce(Subquery(small), Value(""))
    Submission.objects.filter(image__in=images).update(preview_sha256=preview, cleared=False, appeal="")


def close_reports(images: list[Image], moderator: Account, state: str, reason: str = "", only: str = "") -> Jobs:
    """Close the open reports of photos (`only` those for one reason) and tell who made them, where we know."""
    rung: Jobs = []
    found = Report.objects.filter(image__in=images, state=Report.State.OPEN).select_related("account", "image")
    found = found.filter(reason=only) if only else found
    for report in found.select_for_update(of=("self",)).order_by("pk"):
        Report.objects.filter(pk=report.pk).update(state=state, decided_at=Now(), decided_by=moderator)
        if report.account and report.account_id != report.image.supplier_id:
            about = {"outcome": state, "reason": reason, "path": report.image.get_absolute_url()}
            rung += tell(report.account, f"report:{report.pk}", "report_closed", **about)
    return rung


def keep_photo(image: Image, moderator: Account) -> Jobs:
    """A moderator looked at what is reported of a photo, and it stays. Raises Refused: already_decided."""
    with transaction.atomic():
        counts.lock()
        if not Report.objects.filter(image=image, state=Report.State.OPEN, image__withdrawn_at=None).exists():
            raise decisions.already(f"image:{image.sha256}", "kept_photo", "took_down")
        decisions.must_not_be_own(moderator, image.supplier_id, *_reporters(image))
        decisions.log(moderator, "kept_photo", f"image:{image.sha256}")
        return close_reports([image], moderator, Report.State.KEPT)


def let_come_back(removal: Removal, moderator: Account) -> None:
    """What was taken down may be given again, as any other photo; nothing happens where it may already."""
    with transaction.atomic():
        suppliers = Image.objects.filter(sha256=removal.sha256).values_list("supplier", flat=True)
        decisions.must_not_be_own(moderator, *suppliers)
        if removals.lift(removal.sha256):
            decisions.log(moderator, "lifted_removal", f"image:{removal.sha256}", removal.reason)


def find_fine(image: Image, moderator: Account) -> None:
    """Nothing is wrong with a flagged picture: take its flags off. Raises Refused: already_decided."""
    with transaction.atomic():
        counts.lock()
        row = Image.objects.filter(pk=image.pk, withdrawn_at=None, flags__overlap=list(DOUBTFUL)).first()
        if row is None:
            raise decisions.already(f"image:{image.sha256}", "found_fine", "took_down")
        decisions.must_not_be_own(moderator, row.supplier_id)
        with counts.recounting([row.pk]):
            left = [flag for flag in row.flags if flag not in DOUBTFUL]
            Image.objects.filter(pk=row.pk).update(flags=left)
        decisions.log(moderator, "found_fine", f"image:{row.sha256}", flags=sorted({*row.flags} - {*left}))


def held(ids: Iterable[int]):
    """Those of the submissions that wait for a moderator to let them in, locked in the order of their ids."""
    waiting = Submission.objects.filter(pk__in=list(ids), state="review", reason__in=holding.HELD)
    return waiting.select_related("batch__supplier", "label").select_for_update(of=("self",)).order_by("id")


def decide_held(ids: list[int], bad: dict[int, str], moderator: Account) -> tuple[list[int], Jobs]:
    """Let in all of these submissions but the `bad` ones, each refused for its reason.

    The ids that were decided, and the jobs to ring for; the moderator's own photos stay for another. Raises Refused:
    already_decided, or own_case, when there was none.
    """
    for reason in bad.values():
        preset(reason)
    with transaction.atomic():
        counts.lock()
        found = list(held({*ids, *bad}))
        if not found:
            raise decisions.already(f"submission:{min([*ids, *bad], default=0)}")
        rows = [row for row in found if not decisions.own(moderator, row.batch.supplier_id)]
        if not rows:
            decisions.must_not_be_own(moderator, *(row.batch.supplier_id for row in found))
        rung = _let_in([row for row in rows if row.pk not in bad], moderator)
        rung += _refuse([(row, bad[row.pk]) for row in rows if row.pk in bad], moderator)
    return [row.pk for row in rows], rung


def _let_in(rows: list[Submission], moderator: Account) -> Jobs:
    for row in rows:
        decisions.log(moderator, "cleared", f"submission:{row.pk}", row.reason, sha256=row.sha256)
    return outcomes.reopen(rows, cleared=True)


def _refuse(rows: list[tuple[Submission, str]], moderator: Account) -> Jobs:
    """Refuse each for its reason; a supplier is told once of all of its that go for the same one."""
    rung: Jobs = []
    told: dict[tuple[Account, str], list[tuple[Submission, int]]] = {}
    for row, reason in rows:
        outcomes.decide(row.pk, "rejected", reason, preview_sha256=row.preview_sha256, appeal="", appealed_at=None)
        made = decisions.log(moderator, "refused", f"submission:{row.pk}", reason, sha256=row.sha256)
        told.setdefault((row.batch.supplier, reason), []).append((row, made.pk))
    for (supplier, reason), pairs in told.items():
        row, decision = pairs[0]
        about = {"reason": reason, **(_named(row) if len(pairs) == 1 else {"n": len(pairs)})}
        rung += tell(supplier, f"decision:{decision}", "photo_refused", **about)
    return rung
