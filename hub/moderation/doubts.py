"""Doubts: somebody thinks that a picture does not show its label; a moderator looks, and what is wrong comes off."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from hub import counts
from hub.models import Account, Claim, Doubt, Image, Job, Label, LabelPath, Report, TrainedModel
from hub.moderation import decisions, moderating
from hub.problems import Refused
from hub.reviewing import disputes

State = Doubt.State


def raise_doubt(account: Account, image: Image, label: Label, model: TrainedModel | None = None) -> Doubt:
    """Ask a moderator to look; the doubt there is already, if somebody had it before and it waits or was settled.

    Raises Refused for a photo that was taken back, and for a label it does not carry (any more).
    """
    if image.withdrawn_at:
        raise Refused("gone", 410)
    settled = Doubt.objects.filter(image=image, label=label).order_by("-id").first()
    if settled:
        return settled
    if not image.image_labels.filter(label=label).exists():
        raise Refused("already_decided", 409)
    return Doubt.objects.get_or_create(
        image=image, label=label, state=State.OPEN, defaults={"account": account, "model": model}
    )[0]


def decide(doubt: Doubt, moderator: Account, *, right: bool, instead: bool = False) -> list[Job]:
    """A moderator looked: the label is right, or it is wrong and comes off, with its kinds that the photo carries.

    `instead`: the photo gets the label that was named in its place.

    Either way the look is kept as the moderator's verdict, and who reported the label is told: the jobs to ring for.
    Raises Refused when it was decided meanwhile.
    """
    with transaction.atomic():
        counts.lock()  # before the row, as everybody who takes both does
        row = (
            Doubt.objects.select_for_update(of=("self",))
            .select_related("image", "decided_by", "instead")
            .get(pk=doubt.pk)
        )
        if row.state != State.OPEN:
            raise _already(row)
        decisions.must_not_be_own(moderator, row.image.supplier_id, row.account_id)
        for label in _carried(row):
            better = row.instead if instead and not right else None
            disputes.decide(row.image, label, moderator, right=right, instead=better, again=True)
        state = State.KEPT if right else State.REMOVED
        Doubt.objects.filter(pk=row.pk).update(state=state, decided_at=Now(), decided_by=moderator)
        # The photo stays, whatever became of its label.
        wrong = Report.Reason.WRONG_LABEL
        return moderating.close_reports([row.image], moderator, Report.State.KEPT, only=wrong)


def _already(doubt: Doubt) -> Refused:
    if doubt.decided_by is None or doubt.decided_at is None:
        return Refused("already_decided", 409)
    return disputes.already(doubt.state == State.KEPT, doubt.decided_by, doubt.decided_at)


def _carried(doubt: Doubt) -> list[Label]:
    """The labels by which the image counts under the doubted one: that label, or kinds of it."""
    below = LabelPath.objects.filter(ancestor=doubt.label_id).values("descendant")
    claims = Claim.objects.filter(image=doubt.image_id, label__in=below, state__in=Claim.SHOWN)
    return list(Label.objects.filter(pk__in=claims.values("label")).order_by("pk"))


def open_ones() -> QuerySet[Doubt]:
    """The doubts a moderator has to look at, the oldest first; none about a photo that was taken back."""
    found = Doubt.objects.filter(state=State.OPEN, image__withdrawn_at=None)
    return found.select_related("image", "label", "account", "model", "instead").order_by("id")


def states(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """What became of the newest doubt about each (image, label) there was one about."""
    wanted = set(pairs)
    rows = Doubt.objects.filter(image__in={image for image, _ in wanted}).order_by("id")
    found = {(image, label): state for image, label, state in rows.values_list("image", "label", "state")}
    return {pair: state for pair, state in found.items() if pair in wanted}
