"""Near-duplicates form groups as they come in, and fall apart when what held them together goes."""

import itertools

import pytest

from hub import catalogue, counts, sql
from hub.models import Image, Job, Submission, Twin
from tests import factories, images
from tests.parts import broken, empty_storage, only
from tests.stock import alike, stock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    empty_storage(settings, tmp_path)


def groups(*members: Image) -> list[int]:
    """The group of each image, as its place among the members."""
    ids = [image.pk for image in members]
    found = dict(Image.objects.filter(pk__in=ids).values_list("pk", "group"))
    return [ids.index(found[pk]) for pk in ids]


def selectable(*members: Image) -> list[int]:
    """The same, as selections see it."""
    ids = [image.pk for image in members]
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT image_id, group_id FROM hub_selectable WHERE image_id = ANY (%s)", [ids])
        found = dict(cursor.fetchall())
    return [ids.index(found[pk]) for pk in ids if pk in found]


def test_an_image_starts_as_a_group_of_its_own():
    valves = stock(factories.label("Valve"), 3)
    assert groups(*valves) == [0, 1, 2]


def test_copies_that_their_supplier_insists_on_join_the_group_of_the_first(settings):
    settings.DUPLICATE_BITS = -1
    batch = factories.batch()
    given = [
        factories.given(data, batch)
        for data in (images.photo(1), images.reencoded(1), images.mirrored(1), images.photo(2))
    ]
    Submission.objects.update(distinct=True)
    factories.work_off()
    admitted = [Image.objects.get(submission=row) for row in given]
    assert groups(*admitted) == selectable(*admitted) == [0, 0, 0, 3]
    assert broken() == {}


def test_until_it_is_compared_an_image_can_not_be_selected():
    submission = factories.given(images.photo(1))
    from workers import ingest

    ingest.ingest(Job.objects.get(kind="ingest", subject=submission.pk).pk)
    image = Image.objects.get(submission=submission)
    assert (image.compared_at, selectable(image)) == (None, [])
    factories.work_off()
    image.refresh_from_db()
    assert image.compared_at is not None
    assert selectable(image) == [0]


def test_a_plain_picture_looks_like_nothing_and_can_be_selected_at_once():
    image = factories.checked(images.plain(size=(400, 300))).image
    assert image.compared_at is not None
    assert selectable(image) == [0]


def test_two_groups_become_one_when_a_new_image_looks_like_both():
    a, b, c, d, e = stock(factories.label("Valve"), 5)
    alike(a, b)
    alike(c, d)
    assert groups(a, b, c, d, e) == [0, 0, 2, 2, 4]
    alike(b, e)
    alike(d, e)
    assert groups(a, b, c, d, e) == selectable(a, b, c, d, e) == [0, 0, 0, 0, 0]


def test_a_chain_falls_apart_when_its_link_is_withdrawn():
    a, b, c, d = stock(factories.label("Valve"), 4)
    alike(a, b, c, d)
    catalogue.withdraw(b)
    assert groups(a, c, d) == selectable(a, c, d) == [0, 1, 1]
    assert broken() == {}


def test_a_group_that_loses_its_oldest_member_is_named_anew():
    a, b, c = stock(factories.label("Valve"), 3)
    for pair in itertools.combinations((a, b, c), 2):
        alike(*pair)
    catalogue.withdraw(a)
    assert groups(b, c) == selectable(b, c) == [0, 0]


def test_a_long_chain_is_one_group_whatever_the_order_it_came_in():
    members = stock(factories.label("Valve"), 40)
    for start in (1, 0):
        for pair in list(itertools.pairwise(members))[start::2]:
            alike(*pair)
    assert groups(*members) == [0] * 40
    sql.call("hub_regroup", [members[0].pk])
    assert groups(*members) == [0] * 40


def test_more_copies_than_are_compared_closely_still_make_one_group(settings):
    """Near ones are all recorded, however many there are."""
    settings.DUPLICATE_BITS = -1
    batch = factories.batch()
    for quality in range(40, 68):
        factories.given(images.reencoded(1, quality=quality), batch)
    Submission.objects.update(distinct=True)
    factories.work_off()
    assert Image.objects.count() == 28
    assert Image.objects.values("group").distinct().count() == 1
    assert Twin.objects.count() == 28 * 27 // 2


def test_the_audit_finds_look_alikes_in_two_groups():
    a, b = stock(factories.label("Valve"), 2)
    alike(a, b)
    with counts.recounting([a.pk, b.pk]):
        Image.objects.filter(pk=b.pk).update(group=b.pk)
    assert only("look-alikes share a group, named by its oldest") == [
        f"images {a.pk} and {b.pk} look alike and stand in two groups"
    ]


def test_the_audit_finds_what_selections_see_wrongly():
    valve = stock(factories.label("Valve"), 1)[0]
    Image.objects.filter(pk=valve.pk).update(width=100)
    found = broken()["selections see the catalogue as it is"]
    label = valve.batch.label_id
    assert found == [f"image {valve.pk} under label {label}: not seen as it is, seen though it is not so"]
