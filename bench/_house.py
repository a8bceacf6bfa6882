"""A hub of a million images in which every address has something real to answer: rows, datasets, models and a house."""

import itertools
import json
import os
import time
from pathlib import Path
from typing import Any

from bench._fill import fill, step, text

LARGE, LABELS = 120_000, 20_000


def build(images: int) -> None:
    """Fill the database of `scratch`, which is empty, as a hub that has lived for three years."""
    fill(images, LABELS, lively=True)
    prints()
    step("doings", text("doings"))
    shelves(min(LARGE, images // 8))
    step("statistics", "ANALYZE")


def prints() -> None:
    """Fingerprints of every live image, and of their mirror images, as perceptual hashes are, with their index."""
    import numpy as np
    from django.db import connection

    from bench import lookup
    from hub.models import Image

    newest = Image.objects.order_by("-id").values_list("id", flat=True)[0]
    lookup.fill(lookup.correlated(np.random.default_rng(1), newest))
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM hub_fingerprint f USING hub_image i WHERE i.id = f.image_id AND i.withdrawn_at IS NOT NULL"
        )
    step("mirrors", "INSERT INTO hub_mirror SELECT image_id, ~bits FROM hub_fingerprint")
    step("fingerprints, tidied", "VACUUM ANALYZE hub_fingerprint")


def shelves(large: int) -> None:
    """A large frozen version and a small one, made by the hub itself; models of them; thousands like the small one."""
    from hub.models import Account, LabelStat
    from tests import trained

    owner = Account.objects.order_by("id")[0]
    direct = list(
        LabelStat.objects.filter(facet="direct", label__isnull=False).order_by("-n").values_list("label", "n")
    )
    chosen: list[int] = []
    images = 0
    for label, n in direct:
        if images >= large:
            break
        chosen, images = [*chosen, label], images + n
    everything = frozen(owner, "Everything large", chosen)
    small = frozen(owner, "A small one", [label for label, n in direct if 100 <= n <= 200][:2])
    changed(everything)
    made = trained.model(everything)
    trained.heated(made)
    like_small = trained.model(small, public=True)
    trained.asked(made, owner)
    step("shelves", text("shelves"), {"small": small.pk, "model": like_small.pk})


def changed(version: Any) -> None:
    """Another version of a dataset, some photos of which were taken back since."""
    from hub import catalogue, datasets
    from hub.models import Image
    from workers import export

    some = Image.objects.filter(memberships__version=version, withdrawn_at=None).order_by("id")[:40]
    catalogue.withdraw_all(list(some))
    export.freeze(datasets.order_version(version.dataset)[1].pk)


def people() -> tuple[Any, Any, Any]:
    """The supplier who gave most, a moderator, and an operator."""
    from django.contrib.auth.models import Permission

    from hub.models import Account

    owner = Account.objects.order_by("id")[0]
    moderator, operator = Account.objects.filter(username__in=["reviewer1", "reviewer2"]).order_by("username")
    moderator.user_permissions.add(Permission.objects.get(codename="moderate"))
    Account.objects.filter(pk=operator.pk).update(is_staff=True, is_superuser=True)
    return owner, moderator, operator


def house(owner: Any) -> dict[str, Any]:
    """One of everything of an owner's with its files, made by the hub itself (tests.hub.addresses); once."""
    from django.db.models import Value
    from django.db.models.functions import Concat

    from hub import archives
    from hub.models import Archive, Batch, Label
    from hub.reviewing.sealing import Sealed, seal
    from tests import factories, trained
    from tests.hub import addresses

    kept = Path(os.environ["HUB_HOME"], "house.json")
    if not kept.exists():
        factories.numbers = trained.numbers = itertools.count(time.time_ns())  # others counted from 1
        # Its labels hold pictures that have files, and nothing else.
        Label.objects.filter(slug__in=["ball", "cube"]).update(
            slug=Concat(Value("any-"), "slug"), name=Concat(Value("Any "), "name")
        )
        kept.write_text(json.dumps(addresses.house(owner)))
    filled = json.loads(kept.read_text())
    image = Batch.objects.get(pk=filled["batches/pk"]).images.get()
    sealed = Sealed(image.pk, image.claims.get().label_id, gold=False)
    archive = Archive.objects.get(pk=filled["archives/archive"])
    return filled | {"review/token": seal(owner, sealed), "fetch/token": archives.link(archive, owner)}


def big(owner: Any) -> dict[str, Any]:
    """The large things that fill addresses: the fullest label, an old image with twins, the largest version, …"""
    from django.db.models import F

    from bench.pages import country, deep
    from hub.models import Dataset, DatasetMember, Image, LabelStat, TrainedModel, TrainingRequest
    from hub.moderation.queues import QUEUES

    label = LabelStat.objects.filter(facet="images", label__isnull=False).order_by("-n")[0].label
    assert label is not None
    image = Image.objects.filter(supplier=owner, withdrawn_at=None, group_members__id__gt=F("id")).order_by("id")[0]
    batch = owner.batches.filter(accepted__gt=40).order_by("id")[0]
    dataset = Dataset.objects.get(name="Everything large")
    first, second = dataset.versions.filter(state="ready").order_by("number")[:2]
    model = TrainedModel.objects.filter(digest=first.digest)[0]
    training = TrainingRequest.objects.filter(model=model)[0]
    middle = DatasetMember.objects.filter(version=first).order_by("image")[first.images // 2].image_id
    oldest = Image.objects.order_by("id")[Image.objects.count() // 2].pk
    slug, versions = label.slug, f"/api/v1/versions/{first.digest}"
    return {
        "slug": slug, "username": owner.username, "images/sha256": image.sha256, "batches/pk": batch.pk,
        "datasets/pk": dataset.pk, "versions/number": 1, "versions/digest": first.digest, "models/pk": model.pk,
        "trainings/pk": training.pk, "queues": list(QUEUES),
        "with": {"diff": {"old": "1", "new": "2"}, "labels_json": {"q": "wooden va"}},
        "api": {"versions/id": first.digest, "versions/old": first.digest, "diff/new": second.digest},
        "more": [
            ("mine, deep", f"/mine/?before={batch.pk}"),
            ("supplier, deep", f"/suppliers/{owner.username}/?before={image.pk + 1000}"),
            ("labels, search by two words", "/labels/?q=rusty%20bear"),
            ("labels, a slip of the finger", "/labels/?q=woden%20viol"),
            ("labels, below one", f"/labels/?parent={slug}"),
            ("grid of the fullest label", f"/review/grid/?label={slug}"),
            ("build with the fullest label", f"/datasets/new/?label={slug}"),
            ("people, searched", "/moderation/people/?q=reviewer49"),
        ],
        "more_api": [
            ("/images, deep", f"/api/v1/images?before={oldest}"),
            ("/images, three filters", f"/api/v1/images?licence=CC0-1.0&country={country()}&flag=dark"),
            ("/images, a rare country", f"/api/v1/images?country={country()}"),
            ("/images, of the fullest label", f"/api/v1/images?label={slug}"),
            ("/images, of it, deep", f"/api/v1/images?label={slug}&before={deep(slug)}"),
            ("/labels, searched", "/api/v1/labels?q=wooden"),
            ("members, deep", f"{versions}/members?after={middle}"),
            ("changes, deep", f"{versions}/diff/{second.digest}/changes?after={middle}"),
        ],
    }  # fmt: skip


def frozen(owner: Any, name: str, labels: list[int]) -> Any:
    """A public dataset of what shows these labels directly, and its frozen version."""
    from hub import datasets
    from hub.selections import read
    from workers import export

    chosen = [{"id": label, "below": False} for label in sorted(labels)]
    selection = read({"labels": chosen[:50], "overlap": "first"})
    version, job = datasets.order_version(datasets.create(owner=owner, name=name, selection=selection, public=True))
    export.freeze(job.pk)
    version.refresh_from_db()
    if version.state != "ready":
        raise SystemExit(f"{version.reason} {version.detail}")
    print(f"{name}: {version.images:,} images of {len(chosen)} labels frozen", flush=True)
    return version
