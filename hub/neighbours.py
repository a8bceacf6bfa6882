"""Pictures that are alike by deep features: shown beside each other, and asked what the other one shows.

Without pretrained weights there are none, and nobody is told of it.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from hub import jobs, sql
from hub.models import Backbone, Doubt, Embedding, Image, Job, Label, Neighbour

PREFERRED = ("vgg16", "vgg19", "inceptionv3", "xception")
NEAREST = 20  # kept of each image
VOTES, LEAST, AGREEING = 10, 5, 0.7  # of the nearest: asked at most, asked at least, their share for one label
EVERYTHING = 0  # the subject of the one job there is: it takes whatever waits
SOON = timedelta(seconds=20)  # what is given meanwhile goes into the same pass
PATIENCE = timedelta(minutes=3)  # how long who gave a photo is kept waiting for what it is like


def backbone() -> Backbone | None:
    """The network whose features pictures are compared by: the first whose pretrained weights are at hand."""
    found = Backbone.objects.filter(name__in=PREFERRED, available=True).exclude(weights_sha256="")
    return min(found, key=lambda one: PREFERRED.index(one.name), default=None)


def ask() -> None:
    """Have images that are new compared soon, where there is a network for it. The sweeper rings."""
    live = Job.objects.filter(kind=Job.Kind.EMBED, state__in=["queued", "running"])
    if not live.exists() and backbone():
        jobs.open_job(Job.Kind.EMBED, EVERYTHING)
        live.filter(state="queued", attempt=0).update(run_after=Now() + SOON)


def catch_up() -> None:
    """`ask`, if any image waits: those given before there was a network, or left by one that failed."""
    found = backbone()
    if found and waiting(found, 1):
        ask()


def waiting(network: Backbone, limit: int) -> list[dict[str, Any]]:
    """Live images that were not yet compared by these weights: {image, sha256, rendition}, the newest first."""
    side = min(one for one in settings.RENDITION_SIZES if one >= network.side and one != 100)
    return sql.rows("unembedded", weights=network.weights_sha256, side=side, limit=limit)


def keep(images: Iterable[int], found: Sequence[tuple[int, int, float]]) -> None:
    """Write what is like these images (image, other, cosine) in place of what was, both ways.

    Where they say something else than a label does, a moderator is asked. Inside the catalogue's lock.
    """
    images = list(images)
    Neighbour.objects.filter(image__in=images).delete()
    Neighbour.objects.filter(other__in=images).delete()
    ones, others, cosines = (list(column) for column in zip(*found, strict=True)) if found else ([], [], [])
    rows = sql.rows("keep_neighbours", images=ones, others=others, similarities=cosines)
    touched = sorted({row["image"] for row in rows})
    with connection.cursor() as cursor:
        cursor.execute(sql.load("queries/prune_neighbours"), {"images": touched, "most": NEAREST})
    doubt(touched)


def opinions(images: Iterable[int]) -> list[dict[str, Any]]:
    """What the pictures most like these show instead: {image, label, instead, share, doubted} (see the query)."""
    wanted = list(images)
    if not wanted:
        return []
    return sql.rows("opinions", images=wanted, most=VOTES, least=LEAST, share=AGREEING)


def doubt(images: Iterable[int]) -> None:
    """Ask a moderator about labels the most similar pictures do not carry: once for each label of an image."""
    told = [row for row in opinions(images) if row["doubted"]]
    asked = Doubt.objects.filter(image__in=[row["image"] for row in told])
    before = set(asked.values_list("image", "label"))
    Doubt.objects.bulk_create(
        Doubt(image_id=row["image"], label_id=row["label"], instead_id=row["instead"], share=row["share"])
        for row in told
        if (row["image"], row["label"]) not in before
    )


def suggestions(images: Iterable[int]) -> dict[int, Label]:
    """The label each of these images should carry rather, as the most similar pictures have it."""
    instead = {row["image"]: row["instead"] for row in opinions(images)}
    found = Label.objects.in_bulk(set(instead.values()))
    return {image: found[label] for image, label in instead.items()}


def comparing(images: Iterable[Image]) -> bool:
    """Whether any of these, given a moment ago, is still to be compared: where nobody does, it is not for ever."""
    lately = [image.pk for image in images if image.created_at > timezone.now() - PATIENCE]
    found = backbone() if lately else None
    if found is None:
        return False
    done = Embedding.objects.filter(image__in=lately, weights_sha256=found.weights_sha256).count()
    return done < len(lately)


def similar(image: Image, limit: int = 12) -> list[Image]:
    """The live images most like this one, the most similar first; none of its own group, which is shown apart."""
    rows = Neighbour.objects.filter(image=image).exclude(other__group=F("image__group")).select_related("other")
    return [row.other for row in rows.order_by("-similarity", "other")[:limit]]
