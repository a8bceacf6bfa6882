"""What suppliers agree to, and how they change their mind: withdraw a batch, correct the label of a photo."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from hub import catalogue, counts, sql
from hub.models import Account, Annotation, Batch, Claim, Doubt, Image, ImageLabel, Job, Label, Submission
from hub.models.submission import Licence
from hub.problems import Refused

OWN = "I took these photos myself, or may give them away."
TERMS = {
    Licence.CC0: "Anyone may use them for anything, without naming me (CC0-1.0).",
    Licence.CC_BY: "Anyone may use them for anything, crediting “{credit}” (CC-BY-4.0).",
    Licence.CC_BY_SA: (
        "Anyone may use them, crediting “{credit}” and sharing what they make under the same terms (CC-BY-SA-4.0)."
    ),
}


def sentence(licence: str, credit: str) -> str:
    """What a supplier agrees to by giving photos under a licence; at most 300 characters."""
    return f"{OWN} {TERMS[Licence(licence)].format(credit=credit)}"


def presence(account: int) -> None:
    """Wait for, and keep to the end of the transaction, what says whether an account is here: who gives takes it
    last, who leaves takes it first.
    """
    sql.call("hub_hold", [f"account:{account}"])


def must_be_here(account: int) -> None:
    """Raises Refused for an account that left while its request was under way; until the transaction ends, it stays."""
    presence(account)
    if Account.objects.filter(pk=account).exclude(gone_at=None).exists():
        raise Refused("login_needed", 401)


def withdraw_batch(batch: Batch) -> tuple[int, list[Job]]:
    """Its supplier takes a whole batch back: what is in the catalogue, and what still waits.

    How many photos left the catalogue, and the jobs to ring for.
    """
    with transaction.atomic():
        counts.lock()
        take_back_waiting(batch_id=batch.pk)
        images = list(Image.objects.filter(batch=batch, withdrawn_at=None))
        return len(images), catalogue.withdraw_all(images)


def take_back_waiting(**which: Any) -> int:
    """Take files back that are checked, wait for a look, or failed; how many. Inside the catalogue's lock.

    Without its job a worker that is at one of them can no longer let it in. The jobs before the files, as workers
    take them: a file that a worker answered for meanwhile keeps its answer.
    """
    waiting = Submission.objects.filter(state__in=["received", "review", "failed"], image=None)
    ids = list(waiting.filter(**which).values_list("pk", flat=True))
    Job.objects.filter(kind=Job.Kind.INGEST, subject__in=ids, state__in=["queued", "running"]).delete()
    return waiting.filter(pk__in=ids).update(
        state="withdrawn", reason="withdrawn", detail={}, preview_sha256="", twin=None, decided_at=Now()
    )


def relabel(image: Image, supplier: Account, label: Label) -> None:
    """Its supplier says what a photo shows instead. What others said of either label stays.

    Raises Refused: gone, or label_refused where people, or a moderator, found that it does not show that.
    """
    with transaction.atomic():
        counts.lock()
        if not Image.objects.filter(pk=image.pk, supplier=supplier, withdrawn_at=None).exists():
            raise Refused("gone", 410)
        # A supplier's word does not outweigh theirs: people looked, and said no.
        if Claim.objects.filter(image=image, label=label, state__in=Claim.DENIED).exists():
            raise Refused("label_refused", 409, label=label.name)
        with counts.recounting([image.pk]):
            _say(image, supplier, label)
        Submission.objects.filter(image=image).update(label=label)
        _close_doubts(image, supplier)


def _say(image: Image, supplier: Account, label: Label) -> None:
    """The supplier's verdicts: yes to one label, no to those it gave before."""
    own = Annotation.objects.filter(image=image, account=supplier, verdict="yes", final=False)
    own.exclude(label=label).update(verdict="no", conflicting=False, instead=label)
    said = {"verdict": "yes", "conflicting": False, "instead": None}
    Annotation.objects.update_or_create(image=image, label=label, account=supplier, defaults=said)


def _close_doubts(image: Image, supplier: Account) -> None:
    """Whoever doubted a label the photo no longer counts under was right."""
    carried = ImageLabel.objects.filter(image=image).values("label")
    over = Doubt.objects.filter(image=image, state=Doubt.State.OPEN).exclude(label__in=carried)
    over.update(state=Doubt.State.REMOVED, decided_at=Now(), decided_by=supplier)
