from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from hub.models.image import Image


class Dataset(models.Model):
    """A named choice of labels and filters; what it gives at a time is frozen into its versions."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="datasets")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=1000, blank=True)
    public = models.BooleanField(default=False)
    # As hub.selections writes it; checked again each time it is used.
    selection = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="dataset_has_a_name")]
        indexes = [
            models.Index(fields=["owner", "-id"], name="datasets_of_an_owner"),
            models.Index(fields=["-id"], condition=Q(public=True), name="public_datasets"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("dataset", args=[self.pk])


class DatasetVersion(models.Model):
    """A Dataset frozen: its members, and the canonical manifest whose SHA-256 (`digest`) is the version's id."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting for a worker"
        READY = "ready", "Frozen"
        FAILED = "failed", "Not frozen"

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="versions")
    number = models.IntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.JSONField(default=dict)
    selection = models.JSONField()
    digest = models.CharField(max_length=64, blank=True)
    # The first line of the manifest: labels, selection, split report, quality report.
    header = models.JSONField(default=dict)
    images = models.IntegerField(default=0)
    groups = models.IntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    frozen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "number"], name="a_dataset_numbers_its_versions"),
            models.UniqueConstraint(
                fields=["dataset", "digest"], condition=~Q(digest=""), name="a_dataset_freezes_the_same_once"
            ),
            models.UniqueConstraint(
                fields=["dataset"], condition=Q(state="queued"), name="a_dataset_freezes_one_version_at_a_time"
            ),
            models.CheckConstraint(condition=Q(state__in=["queued", "ready", "failed"]), name="version_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state="ready") | (~Q(digest="") & Q(images__gt=0, frozen_at__isnull=False)),
                name="frozen_version_has_an_id_and_images",
            ),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(reason=""), name="failed_version_has_a_reason"),
        ]
        indexes = [models.Index(fields=["digest"], condition=~Q(digest=""), name="versions_of_a_digest")]

    def __str__(self) -> str:
        return f"{self.dataset} {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("version", args=[self.dataset_id, self.number])


class DatasetMember(models.Model):
    """An image of a version: its chosen labels in order, and its split. Stays when the image is withdrawn."""

    class Split(models.TextChoices):
        TRAIN = "train", "Train"
        VALIDATION = "validation", "Validation"
        TEST = "test", "Test"

    pk = models.CompositePrimaryKey("version_id", "image_id")
    version = models.ForeignKey(DatasetVersion, models.CASCADE, related_name="members", db_index=False)
    image = models.ForeignKey(Image, models.PROTECT, related_name="memberships")
    labels = ArrayField(models.BigIntegerField())
    split = models.CharField(max_length=10, choices=Split)
    # 1 to k, where k folds were asked for.
    fold = models.SmallIntegerField(null=True)
    verified = models.BooleanField()
    # What was not torn apart: the group of its image then; below zero where it was joined by batch, supplier or place.
    group_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(split__in=["train", "validation", "test"]), name="split_is_known"),
            models.CheckConstraint(condition=Q(labels__len__gt=0), name="member_has_a_label"),
        ]

    def __str__(self) -> str:
        return f"{self.image_id} in {self.version_id}"


class Contribution(models.Model):
    """How many images of a frozen version a supplier gave: written when it is frozen, for credit."""

    pk = models.CompositePrimaryKey("supplier_id", "version_id")
    supplier = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="contributions", db_index=False)
    version = models.ForeignKey(DatasetVersion, models.CASCADE, related_name="contributions")
    images = models.IntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(images__gt=0), name="a_contribution_has_images")]

    def __str__(self) -> str:
        return f"{self.supplier_id} gave {self.images} of {self.version_id}"


class Download(models.Model):
    """An account has the pictures of a manifest: it is told once of each that is withdrawn later."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="downloads")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    # Withdrawals up to then it knows of, or had left out.
    told_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "digest"], name="a_download_is_kept_once")]
        indexes = [models.Index(fields=["digest"], name="downloads_of_a_digest")]

    def __str__(self) -> str:
        return f"{self.account} has {self.digest[:12]}"


class Archive(models.Model):
    """A manifest packed in one format and size. `recipe` digests all that decides its bytes, and names its object."""

    class Format(models.TextChoices):
        IMAGEFOLDER = "imagefolder", "Folders of images"
        COCO = "coco", "COCO"
        WEBDATASET = "webdataset", "WebDataset"
        PARQUET = "parquet", "Parquet"

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting for a worker"
        PACKING = "packing", "Packing"
        READY = "ready", "Ready"
        FAILED = "failed", "Our fault"
        STALE = "stale", "A photo was withdrawn since"

    recipe = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64)
    format = models.CharField(max_length=12, choices=Format)
    # The side of the renditions; 0 for the originals without their metadata.
    side = models.SmallIntegerField()
    # How many images of the version had been withdrawn, and which (the SHA-256 of their ids; "" for none).
    tombstones = models.IntegerField(default=0)
    without = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=40, blank=True)
    size = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    done = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    downloads = models.IntegerField(default=0)
    # The accounts that are told once it is packed.
    waiting = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(format__in=["imagefolder", "coco", "webdataset", "parquet"]), name="format_is_known"
            ),
            models.CheckConstraint(condition=Q(side__in=[0, 224, 299, 1024]), name="archive_side_is_known"),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "packing", "ready", "failed", "stale"]), name="archive_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | (~Q(sha256="") & Q(size__gt=0)), name="ready_archive_has_its_sum"
            ),
        ]
        indexes = [models.Index(fields=["digest", "format", "side"], name="archives_of_a_digest")]

    def __str__(self) -> str:
        return f"{self.digest[:12]} {self.format} {self.side or 'original'}"

    @property
    def percent(self) -> int:
        """How much of it is packed."""
        return min(100, 100 * self.done // self.size) if self.size else 0
