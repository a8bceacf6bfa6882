"""Verified negatives: images that were judged not to show a label, though somebody had said so."""

from django.db.models import Exists, OuterRef, QuerySet

from hub.models import Claim, Image, ImageLabel, Label, LabelPath


def of(label: Label, images: QuerySet[Image]) -> QuerySet[Image]:
    """Those of some live images that do not show `label`, newest first: what is no Vehicle is no Car.

    An image that counts under the label all the same, for another kind of it, is none of them.
    """
    above = LabelPath.objects.filter(descendant=label).values("ancestor")
    denied = Claim.objects.filter(image=OuterRef("pk"), label__in=above, state__in=Claim.DENIED)
    carried = ImageLabel.objects.filter(image=OuterRef("pk"), label=label)
    return images.filter(Exists(denied), ~Exists(carried)).order_by("-id")
