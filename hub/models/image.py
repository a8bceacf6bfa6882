from functools import cache

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse

from hub.models.label import Label
from hub.models.place import Place
from hub.models.submission import Batch, Licence, Precision

NO_DIGEST = "0" * 64


@cache
def address(view: str, *arguments: int) -> str:
    """The address of a view, about no image: a page has hundreds, and looking each up takes longer than its queries."""
    return reverse(view, args=[NO_DIGEST, *arguments])


class Image(models.Model):
    """A catalogued picture, named by the SHA-256 of the bytes received.

    Ids are given inside the catalogue's lock, so they grow in order of commit and can page and bound lookups.
    Brightness values run from 0 to 1, entropy is in bits.
    """

    sha256 = models.CharField(max_length=64)
    pixels_sha256 = models.CharField(max_length=64)
    format = models.CharField(max_length=8)
    size = models.BigIntegerField()
    width = models.IntegerField()
    height = models.IntegerField()
    supplier = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="images", db_index=False)
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="images", db_index=False)
    licence = models.CharField(max_length=20, choices=Licence)
    credit = models.CharField(max_length=80)
    precision = models.CharField(max_length=6, choices=Precision)
    place = models.ForeignKey(Place, models.PROTECT, null=True, related_name="images", db_index=False)
    drawn = models.BooleanField(default=False)
    taken_on = models.DateField(null=True)
    dark = models.FloatField()
    light = models.FloatField()
    entropy = models.FloatField()
    sharpness = models.FloatField()
    flags = ArrayField(models.CharField(max_length=20), default=list)
    tint = models.IntegerField()
    created_at = models.DateTimeField()
    # When it had been compared with all older images: from then on its group is known, and datasets may take it.
    compared_at = models.DateTimeField(null=True)
    # The oldest image of the near-duplicates it stands among; itself where there are none. A trigger sets the first.
    group = models.ForeignKey("self", models.DO_NOTHING, null=True, related_name="group_members")
    withdrawn_at = models.DateTimeField(null=True)
    # Why a moderator took it down (the code of a reason); "" where its supplier took it back.
    removed_for = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sha256"], condition=Q(withdrawn_at__isnull=True), name="one_live_image_per_digest"
            ),
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0, size__gt=0), name="image_has_an_extent"),
            models.CheckConstraint(
                condition=~Q(precision="hidden") | Q(place__isnull=True), name="hidden_image_keeps_no_place"
            ),
        ]
        indexes = [
            models.Index(fields=["pixels_sha256"], name="images_of_the_same_pixels"),
            models.Index(fields=["supplier", "-id"], name="images_of_a_supplier"),
            models.Index(fields=["place", "-id"], name="images_of_a_place"),
            models.Index(fields=["batch", "id"], name="images_of_a_batch"),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]

    def get_absolute_url(self) -> str:
        return address("image").replace(NO_DIGEST, self.sha256)

    def rendition_url(self, side: int) -> str:
        """Where its rendition of this size is."""
        return address("rendition", side).replace(NO_DIGEST, self.sha256)


class Rendition(models.Model):
    """A resized, metadata-free JPEG of an Image; side 0 is the original itself without its metadata.

    CRC-32 and size are kept so that archives know their layout.
    """

    # The first column of a constraint below: an index of its own would be the same once more. So for others here.
    image = models.ForeignKey(Image, models.CASCADE, related_name="renditions", db_index=False)
    side = models.SmallIntegerField()
    extension = models.CharField(max_length=4, default="jpg")
    sha256 = models.CharField(max_length=64)
    size = models.IntegerField()
    crc32 = models.BigIntegerField()
    width = models.IntegerField()
    height = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["image", "side"], name="one_rendition_per_side")]
        indexes = [models.Index(fields=["sha256"], name="renditions_of_a_digest")]

    def __str__(self) -> str:
        return f"{self.image_id} at {self.side}"


class Annotation(models.Model):
    """One person's verdict that an Image shows, or does not show, a Label. The supplier's claim is the first."""

    class Verdict(models.TextChoices):
        YES = "yes", "shows it"
        NO = "no", "does not show it"
        UNSURE = "unsure", "cannot tell"

    image = models.ForeignKey(Image, models.CASCADE, related_name="annotations", db_index=False)
    label = models.ForeignKey(Label, models.PROTECT, related_name="annotations")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="annotations")
    verdict = models.CharField(max_length=6, choices=Verdict, default=Verdict.YES)
    # Somebody gave the same picture under a label that does not agree with what it carries.
    conflicting = models.BooleanField(default=False)
    # A moderator's decision, at most one of an image and label: it outweighs all others.
    final = models.BooleanField(default=False)
    # What the picture shows instead, where the verdict is no.
    instead = models.ForeignKey(Label, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "label", "account"], name="one_verdict_per_person_and_label"),
            models.CheckConstraint(condition=Q(verdict__in=["yes", "no", "unsure"]), name="verdict_is_known"),
            models.UniqueConstraint(
                fields=["image", "label"], condition=Q(final=True), name="one_final_verdict_per_image_and_label"
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(conflicting=True), name="conflicting_annotations")]

    def __str__(self) -> str:
        return f"{self.account}: {self.verdict} {self.label}"


class Claim(models.Model):
    """What people say of one label of a live image: verdicts besides the supplier's, and what follows from them.

    Derived from annotations by `hub_make_claims`, never written by Python. `hub_claim_state` holds the rule.
    """

    class State(models.TextChoices):
        ASKING = "asking", "Waiting for verdicts"
        VERIFIED = "verified", "Verified"
        REFUTED = "refuted", "Refuted"
        CONTESTED = "contested", "Opinions differ"
        KEPT = "kept", "A moderator kept it"
        DROPPED = "dropped", "A moderator took it off"
        CONFLICTING = "conflicting", "In conflict with another label"

    # An image counts under the label in these.
    SHOWN = ("asking", "verified", "contested", "kept")
    # Decided: the image shows the label, or does not.
    UPHELD = ("verified", "kept")
    DENIED = ("refuted", "dropped")

    pk = models.CompositePrimaryKey("image_id", "label_id")
    image = models.ForeignKey(Image, models.CASCADE, related_name="claims", db_index=False)
    label = models.ForeignKey(Label, models.CASCADE, related_name="claims")
    yes = models.IntegerField()
    no = models.IntegerField()
    unsure = models.IntegerField()
    state = models.CharField(max_length=11, choices=State)
    # A place in the order in which claims are asked about: each reviewer starts at another.
    luck = models.IntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["luck"], condition=Q(state="asking"), name="claims_to_ask_about"),
            models.Index(
                fields=["luck"], condition=Q(state="asking") & (Q(yes__gt=0) | Q(no__gt=0)), name="claims_half_decided"
            ),
            models.Index(fields=["state", "image"], condition=~Q(state="asking"), name="claims_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.image_id} {self.label_id}: {self.state}"


class ImageLabel(models.Model):
    """A live image counts under a label: given so (`direct`), or through a descendant.

    Derived from annotations and the hierarchy by `hub_place_under_labels`; the primary key pages a label.
    """

    pk = models.CompositePrimaryKey("label_id", "image_id")
    label = models.ForeignKey(Label, models.CASCADE, related_name="image_labels", db_index=False)
    image = models.ForeignKey(Image, models.CASCADE, related_name="image_labels")
    direct = models.BooleanField()
    verified = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["label", "-image"], condition=Q(direct=True), name="direct_images_of_a_label")]

    def __str__(self) -> str:
        return f"{self.image_id} under {self.label_id}"


class LabelStat(models.Model):
    """How many live images under a label have one value of one facet; no label means the whole hub.

    Kept by `hub_tally` in the transaction that changes an image; `hub_stat_recount` says what it should be.
    """

    label = models.ForeignKey(Label, models.CASCADE, null=True, related_name="stats")
    facet = models.CharField(max_length=12)
    value = models.CharField(max_length=64, blank=True)
    n = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["label", "facet", "value"],
                nulls_distinct=False,
                name="one_stat_per_label_facet_and_value",
            ),
            models.CheckConstraint(condition=Q(n__gte=0), name="no_count_is_negative"),
        ]
        indexes = [
            models.Index(fields=["facet", "label"], name="stats_by_facet"),
            # The fullest labels, and those with most to review, without reading the others.
            models.Index(fields=["facet", "-n"], condition=Q(facet__in=["images", "asking"]), name="fullest_labels"),
            models.Index(fields=["-n", "label"], condition=Q(facet="direct"), name="labels_given_most"),
        ]

    def __str__(self) -> str:
        return f"{self.label_id} {self.facet} {self.value}: {self.n}"


class Twin(models.Model):
    """Two images that look alike: `first` is the older. `bits` is the distance of their fingerprints."""

    first = models.ForeignKey(Image, models.CASCADE, related_name="younger_twins")
    second = models.ForeignKey(Image, models.CASCADE, related_name="older_twins")
    bits = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="a_pair_of_twins_is_told_once"),
            models.CheckConstraint(condition=Q(first__lt=models.F("second")), name="first_twin_is_the_older"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ~ {self.second_id} ({self.bits})"
