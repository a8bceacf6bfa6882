"""What a version, or a choice of labels, still needs before a model can be trained on it."""

import itertools

import pytest

from hub import readiness
from hub.models import Backbone, Image
from hub.selections import read
from tests import shelves
from tests.stock import alike, also, stock

NUMBERS = itertools.count()
pytestmark = pytest.mark.django_db


def codes(troubles):
    return [trouble.code for trouble in troubles]


def of(*counts, **selection):
    """The readiness of labels with so many images each."""
    labels = [shelves.label(f"Label {number}", count) for number, count in zip(NUMBERS, counts, strict=False)]
    return readiness.of_selection(read({"labels": [label.pk for label in labels], **selection}))


def test_thirty_pictures_of_each_of_two_labels_are_enough():
    found = of(30, 30)
    assert found.ready
    assert (found.images, found.test_groups) == (60, 6)


def test_a_class_with_fewer_than_twenty_distinct_pictures_is_named_with_what_it_lacks():
    found = of(30, 12)
    assert codes(found.obstacles) == ["too_few_to_train"]
    [short] = found.short
    assert (short.groups, short.missing) == (12, 8)
    assert found.obstacles[0].detail == {"label": short.label.name, "groups": 12, "needed": 20, "missing": 8}


def test_near_duplicates_count_once():
    ball = shelves.label("Ball", 30)
    alike(*Image.objects.filter(image_labels__label=ball).order_by("id")[:15])
    found = readiness.of_selection(read({"labels": [ball.pk, shelves.label("Cube", 30).pk]}))
    assert found.obstacles[0].detail["groups"] == 16


def test_an_empty_class_is_said_once():
    assert codes(of(30, 0).obstacles) == ["too_few_to_train"]


def test_too_little_is_held_out_for_the_test():
    assert codes(of(22, 22).obstacles) == ["too_few_test_groups"]


def test_fewer_than_fifty_distinct_pictures_are_worth_a_warning():
    assert codes(of(60, 30).warnings) == ["few_to_train"]


def test_ten_times_is_worth_a_warning_and_a_hundred_times_is_refused(monkeypatch):
    monkeypatch.setattr(readiness, "REFUSE_BALANCE", 12)
    found = of(20, 220)
    assert (codes(found.obstacles), codes(found.warnings)) == ([], ["few_to_train", "unbalanced"])
    assert codes(of(20, 260).obstacles) == ["too_unbalanced"]


def test_a_frozen_version_is_counted_as_it_is_now():
    shelves.label("Ball", 30), shelves.label("Cube", 30)
    version = shelves.frozen()
    before = readiness.of_version(version)
    Image.objects.filter(memberships__version=version, memberships__split="test").update(withdrawn_at="2026-01-01T00Z")
    after = readiness.of_version(version)
    assert (before.ready, before.test_groups) == (True, 6)
    assert codes(after.obstacles) == ["empty_part"]


def test_photos_with_two_labels_cannot_be_learnt_from():
    ball, cube = shelves.label("Ball", 30), shelves.label("Cube", 30)
    also(cube, *stock(ball, 3))
    version = shelves.frozen(selection={"overlap": "multi"})
    found = readiness.of_version(version)
    assert codes(found.obstacles) == ["several_labels"]
    assert found.obstacles[0].detail == {"n": 3}


@pytest.mark.parametrize("method", ["probe", "transfer", "finetune", "full"])
def test_more_pictures_take_longer_and_known_features_less(method):
    vgg16 = Backbone(name="vgg16", side=224)
    few, many = (readiness.estimate(vgg16, method, images, 20) for images in (100, 1000))
    assert few < many
    assert readiness.estimate(vgg16, method, 1000, 20, known=1000) < many


def test_a_worker_that_was_slower_is_believed():
    slow, fast = (Backbone(name="vgg16", side=224, seconds_per_view=seconds) for seconds in (1.0, 0.1))
    assert readiness.estimate(slow, "probe", 1000, 20) > 5 * readiness.estimate(fast, "probe", 1000, 20)


def test_two_labels_is_the_least():
    assert "one_class" in codes(of(30).obstacles)
