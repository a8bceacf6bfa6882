"""Suppliers as the world sees them: a name while they are here, what they gave, and where it went."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from hub import trained
from hub.models import (
    Account,
    Batch,
    Contribution,
    Dataset,
    DatasetMember,
    DatasetVersion,
    Image,
    Label,
    LabelStat,
    TrainedModel,
)
from hub.reviewing import gold

ANONYMOUS = "anonymous"
LABELS, NAMED = 24, 20


@dataclass(slots=True)
class Impact:
    """What photos went into: how many of them, into how many datasets and models, and those everybody may see."""

    photos: int = 0
    datasets: int = 0
    models: int = 0
    public_datasets: list[Dataset] = field(default_factory=list)
    public_models: list[TrainedModel] = field(default_factory=list)


def shown(account: Account) -> bool:
    """Whether the account goes by its name: not once it has left or is suspended."""
    return account.is_active and account.gone_at is None and account.suspended_at is None


def name(account: Account) -> str:
    """What the world calls an account."""
    return account.username if shown(account) else ANONYMOUS


def find(username: str, visitor: Account | None = None) -> Account | None:
    """The supplier of this name, who has photos here; the visitor itself even without."""
    account = Account.objects.filter(username=username.replace("\0", "")).first()
    if account is None or not shown(account):
        return None
    return account if account == visitor or live(account).exists() else None


def live(account: Account) -> QuerySet[Image]:
    """The photos of an account that are in the catalogue, the newest first."""
    return Image.objects.filter(supplier=account, withdrawn_at=None).order_by("-id")


def figures(account: Account) -> dict[str, Any]:
    """Its numbers: photos, since when it gives, labels with their counts, verdicts on photos of others."""
    everywhere = LabelStat.objects.filter(facet="supplier", value=str(account.pk), label=None)
    # Of the labels it gave under, kinds included, as they are counted anyway: photo by photo takes a large one seconds.
    under = list(Batch.objects.filter(supplier=account, accepted__gt=0).values_list("label", flat=True).distinct())
    given = Label.objects.filter(pk__in=under, stats__facet="supplier", stats__value=str(account.pk), stats__n__gt=0)
    return {
        "photos": everywhere.values_list("n", flat=True).first() or 0,
        "since": Image.objects.filter(supplier=account).order_by("id").values_list("created_at", flat=True).first(),
        "labels": list(given.annotate(n=F("stats__n")).order_by("-n", "name")[:LABELS]),
        "verdicts": gold.verdicts_of(account).count(),
    }


def impact(account: Account) -> Impact:
    """What all photos of an account went into, those it took back later among them."""
    versions = Contribution.objects.filter(supplier=account, version__state="ready")
    # Whether their version is ready is not asked here: to know it of each, Postgres would read every member there is.
    held = Exists(DatasetMember.objects.filter(image=OuterRef("pk")))
    return _impact(
        photos=Image.objects.filter(held, supplier=account).count(),
        datasets=Dataset.objects.filter(versions__contributions__in=versions),
        models=TrainedModel.objects.filter(digest__in=versions.values("version__digest")),
    )


def reach(images: QuerySet[Image]) -> Impact:
    """What some photos, few, went into."""
    # Named one by one: of a subquery Postgres expects so many that it reads every member of every version.
    ids = list(images.order_by().values_list("pk", flat=True))
    held = list(DatasetMember.objects.filter(image__in=ids).values_list("image", "version"))
    ready = DatasetVersion.objects.filter(pk__in={version for _, version in held}, state="ready")
    versions = dict(ready.values_list("pk", "digest"))
    return _impact(
        photos=len({image for image, version in held if version in versions}),
        datasets=Dataset.objects.filter(versions__in=list(versions)),
        models=TrainedModel.objects.filter(digest__in=list(versions.values())),
    )


def _impact(photos: int, datasets: QuerySet[Dataset], models: QuerySet[TrainedModel]) -> Impact:
    datasets, models = datasets.distinct(), models.distinct()
    seen = trained.visible_to(None).filter(pk__in=models.values("pk"))
    return Impact(
        photos=photos,
        datasets=datasets.count(),
        models=models.count(),
        public_datasets=list(datasets.filter(public=True).order_by("-id")[:NAMED]),
        public_models=list(seen.order_by("-id")[:NAMED]),
    )


def in_words(found: Impact) -> str:
    """Where photos are: "in 31 datasets and 4 models"; "" for nowhere yet."""
    parts = [(found.datasets, "dataset"), (found.models, "model")]
    said = " and ".join(f"{n:,} {what}{'s' if n != 1 else ''}" for n, what in parts if n)
    return f"in {said}" if said else ""
