from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse


class Label(models.Model):
    """A class people recognise. Labels form a DAG through `LabelEdge`."""

    slug = models.SlugField(max_length=120, unique=True)
    name = models.CharField(max_length=100)
    mid = models.CharField("Open Images id", max_length=30, null=True, blank=True, unique=True)
    description = models.CharField(max_length=300, blank=True)
    parents: "models.ManyToManyField[Label, LabelEdge]" = models.ManyToManyField(
        "self",
        through="LabelEdge",
        symmetrical=False,
        related_name="children",
        through_fields=("child", "parent"),
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("label", args=[self.slug])


class LabelEdge(models.Model):
    """One step up: `child` is a kind of `parent`, or a part of it. Only kinds are counted upwards."""

    class Kind(models.TextChoices):
        KIND_OF = "kind", "is a kind of"
        PART_OF = "part", "is a part of"

    child = models.ForeignKey(Label, models.CASCADE, related_name="up")
    parent = models.ForeignKey(Label, models.CASCADE, related_name="down")
    kind = models.CharField(max_length=4, choices=Kind, default=Kind.KIND_OF)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["child", "parent", "kind"], name="one_edge_of_a_kind_between_two_labels"),
            models.CheckConstraint(condition=~models.Q(child=models.F("parent")), name="no_label_is_its_own_parent"),
            models.CheckConstraint(condition=models.Q(kind__in=["kind", "part"]), name="edge_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.child} {self.get_kind_display()} {self.parent}"


class LabelPath(models.Model):
    """The closure of kind-of edges, itself included at depth 0. Kept by triggers, never by Python."""

    pk = models.CompositePrimaryKey("descendant_id", "ancestor_id")
    ancestor = models.ForeignKey(Label, models.CASCADE, related_name="below")
    descendant = models.ForeignKey(Label, models.CASCADE, related_name="above")
    depth = models.SmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["ancestor", "descendant"], name="path_by_ancestor")]

    def __str__(self) -> str:
        return f"{self.ancestor_id} > {self.descendant_id}"


class LabelName(models.Model):
    """A name or synonym a label is found by."""

    label = models.ForeignKey(Label, models.CASCADE, related_name="names")
    text = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["label", "text"], name="a_label_has_a_name_once")]

    def __str__(self) -> str:
        return self.text


class LabelProposal(models.Model):
    """A label somebody misses; a moderator accepts or declines it."""

    class State(models.TextChoices):
        OPEN = "open", "Waiting for a moderator"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"

    name = models.CharField(max_length=100)
    parent = models.ForeignKey(Label, models.PROTECT, null=True, blank=True, related_name="proposals")
    why = models.CharField(max_length=300, blank=True)
    proposer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="label_proposals")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    label = models.ForeignKey(Label, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                condition=models.Q(state="open"),
                name="a_name_is_proposed_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="accepted") | models.Q(label__isnull=False),
                name="accepted_proposal_has_its_label",
            ),
        ]

    def __str__(self) -> str:
        return self.name
