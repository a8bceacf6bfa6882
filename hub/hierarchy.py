"""Put a hierarchy of labels, read by hub.label_files, into the database; the slug every label gets."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from hub import counts, sql
from hub.models import Image, Label, LabelEdge, LabelName

MAX_NAME = Label._meta.get_field("name").max_length or 100


class Unusable(Exception):  # noqa: N818  reads as what happened
    """A hierarchy that cannot be loaded, and why, in words."""


@dataclass(slots=True)
class Wanted:
    """A label as a file describes it. Labels of the file know each other by `key`."""

    key: str
    name: str
    mid: str | None = None
    kind_of: list[str] = field(default_factory=list)
    part_of: list[str] = field(default_factory=list)
    synonyms: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many labels were new, had something added, and were there already."""

    created: int
    updated: int
    unchanged: int


def lock() -> None:
    """Wait for the hierarchy's lock, kept to the end of the transaction: names and slugs have one writer at a time."""
    sql.call("pg_advisory_xact_lock", 7_236_002)


def same(name: str) -> str:
    """What two spellings of one name have in common."""
    return " ".join(name.split()).casefold()


def printable(text: str) -> str:
    """The text in one line, composed, without control characters."""
    kept = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", text[:1000]))
    return " ".join(kept.split())


def free_slug(name: str, taken: set[str]) -> str:
    """An address for a new label, from its name; added to `taken`."""
    base = slugify(name)[:100] or "label"
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    taken.add(slug)
    return slug


def load(wanted: list[Wanted]) -> Loaded:
    """Add what is missing, in one transaction; nothing that is there is renamed or removed.

    A label is the one with its Open Images id, else the one of its name. Raises Unusable.
    """
    with transaction.atomic():
        lock()
        counts.lock()  # no image may come in between old ancestors and new ones
        known = _Known()
        found = {node.key: known.find(node) for node in wanted}
        new = {key for key, label in found.items() if label is None}
        labels = known.create(wanted, found)
        named = _add_names(wanted, labels)
        linked = _add_edges(wanted, labels, known)
        changed = {labels[key].pk for key in labels} & (known.filled | named | linked)
        changed -= {labels[key].pk for key in new}
        if linked and Image.objects.exists():
            counts.recount()
    return Loaded(len(new), len(changed), len(wanted) - len(new) - len(changed))


class _Known:
    """The labels that are there already."""

    def __init__(self) -> None:
        labels = list(Label.objects.order_by("-pk"))
        self.by_mid = {label.mid: label for label in labels if label.mid}
        self.by_name = {same(label.name): label for label in labels}  # the oldest of a name wins
        self.slugs = {label.slug for label in labels}
        self.filled: set[int] = set()

    def find(self, node: Wanted) -> Label | None:
        if node.mid in self.by_mid:
            return self.by_mid[node.mid]
        label = self.by_name.get(same(node.name))
        if label and node.mid and label.mid:
            raise Unusable(f"“{node.name}” is here already, with the Open Images id {label.mid} and not {node.mid}.")
        return label

    def create(self, wanted: list[Wanted], found: dict[str, Label | None]) -> dict[str, Label]:
        """Every wanted label by its key: made where missing, with its id from Open Images filled in."""
        labels, missing, filled = {}, [], []
        for node in wanted:
            label = found[node.key]
            if label is None:
                label = Label(name=node.name, mid=node.mid, slug=free_slug(node.name, self.slugs))
                missing.append(label)
            elif node.mid and not label.mid:
                label.mid = node.mid
                filled.append(label)
            labels[node.key] = label
        Label.objects.bulk_create(missing)
        Label.objects.bulk_update(filled, ["mid"])
        self.filled = {label.pk for label in filled}
        return labels

    def parent(self, key: str, labels: dict[str, Label], child: Wanted) -> Label:
        parent = labels.get(key) or self.by_name.get(same(key))
        if parent is None:
            raise Unusable(f"“{child.name}” stands below “{key}”, which is neither in the file nor here.")
        return parent


def _add_names(wanted: list[Wanted], labels: dict[str, Label]) -> set[int]:
    """Record what labels are found by; the ids of those that got a new name."""
    there: dict[int, set[str]] = {}
    for pk, text in LabelName.objects.values_list("label_id", "text"):
        there.setdefault(pk, set()).add(same(text))
    new = []
    for node in wanted:
        label = labels[node.key]
        for text in (label.name, node.name, *node.synonyms):
            if same(text) not in (names := there.setdefault(label.pk, set())):
                names.add(same(text))
                new.append(LabelName(label=label, text=text))
    LabelName.objects.bulk_create(new)
    return {name.label_id for name in new}


def _add_edges(wanted: list[Wanted], labels: dict[str, Label], known: _Known) -> set[int]:
    """Link children to their parents; the ids of the children that got a new edge."""
    there = set(LabelEdge.objects.values_list("child_id", "parent_id", "kind"))
    asked = (
        (labels[node.key], known.parent(key, labels, node), kind)
        for node in wanted
        for kind, keys in (("kind", node.kind_of), ("part", node.part_of))
        for key in keys
    )
    edges = {
        (child.pk, parent.pk, kind): LabelEdge(child=child, parent=parent, kind=kind) for child, parent, kind in asked
    }
    return _insert(edge for key, edge in edges.items() if key not in there)


def _insert(edges: Iterable[LabelEdge]) -> set[int]:
    edges = list(edges)
    try:
        with transaction.atomic():
            LabelEdge.objects.bulk_create(edges)
    except IntegrityError as error:
        raise Unusable(_cycle(edges, str(error))) from error
    return {edge.child_id for edge in edges}


def _cycle(edges: list[LabelEdge], error: str) -> str:
    """Which edge the database refused, in words."""
    refused = re.search(r"label (\d+) cannot stand below its own descendant (\d+)", error)
    for edge in edges:
        if refused and (edge.child_id, edge.parent_id) == (int(refused[1]), int(refused[2])):
            return f"“{edge.child}” cannot stand below “{edge.parent}”: that already stands below “{edge.child}”."
    return f"The database refused the hierarchy: {error}"
