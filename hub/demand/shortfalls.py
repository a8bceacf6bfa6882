"""Shortfalls: what a refused dataset or training would have taken is wanted, until it is there or forgotten."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from hub import readiness, sql
from hub.demand import subscriptions, wanted
from hub.models import Account, DatasetVersion, Job, Label, LabelStat, Shortfall
from hub.previews import enough, preview
from hub.readiness import Readiness
from hub.selections import Selection

Source = Shortfall.Source
# Refusals of a dataset that more photos would mend.
LACKING = ("empty_class", "too_few_groups", "nothing_selected")


def note(code: str, account: Account, asked: Selection | DatasetVersion) -> list[Job]:
    """A dataset of a selection, or a training on it or on a version, was refused: keep what it lacks, if that is why.

    The jobs to ring for.
    """
    if code == "too_few_to_train":
        found = readiness.of_selection(asked) if isinstance(asked, Selection) else readiness.of_version(asked)
        return of_training(account, found)
    if code in LACKING and isinstance(asked, Selection):
        return of_selection(account, asked)
    return []


def of_selection(account: Account, selection: Selection) -> list[Job]:
    """Keep which labels of a selection have too few pictures for its split; the jobs to ring for."""
    classes = preview(selection).classes
    lacking = [(one.label, enough(max(0, one.groups - 1), selection.split) - one.groups) for one in classes]
    return keep(account, Source.SELECTION, [(label, missing) for label, missing in lacking if missing])


def of_training(account: Account, found: Readiness) -> list[Job]:
    """Keep which labels have too few pictures to train on; the jobs to ring for."""
    return keep(account, Source.TRAINING, [(one.label, one.missing) for one in found.short])


def keep(account: Account, source: str, lacking: Iterable[tuple[Label, int]]) -> list[Job]:
    """Keep that `account` lacks so many more pictures of each label than there are, whatever filters let through."""
    short = dict(lacking)
    with transaction.atomic():
        wanted.hold(label.pk for label in short)
        return [job for label, missing in short.items() for job in _keep(account, source, label, missing)]


def _keep(account: Account, source: str, label: Label, missing: int) -> list[Job]:
    needed = min(missing + _groups(label), settings.WATCH_MOST)
    row, new = Shortfall.objects.get_or_create(account=account, label=label, source=source, defaults={"wanted": needed})
    if not new:
        Shortfall.objects.filter(pk=row.pk).update(wanted=needed, refused_at=Now(), met_at=None)
    return subscriptions.tell(label, account) if new or row.met_at else []


def _groups(label: Label) -> int:
    found = LabelStat.objects.filter(label=label, facet="groups", value="").first()
    return found.n if found else 0


def settle() -> None:
    """Close the shortfalls whose labels have enough by now, and drop those nobody was refused for in a long time."""
    old = Now() - timedelta(days=settings.SHORTFALL_DAYS)
    with transaction.atomic():
        found = Shortfall.objects.filter(refused_at__lt=old)
        wanted.hold(found.values_list("label", flat=True))
        found.delete()
    with transaction.atomic():
        met = [row["shortfall"] for row in sql.rows("shortfalls_met")]
        found = Shortfall.objects.filter(pk__in=met, met_at=None)
        wanted.hold(found.values_list("label", flat=True))
        found.update(met_at=Now())
