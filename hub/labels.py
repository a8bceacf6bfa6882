"""Find and browse labels: search, paths through the hierarchy, tiles, tree."""

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.db.models import Exists, OuterRef

from hub import sql
from hub.hierarchy import MAX_NAME, printable
from hub.models import Image, Label, LabelEdge, LabelPath, LabelStat
from hub.proposals import accept as accept
from hub.proposals import decline as decline
from hub.proposals import propose as propose

MAX_PATHS = 12
MAX_DEPTH = 32
# As many labels as a page can show as a tree: beyond, its lower levels are folded.
MAX_NODES = 2000
# Below this many names are only alike by chance: measured over the labels of Open Images (tests/hub/test_labels.py).
SIMILAR, ALIKE, SAME_LETTERS = 0.4, 0.8, 0.9
CANDIDATES = 100


@dataclass(slots=True)
class Hit:
    """A label that answers a search: one way to it from a root, and the synonym that matched if it was not its name."""

    label: Label
    path: list[Label]
    images: int
    synonym: str = ""


@dataclass(slots=True)
class Node:
    """A label in the tree. A label with two parents is one Node that stands under both.

    `folded`: it has kinds that this tree, which would be too large, does not show.
    """

    label: Label
    images: int
    children: list["Node"] = field(default_factory=list)
    folded: bool = False


@dataclass(slots=True)
class Tile:
    """A label at a glance: distinct images below it, the newest, and new ones in each of the last 8 weeks.

    `missing`: the distinct images somebody waits for; None where nobody does.
    """

    label: Label
    images: int
    cover: Image | None
    weeks: list[int]
    children: int
    missing: int | None = None


def search(text: str, limit: int = 20) -> list[Hit]:
    """Labels with a name or synonym that begins so, or has a word that does; then small misspellings."""
    asked = printable(text)[:MAX_NAME]
    if not asked:
        return []
    rows = sql.rows(
        "label_search",
        text=asked,
        pattern=re.sub(r"([\\%_])", r"\\\1", asked),
        regex=re.sub(r"([^\w\s])", r"\\\1", asked),
        limit=limit,
        candidates=CANDIDATES,
    )
    rows = _probable(asked, rows)[:limit]
    labels = Label.objects.in_bulk([row["label_id"] for row in rows])
    ways = paths_of(labels.values())
    return [_hit(labels[row["label_id"]], ways, row) for row in rows if row["label_id"] in labels]


def _hit(label: Label, ways: dict[int, list[Label]], row: dict) -> Hit:
    return Hit(label, ways[label.pk], row["images"], "" if row["matched"] == label.name else row["matched"])


def _probable(asked: str, rows: list[dict]) -> list[dict]:
    """The rows without those that only share trigrams by chance, the likeliest misspellings first."""
    sure = [row for row in rows if row["rank"] < 3]
    likeness = [(_alike(asked, row["matched"]), row) for row in rows if row["rank"] == 3]
    kept = [pair for pair in likeness if pair[0] >= ALIKE or pair[1]["similarity"] >= SIMILAR]
    return sure + [row for _, row in sorted(kept, key=lambda pair: -max(pair[0], pair[1]["similarity"]))]


def _alike(asked: str, name: str) -> float:
    """How alike two spellings are, from 0 to 1, in whole or in one word: what trigrams miss in a short word."""
    asked, name = asked.casefold(), name.casefold()
    matcher = difflib.SequenceMatcher(b=asked, autojunk=False)
    best = 0.0
    for part in {name, *name.split()}:
        if sorted(part) == sorted(asked):
            return SAME_LETTERS
        matcher.set_seq1(part)
        if matcher.real_quick_ratio() > best:
            best = max(best, matcher.ratio())
    return best


class _Above:
    """Some labels, everything above them, and the kind-of edges between: two queries."""

    def __init__(self, labels: Iterable[Label]) -> None:
        below = [label.pk for label in labels]
        above = LabelPath.objects.filter(descendant__in=below).values("ancestor")
        self.labels = Label.objects.in_bulk(list(above.distinct().values_list("ancestor", flat=True)))
        self.parents: dict[int, list[Label]] = {}
        edges = LabelEdge.objects.filter(child__in=list(self.labels), kind="kind").order_by("parent__name", "parent")
        for child, parent in edges.values_list("child_id", "parent_id"):
            if parent in self.labels:
                self.parents.setdefault(child, []).append(self.labels[parent])

    def ways(self, label: Label, depth: int = MAX_DEPTH) -> Iterator[list[Label]]:
        """Every path from a root to the label, one at a time."""
        parents = self.parents.get(label.pk, []) if depth else []
        if not parents:
            yield [label]
        for parent in parents:
            for way in self.ways(parent, depth - 1):
                yield [*way, label]


def paths(label: Label) -> list[list[Label]]:
    """All ways from a root to the label, itself at the end; the shortest first, at most 12."""
    return sorted(islice(_Above([label]).ways(label), MAX_PATHS), key=len)


def paths_of(labels: Iterable[Label]) -> dict[int, list[Label]]:
    """For each label, by its id, the shortest way from a root to it."""
    labels = list(labels)
    above = _Above(labels)
    return {label.pk: min(islice(above.ways(label), MAX_PATHS), key=len) for label in labels}


def tree(root: Label | None = None, most: int = MAX_NODES) -> list[Node]:
    """What stands directly below `root` (or the roots themselves), and below that level by level.

    Levels with which it would hold more than `most` labels are folded, the first one aside. Few queries a level.
    """
    kinds = LabelEdge.objects.filter(kind="kind")
    if root:
        first = list(Label.objects.filter(up__in=kinds.filter(parent=root)).distinct().order_by("name", "pk"))
    else:
        above = kinds.filter(child=OuterRef("pk"))
        first = list(Label.objects.filter(~Exists(above)).order_by("name", "pk"))
    level = nodes = {label.pk: Node(label, 0) for label in first}
    while level:
        edges = list(kinds.filter(parent__in=level).order_by("child__name", "child").values_list("parent", "child"))
        new = {child for _, child in edges} - set(nodes)
        if len(nodes) + len(new) > most:
            for parent, _ in edges:
                level[parent].folded = True
            break
        level = {pk: Node(label, 0) for pk, label in Label.objects.in_bulk(new).items()}
        nodes = nodes | level
        for parent, child in edges:
            nodes[parent].children.append(nodes[child])
    counted = dict(LabelStat.objects.filter(facet="images", label__in=list(nodes)).values_list("label", "n"))
    for pk, node in nodes.items():
        node.images = counted.get(pk, 0)
    return [nodes[label.pk] for label in first]


def tiles(under: Label | None = None, after: str = "", limit: int = 48) -> tuple[list[Tile], str]:
    """A page of tiles (all labels, or the kinds of one), most images first, and the cursor of the next page or ""."""
    images, pk = _cursor(after)
    rows = sql.rows("label_tiles", under=under and under.pk, images=images, after=pk, limit=limit + 1)
    page = rows[:limit]
    labels = Label.objects.in_bulk([row["id"] for row in page])
    covers = Image.objects.in_bulk([row["cover"] for row in page if row["cover"]])
    found = [
        Tile(labels[row["id"]], row["images"], covers.get(row["cover"]), row["weeks"], row["children"], row["missing"])
        for row in page
        if row["id"] in labels
    ]
    return found, f"{page[-1]['images']}.{page[-1]['id']}" if len(rows) > limit else ""


def _cursor(text: str) -> tuple[int | None, int | None]:
    """Images and id of the last label seen; nothing for a cursor that is none of ours."""
    match = re.fullmatch(r"(\d{1,18})\.(\d{1,18})", text, re.ASCII)
    return (int(match[1]), int(match[2])) if match else (None, None)


def named(text: str) -> Label | None:
    """The label of this slug, or of this name in whatever case."""
    return Label.objects.filter(slug=text).first() or Label.objects.filter(name__iexact=text).order_by("id").first()


def parts(label: Label) -> list[Label]:
    """Its parts, by name; they do not count upwards (docs/decisions/0001)."""
    return list(Label.objects.filter(up__parent=label, up__kind="part").order_by("name"))


def siblings(label: Label) -> list[Label]:
    """The other kinds of its parents, by name."""
    parents = LabelEdge.objects.filter(child=label, kind="kind").values("parent")
    beside = LabelEdge.objects.filter(parent__in=parents, kind="kind").values("child")
    return list(Label.objects.filter(pk__in=beside).exclude(pk=label.pk).order_by("name"))
