"""Subscriptions: a supplier hears when photos of a label, or of a kind of it, are wanted."""

from django.db.models import Max
from django.utils import timezone

from hub.models import Account, Job, Label, LabelPath, Notice, Subscription, Wanted
from hub.people import notices


def subscribe(account: Account, label: Label, *, pinned: bool = False) -> Subscription:
    """Tell `account` when photos of a label are wanted; `pinned` keeps it on top of their board."""
    return Subscription.objects.update_or_create(account=account, label=label, defaults={"pinned": pinned})[0]


def stop(account: Account, label: Label) -> None:
    """Tell them no more."""
    Subscription.objects.filter(account=account, label=label).delete()


def tell(label: Label, asker: Account, note: str = "") -> list[Job]:
    """Somebody wishes for photos of a label: tell who gives it, or something above it, at most once a day.

    In the transaction of the wish; the jobs to ring for.
    """
    above = LabelPath.objects.filter(descendant=label).values("ancestor")
    givers = Account.objects.filter(subscriptions__label__in=above, suspended_at=None, gone_at=None)
    wish = Wanted.objects.filter(label=label).aggregate(people=Max("people"), wanted=Max("wanted"))
    about = {"label": {"name": label.name, "slug": label.slug}, "note": note, **wish}
    key = f"wanted:{label.pk}:{timezone.now():%Y-%m-%d}"
    others = givers.exclude(pk=asker.pk).distinct().order_by("pk")
    opened = [notices.tell(giver, Notice.Kind.LABEL_WANTED, key, about) for giver in others]
    return [job for job in opened if job]
