"""The page that asks for a model: what may be chosen, how long it takes, and a training asked from labels alone."""

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from hub import datasets, readiness, trainings
from hub.models import Account, Backbone, DatasetVersion, Job, Label, TrainedModel, TrainingRequest
from hub.models.training import LIVE
from hub.previews import Trouble
from hub.problems import Refused
from hub.readiness import Readiness
from hub.selections import Selection
from hub.trainings import SCRATCH, Wish

Method = TrainingRequest.Method
NAMED = 3
BACKBONES = {
    "vgg16": ("VGG16", "The usual choice: sturdy from a few hundred photos on."),
    "vgg19": ("VGG19", "Three layers deeper than VGG16: slower, and seldom better."),
    "inceptionv3": ("InceptionV3", "Looks at several scales at once, at 299 pixels; the quickest of the four."),
    "xception": ("Xception", "At 299 pixels. The best of the four on ImageNet, and slow to tune."),
    SCRATCH: ("From scratch", "A small network that has seen nothing yet. Needs no weights, and many more photos."),
}
METHODS = {
    Method.PROBE: "One straight cut through what the network sees already. Done in minutes; a yardstick.",
    Method.TRANSFER: "The network stays as it is, and a new head learns your labels from what it sees.",
    Method.FINETUNE: "A new head first, then the last layers give way to your photos. Usually the best for its time.",
    Method.FULL: "Every layer gives way. For thousands of photos and a GPU; without one it takes hours.",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A network to choose: what it is, and what stands in its way (None: it can be trained). Seconds by method."""

    name: str
    title: str
    words: str
    trouble: Trouble | None
    seconds: dict[str, int] = field(default_factory=dict)


def choices(images: int, version: DatasetVersion | None = None, epochs: int = trainings.EPOCHS) -> list[Choice]:
    """Every network, with what training it on so many pictures would take."""
    rows = Backbone.objects.in_bulk()
    return [_choice(name, rows.get(name), images, version, epochs) for name in BACKBONES]


def _choice(name: str, row: Backbone | None, images: int, version: DatasetVersion | None, epochs: int) -> Choice:
    title, words = BACKBONES[name]
    if row is None:
        return Choice(name, title, words, Trouble("no_training_worker"))
    if not row.available:
        return Choice(name, row.title, words, Trouble(row.reason, {"backbone": row.title}))
    known = trainings.known_features(version, name) if version and name != SCRATCH else 0
    methods = [Method.FULL] if name == SCRATCH else list(METHODS)
    seconds = {str(one): readiness.estimate(row, one, images, epochs, known) for one in methods}
    return Choice(name, row.title, words, None, seconds)


def usual(found: list[Choice]) -> str:
    """The network that is chosen before anybody chooses: the first that can be trained."""
    return next((one.name for one in found if not one.trouble), "")


def models_of(version: DatasetVersion, limit: int = 5) -> QuerySet[TrainedModel]:
    """What was trained on exactly these pictures before, the best first."""
    return TrainedModel.objects.filter(digest=version.digest).order_by("-accuracy", "-id")[:limit]


def before() -> int:
    """How many trainings wait or run, of whomever: a new one comes after them."""
    return TrainingRequest.objects.filter(state__in=LIVE).count()


def ask(account: Account, selection: Selection, wish: Wish, *, mail: bool = True) -> tuple[TrainingRequest, Job]:
    """Freeze what a selection gives into a private dataset, and queue a training on it: both, or nothing.

    The job is that of the freezing; whoever freezes rings for the training. Raises Refused.
    """
    trainings.entitled(account)
    found = ready(selection)
    with transaction.atomic():
        made = datasets.create(owner=account, name=name_of(selection), selection=selection)
        version, freezing = datasets.order_version(made)
        request, _ = trainings.ask(account, version, wish, mail=mail, images=found.images)
    return request, freezing


def ready(selection: Selection) -> Readiness:
    """What a version of the selection would have. Raises Refused for the first obstacle."""
    found = readiness.of_selection(selection)
    for trouble in found.obstacles:
        raise Refused(trouble.code, **trouble.detail)
    return found


def name_of(selection: Selection) -> str:
    """A dataset's name, from its labels: "Ball, Cube, Dice and 4 more"."""
    labels = Label.objects.in_bulk([one.id for one in selection.labels])
    names = [labels[one.id].name for one in selection.labels]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED])[: 100 - len(more)] + more


def shown(found: Readiness, needed: int) -> dict[str, Any]:
    """Readiness as the page shows it: each class with as much of what it needs as it has."""
    return {
        "classes": [(one, min(one.groups, needed)) for one in found.classes],
        "obstacles": found.obstacles,
    }
