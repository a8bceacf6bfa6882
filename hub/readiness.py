"""Whether a version, or a choice of labels, can be trained on: what it has, what is in the way, how long it takes."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from hub import sql
from hub.models import Backbone, DatasetVersion, Label
from hub.previews import Trouble, preview
from hub.selections import Selection

FEWEST, MOST = 2, 50
WARN_BALANCE, REFUSE_BALANCE = 10, 100
PARTS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class ClassReadiness:
    """What one class has: images and groups, in all and by split."""

    label: Label
    images: int
    groups: int
    splits: dict[str, int] = field(default_factory=dict)

    @property
    def missing(self) -> int:
        """Groups it needs before it can be trained on."""
        return max(0, settings.TRAINING_GROUPS - self.groups)


@dataclass(frozen=True, slots=True)
class Readiness:
    """`test_groups` is what the accuracy would be measured on. With no obstacle, it can be trained."""

    classes: list[ClassReadiness]
    images: int
    test_groups: int
    obstacles: list[Trouble]
    warnings: list[Trouble]

    @property
    def ready(self) -> bool:
        return not self.obstacles

    @property
    def short(self) -> list[ClassReadiness]:
        """The classes that need more pictures: what may be watched."""
        return [one for one in self.classes if one.missing]


def of_version(version: DatasetVersion) -> Readiness:
    """What a version that is frozen has now; photos that were withdrawn since count no more."""
    counted: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in sql.rows("readiness", version=version.pk):
        counted[row["label"]][row["split"]] = row
    labels = Label.objects.in_bulk([label["id"] for label in version.header["labels"]])
    classes = [_class(labels[label["id"]], counted[label["id"]]) for label in version.header["labels"]]
    several = version.members.filter(labels__len__gt=1, image__withdrawn_at=None).count()
    tested = sum(one.splits.get("test", 0) for one in classes)
    extra = [Trouble("several_labels", {"n": several})] if several else []
    extra += [Trouble("empty_part", {"split": part}) for part in PARTS if not any(c.splits.get(part) for c in classes)]
    return _judge(classes, tested, extra)


def _class(label: Label, splits: dict[str, dict[str, Any]]) -> ClassReadiness:
    groups = {name: row["groups"] for name, row in splits.items()}
    return ClassReadiness(label, sum(row["images"] for row in splits.values()), sum(groups.values()), groups)


def of_selection(selection: Selection) -> Readiness:
    """What a version of this selection would have, frozen now."""
    seen = preview(selection)
    classes = [ClassReadiness(one.label, one.images, one.groups) for one in seen.classes]
    share = selection.split.as_json()["test"]
    missing = {one.label.name for one in classes if one.missing}
    # Too few labels or pictures are said once, and by our own measure.
    extra = [one for one in seen.obstacles if one.code != "one_class" and one.detail.get("label") not in missing]
    return _judge(classes, round(share * sum(one.groups for one in classes)), extra)


def _judge(classes: list[ClassReadiness], tested: int, extra: list[Trouble]) -> Readiness:
    images = [one.images for one in classes if one.images]
    balance = max(images) / min(images) if images else 1.0
    obstacles = [*extra, *_number(classes), *_lacking(classes)]
    if balance > REFUSE_BALANCE:
        obstacles.append(Trouble("too_unbalanced", {"times": round(balance)}))
    if tested < settings.TRAINING_TEST_GROUPS and not obstacles:
        obstacles.append(Trouble("too_few_test_groups", {"groups": tested, "needed": settings.TRAINING_TEST_GROUPS}))
    return Readiness(classes, sum(images), tested, obstacles, _warnings(classes, balance))


def _number(classes: list[ClassReadiness]) -> list[Trouble]:
    if len(classes) < FEWEST:
        return [Trouble("one_class")]
    return [Trouble("too_many_classes", {"limit": MOST, "n": len(classes)})] if len(classes) > MOST else []


def _lacking(classes: list[ClassReadiness]) -> list[Trouble]:
    return [
        Trouble(
            "too_few_to_train",
            {"label": one.label.name, "groups": one.groups, "needed": settings.TRAINING_GROUPS, "missing": one.missing},
        )
        for one in classes
        if one.missing
    ]


def _warnings(classes: list[ClassReadiness], balance: float) -> list[Trouble]:
    few = [one for one in classes if settings.TRAINING_GROUPS <= one.groups < settings.TRAINING_GROUPS_WELL]
    found = [
        Trouble("few_to_train", {"label": one.label.name, "groups": one.groups, "well": settings.TRAINING_GROUPS_WELL})
        for one in few
    ]
    if WARN_BALANCE < balance <= REFUSE_BALANCE:
        found.append(Trouble("unbalanced", {"times": round(balance)}))
    return found


# Measured on two cores in float32 (bench training): seconds of one picture through the network, until a worker
# has told its own.
SECONDS_PER_VIEW = {"vgg16": 0.3, "vgg19": 0.38, "inceptionv3": 0.2, "xception": 0.35, "scratch": 0.01}
START, EXPORT, YARDSTICK = 20, 90, 0.15


def estimate(backbone: Backbone, method: str, images: int, epochs: int, known: int = 0) -> int:
    """About how many seconds a training takes; `known` pictures have their features already.

    Extraction of four views of each picture, then epochs over the cached last block (a tenth of the network), or over
    all layers (forward and back: three times one pass); the small network from scratch, and the files.
    """
    view = backbone.seconds_per_view or SECONDS_PER_VIEW[backbone.name]
    if backbone.name == "scratch":
        return round(START + EXPORT + 2 * epochs * images * view * 3)  # once more for the random split
    extraction = 3.4 * view * max(0, images - known)
    tuning = {"finetune": 0.3 * 3.4, "full": 3.0}.get(method, 0.0) * epochs * view * images
    return round(START + EXPORT + extraction + tuning + YARDSTICK * images)
