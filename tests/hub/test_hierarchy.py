"""The closure of the label hierarchy and its freedom from cycles are the database's own work."""

import random

import pytest
from django.db import IntegrityError, connection, transaction

from hub import audit
from hub.models import Label, LabelEdge, LabelPath
from tests import factories
from tests.parts import committed, in_threads

pytestmark = pytest.mark.django_db


def link(child: Label, parent: Label, kind: str = "kind") -> LabelEdge:
    return LabelEdge.objects.create(child=child, parent=parent, kind=kind)


def closure() -> dict[tuple[int, int], int]:
    return {(a, d): depth for a, d, depth in LabelPath.objects.values_list("ancestor", "descendant", "depth")}


def closure_in_python() -> dict[tuple[int, int], int]:
    """What the closure should be, step by step from every label."""
    parents: dict[int, set[int]] = {pk: set() for pk in Label.objects.values_list("pk", flat=True)}
    for child, parent in LabelEdge.objects.filter(kind="kind").values_list("child", "parent"):
        parents[child].add(parent)
    found = {}
    for label in parents:
        depth, here = 0, {label}
        while here:
            for above in here:
                found.setdefault((above, label), depth)
            here = {parent for above in here for parent in parents[above]}
            depth += 1
    return found


def refused(child: Label, parent: Label, kind: str = "kind") -> bool:
    try:
        with transaction.atomic():
            link(child, parent, kind)
    except IntegrityError as error:
        return "cannot stand below its own descendant" in str(error) or "no_label_is_its_own_parent" in str(error)
    return False


def test_a_label_stands_at_no_depth_under_itself():
    label = factories.label()
    assert closure() == {(label.pk, label.pk): 0}


def test_no_edge_closes_a_cycle():
    a = factories.label("A")
    b = factories.label("B", a)
    c = factories.label("C", b)
    assert refused(a, c)
    assert refused(a, b)
    assert refused(a, a)
    assert not refused(c, a)


def test_parts_and_kinds_together_close_no_cycle():
    wheel = factories.label("Wheel")
    car = factories.label("Car")
    link(wheel, car, "part")
    assert refused(car, wheel)
    assert refused(car, wheel, "part")


def test_an_edge_cannot_be_turned_into_a_cycle():
    a = factories.label("A")
    factories.label("C", factories.label("B", a))
    turned = LabelEdge.objects.filter(parent=a)
    with pytest.raises(IntegrityError), transaction.atomic():
        turned.update(parent=Label.objects.get(name="C"))


def test_a_part_is_not_counted_upwards():
    wheel, car = factories.label("Wheel"), factories.label("Car")
    link(wheel, car, "part")
    assert (car.pk, wheel.pk) not in closure()


@committed
def test_two_edges_at_once_close_no_cycle():
    made = [factories.label(f"Label {n}") for n in range(6)]
    ways = in_threads(6, lambda n: refused(made[n], made[(n + 1) % 6]))
    assert ways.count(True) == 1
    assert closure() == closure_in_python()


@pytest.mark.parametrize("seed", range(5))
def test_the_closure_is_complete_after_any_edges_come_and_go(seed):
    chance = random.Random(seed)
    made = [factories.label(f"Label {n}") for n in range(9)]
    for _ in range(40):
        edges = list(LabelEdge.objects.all())
        if edges and chance.random() < 0.3:
            chance.choice(edges).delete()
        else:
            child, parent = chance.sample(made, 2)
            if not LabelEdge.objects.filter(child=child, parent=parent).exists():
                refused(child, parent, chance.choice(["kind", "kind", "part"]))
        assert closure() == closure_in_python()
    assert [finding for finding in audit.run() if finding.count] == []


def test_a_label_that_goes_leaves_a_whole_closure():
    a = factories.label("A")
    b = factories.label("B", a)
    factories.label("C", b, a)
    b.delete()
    assert closure() == closure_in_python()


def test_the_database_itself_says_what_the_closure_should_be():
    a = factories.label("A")
    factories.label("C", factories.label("B", a), a)
    with connection.cursor() as cursor:
        cursor.execute("SELECT ancestor_id, descendant_id, depth FROM hub_true_labelpath")
        assert {(row[0], row[1]): row[2] for row in cursor.fetchall()} == closure_in_python()
