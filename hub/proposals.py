"""Labels people miss: proposed by anybody, accepted or declined by a moderator."""

from django.db import IntegrityError, transaction

from hub.hierarchy import MAX_NAME, free_slug, lock, printable
from hub.models import Account, Label, LabelEdge, LabelName, LabelProposal
from hub.moderation import decisions
from hub.people import consent
from hub.problems import Refused

MAX_OPEN = 20


def propose(account: Account, name: str, parent: Label | None = None, why: str = "") -> LabelProposal:
    """Ask for a label. Raises Refused: label_name, label_exists, label_proposed,
    too_many_proposals."""
    name = printable(name)
    if not 2 <= len(name) <= MAX_NAME or not any(c.isalpha() for c in name):
        raise Refused("label_name")
    _must_be_new(name)
    try:
        with transaction.atomic():
            consent.presence(account.pk)  # requests side by side are counted one after the other
            if account.label_proposals.filter(state="open").count() >= MAX_OPEN:
                raise Refused("too_many_proposals", 429, limit=MAX_OPEN)
            return LabelProposal.objects.create(name=name, parent=parent, why=printable(why)[:300], proposer=account)
    except IntegrityError as error:
        if "a_name_is_proposed_once_at_a_time" not in str(error):
            raise
        raise Refused("label_proposed", 409) from error


def _must_be_new(name: str) -> None:
    taken = LabelName.objects.filter(text__iexact=name).select_related("label").first()
    label = taken.label if taken else Label.objects.filter(name__iexact=name).first()
    if label:
        raise Refused("label_exists", 409, name=label.name)


def accept(proposal: LabelProposal, moderator: Account) -> Label:
    """Make the label, below its parent. Raises Refused: forbidden, already_decided, label_exists."""
    with transaction.atomic():
        lock()
        proposal = _still_open(proposal, moderator)
        _must_be_new(proposal.name)
        slugs = set(Label.objects.values_list("slug", flat=True))
        label = Label.objects.create(name=proposal.name, slug=free_slug(proposal.name, slugs))
        LabelName.objects.create(label=label, text=label.name)
        if proposal.parent:
            LabelEdge.objects.create(child=label, parent=proposal.parent)
        _decide(proposal, moderator, state=LabelProposal.State.ACCEPTED, label=label)
    return label


def decline(proposal: LabelProposal, moderator: Account) -> None:
    """Close the proposal without a label. Raises Refused: forbidden, already_decided."""
    with transaction.atomic():
        _decide(_still_open(proposal, moderator), moderator, state=LabelProposal.State.DECLINED)


def _still_open(proposal: LabelProposal, moderator: Account) -> LabelProposal:
    if not moderator.is_moderator:
        raise Refused("forbidden", 403)
    rows = LabelProposal.objects.select_for_update(of=("self",)).select_related("parent")
    locked = rows.filter(pk=proposal.pk).first()
    if locked is None:  # whoever proposed it has left meanwhile
        raise Refused("gone", 410)
    if locked.state != LabelProposal.State.OPEN:
        raise decisions.already(f"proposal:{proposal.pk}")
    return locked


def _decide(proposal: LabelProposal, moderator: Account, **fields) -> None:
    LabelProposal.objects.filter(pk=proposal.pk).update(decided_by=moderator, **fields)
    kind = "accepted_label" if fields["state"] == LabelProposal.State.ACCEPTED else "declined_label"
    decisions.log(moderator, kind, f"proposal:{proposal.pk}", name=proposal.name)
