from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from hub.models.dataset import DatasetVersion
from hub.models.image import Image

LIVE = ["queued", "running"]


class Backbone(models.Model):
    """A network that can be asked for, as the training workers last found it."""

    name = models.CharField(max_length=20, primary_key=True)
    title = models.CharField(max_length=40)
    # Square pictures of so many pixels a side.
    side = models.SmallIntegerField()
    # Pretrained weights are at hand; otherwise `reason` says in a code why not. From scratch needs none.
    available = models.BooleanField(default=False)
    reason = models.CharField(max_length=40, blank=True)
    weights_sha256 = models.CharField(max_length=64, blank=True)
    # Published by Keras, and not the operator's own.
    published = models.BooleanField(default=True)
    gpus = models.SmallIntegerField(default=0)
    # How long the last training took for the features of one picture.
    seconds_per_view = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(available=True) | ~Q(reason=""), name="backbone_that_is_missing_has_a_reason"
            )
        ]

    def __str__(self) -> str:
        return self.title


class TrainedModel(models.Model):
    """A finished model. `recipe` digests all that decides it, so that the same is never trained twice."""

    recipe = models.CharField(max_length=64, unique=True)
    # Of the manifest it was trained on: whoever may see a version with it may see the model.
    digest = models.CharField(max_length=64)
    backbone = models.CharField(max_length=20)
    method = models.CharField(max_length=10)
    hyperparameters = models.JSONField()
    # The names of its classes, in the order of its answers, and the ids of their labels.
    labels = ArrayField(models.CharField(max_length=100))
    label_ids = ArrayField(models.BigIntegerField())
    metrics = models.JSONField()
    accuracy = models.FloatField()
    images = models.IntegerField()
    seconds = models.FloatField()
    created_at = models.DateTimeField(db_default=Now())
    downloads = models.IntegerField(default=0)
    acquirers = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Acquisition", related_name="acquired_models")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(accuracy__gte=0, accuracy__lte=1), name="accuracy_is_a_share"),
            models.CheckConstraint(condition=Q(labels__len__gte=2), name="model_has_two_classes"),
        ]
        indexes = [models.Index(fields=["digest"], name="models_of_a_digest")]

    def __str__(self) -> str:
        return f"{self.backbone} on {', '.join(self.labels[:3])}{' …' if len(self.labels) > 3 else ''}"

    def get_absolute_url(self) -> str:
        return reverse("model", args=[self.pk])


class Acquisition(models.Model):
    """An account has a model: it asked for it, or fetched a file of it."""

    model = models.ForeignKey(TrainedModel, models.CASCADE, related_name="acquisitions")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="acquisitions")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "account"], name="a_model_is_acquired_once")]

    def __str__(self) -> str:
        return f"{self.account} has {self.model}"


class ModelFile(models.Model):
    """A file of a model, by name. `gap` is the largest difference of its answers on the golden pictures."""

    model = models.ForeignKey(TrainedModel, models.CASCADE, related_name="files")
    name = models.CharField(max_length=60)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    gap = models.FloatField(null=True)
    downloads = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "name"], name="a_model_names_its_files"),
            models.CheckConstraint(condition=Q(size__gt=0), name="model_file_is_not_empty"),
        ]
        indexes = [models.Index(fields=["sha256"], name="model_files_of_a_digest")]

    def __str__(self) -> str:
        return f"{self.name} of {self.model_id}"


class Prediction(models.Model):
    """What a model answered for one picture of its test set; classes by their place in the model's labels."""

    pk = models.CompositePrimaryKey("model_id", "image_id")
    model = models.ForeignKey(TrainedModel, models.CASCADE, related_name="predictions", db_index=False)
    image = models.ForeignKey(Image, models.CASCADE, related_name="predictions")
    truth = models.SmallIntegerField()
    guess = models.SmallIntegerField()
    # Calibrated probability of the guess, and of the truth.
    confidence = models.FloatField()
    truth_confidence = models.FloatField()
    # Where the model looked: a small PNG to lay over the picture; empty where none was made.
    heat = models.BinaryField(default=b"")
    # It is one of the pictures given away with the model, to check its files by.
    golden = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["model", "truth", "guess", "-confidence"], name="predictions_of_a_cell")]

    def __str__(self) -> str:
        return f"{self.image_id}: {self.guess} for {self.truth}"


class TrainingRequest(models.Model):
    """A premium user's wish for a model, and how far it has come."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting for a worker"
        RUNNING = "running", "Training"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    class Method(models.TextChoices):
        PROBE = "probe", "Linear probe"
        TRANSFER = "transfer", "Transfer"
        FINETUNE = "finetune", "Fine-tune the last block"
        FULL = "full", "Fine-tune every layer"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="training_requests")
    version = models.ForeignKey(DatasetVersion, models.CASCADE, related_name="training_requests")
    backbone = models.CharField(max_length=20)
    method = models.CharField(max_length=10, choices=Method)
    hyperparameters = models.JSONField()
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    # When failed, a code of hub.reasons and its numbers.
    reason = models.CharField(max_length=40, blank=True)
    detail = models.JSONField(default=dict)
    phase = models.CharField(max_length=10, blank=True)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    # The linear probe's first figures, while the rest goes on.
    early = models.JSONField(default=dict)
    # Somebody asked to stop it; the worker obeys within a batch.
    cancelling = models.BooleanField(default=False)
    # From where a broken-off training goes on: the digest of an object of `features`, and the epoch it holds.
    checkpoint = models.CharField(max_length=64, blank=True)
    resumed_at = models.IntegerField(null=True)
    model = models.ForeignKey(TrainedModel, models.SET_NULL, null=True, related_name="requests")
    mail = models.BooleanField(default=True)
    estimate = models.IntegerField(default=0)  # seconds
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    phase_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner"], condition=Q(state__in=LIVE), name="one_training_at_a_time_per_account"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[*LIVE, "ready", "failed", "cancelled"]), name="training_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(method__in=["probe", "transfer", "finetune", "full"]), name="method_is_known"
            ),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(reason=""), name="failed_training_has_a_reason"),
            models.CheckConstraint(
                condition=Q(state__in=LIVE) | Q(finished_at__isnull=False), name="ended_training_has_its_time"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-id"], name="trainings_of_an_account"),
            models.Index(fields=["checkpoint"], condition=~Q(checkpoint=""), name="trainings_of_a_checkpoint"),
            models.Index(fields=["id"], condition=Q(state__in=LIVE), name="live_trainings"),
        ]

    def __str__(self) -> str:
        return f"{self.backbone} on {self.version}"

    def get_absolute_url(self) -> str:
        return reverse("training", args=[self.pk])


class TrainingEpoch(models.Model):
    """One pass over the training pictures, as it ended. Losses in nats, accuracies as shares."""

    pk = models.CompositePrimaryKey("request_id", "number")
    request = models.ForeignKey(TrainingRequest, models.CASCADE, related_name="epochs", db_index=False)
    number = models.IntegerField()
    phase = models.CharField(max_length=10)
    loss = models.FloatField()
    accuracy = models.FloatField()
    val_loss = models.FloatField(null=True)
    val_accuracy = models.FloatField(null=True)
    seconds = models.FloatField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(number__gte=1), name="epochs_count_from_one")]

    def __str__(self) -> str:
        return f"epoch {self.number} of {self.request_id}"


class Feature(models.Model):
    """The deep features of one view of an image, kept in `features` by `key`: a digest of all that decides them."""

    key = models.CharField(max_length=64, primary_key=True)
    image = models.ForeignKey(Image, models.CASCADE, related_name="features")
    backbone = models.CharField(max_length=20)
    size = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    used_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["used_at"], name="features_by_use")]

    def __str__(self) -> str:
        return f"{self.backbone} of {self.image_id}"
