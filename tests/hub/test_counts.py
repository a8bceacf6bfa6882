"""Counts follow every change, whoever makes it: they equal a recount after any sequence of operations."""

import random
from contextlib import suppress

import pytest
from django.db import connection

from hub import audit, catalogue, counts, places, sql, submissions
from hub.models import Batch, Image, ImageLabel, Job, LabelEdge, LabelStat, Place, Submission
from hub.moderation import settling
from hub.problems import Refused
from tests import factories, images

pytestmark = pytest.mark.django_db


def counted() -> dict:
    rows = LabelStat.objects.filter(n__gt=0).values_list("label", "facet", "value", "n")
    return {row[:3]: row[3] for row in rows}


def placed() -> set:
    return set(ImageLabel.objects.values_list("label", "image", "direct"))


def assert_counts_equal_a_recount() -> None:
    assert [row for name in ("groups", "selectable") for row in sql.rows(f"audit_{name}")] == []
    before = counted(), placed()
    counts.recount()
    assert before == (counted(), placed())


def n(label, facet="images", value="") -> int:
    found = LabelStat.objects.filter(label=label, facet=facet, value=value).first()
    return found.n if found else 0


def test_an_image_counts_once_under_its_label_and_all_above():
    thing = factories.label("Thing")
    tool = factories.label("Tool", thing)
    toy = factories.label("Toy", thing)
    kite = factories.label("Kite", tool, toy)
    factories.checked(images.photo(seed=1), factories.batch(under=kite))
    assert [n(label) for label in (kite, tool, toy, thing, None)] == [1, 1, 1, 1, 1]
    assert [n(label, "direct") for label in (kite, thing)] == [1, 0]


def test_a_withdrawn_image_counts_nowhere():
    factories.checked(images.photo(seed=1))
    catalogue.withdraw(Image.objects.get())
    assert counted() == {}
    assert placed() == set()


def test_a_place_found_later_is_counted_then():
    factories.given(images.photo(seed=1), factories.batch(place_text="52.5, 13.4"))
    factories.work_off()
    assert Image.objects.get().place.country_code == "DE"
    assert n(None, "country", "DE") == 1
    assert_counts_equal_a_recount()


def test_a_region_counts_its_country_and_no_cell():
    factories.checked(images.photo(seed=1), factories.batch(place_text="52.5, 13.4", precision="region"))
    assert n(None, "country", "DE") == 1
    assert not LabelStat.objects.filter(facet="cell", n__gt=0).exists()


def test_a_hidden_image_counts_in_no_country():
    factories.checked(images.photo(seed=1), factories.batch(place_text="52.5, 13.4", precision="hidden"))
    assert not LabelStat.objects.filter(facet__in=["cell", "country"], n__gt=0).exists()
    assert not Place.objects.exists()


def test_batch_counts_follow_their_submissions_even_in_raw_sql():
    factories.given(images.photo(seed=1))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE hub_submission SET state = 'failed', decided_at = now()")
    batch = Batch.objects.get()
    assert (batch.received, batch.failed) == (0, 1)
    Submission.objects.all().delete()
    batch.refresh_from_db()
    assert batch.total == 0


def test_a_recount_follows_a_changed_hierarchy():
    tool, valve = factories.label("Tool"), factories.label()
    factories.checked(images.photo(seed=1), factories.batch(under=valve))
    assert n(tool) == 0
    LabelEdge.objects.create(child=valve, parent=tool)
    counts.recount()
    assert n(tool) == 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_counts_equal_a_recount_after_anything(seed):
    chance = random.Random(seed)
    crowd = Crowd(chance)
    for _ in range(25):
        getattr(crowd, chance.choice(["give", "give", "give", "give", "withdraw", "keep", "drop", "settle", "find"]))()
        factories.work_off()
    assert_counts_equal_a_recount()
    assert [finding for finding in audit.run() if finding.count] == []


class Crowd:
    """People who give, take back and decide at random."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        root = factories.label("Thing")
        middle = [factories.label("Tool", root), factories.label("Toy", root)]
        self.labels = [root, *middle, factories.label("Kite", *middle), factories.label("Valve", middle[0])]
        self.people = [factories.account() for _ in range(3)]

    def give(self) -> None:
        batch = factories.batch(
            self.chance.choice(self.people),
            self.chance.choice(self.labels),
            precision=self.chance.choice(["open", "region", "hidden"]),
            place_text=self.chance.choice(["", "52.5, 13.4", "-1.3, 36.8"]),
            licence=self.chance.choice(["CC0-1.0", "CC-BY-4.0"]),
        )
        seed, size = self.chance.randrange(6), (320, 240)
        kind = self.chance.choice([images.photo, images.mirrored])
        factories.given(kind(seed=seed, size=size), batch)

    def withdraw(self) -> None:
        if live := list(Image.objects.filter(withdrawn_at=None)):
            catalogue.withdraw(self.chance.choice(live))

    def keep(self) -> None:
        self._decide("near_duplicate", settling.keep)

    def drop(self) -> None:
        self._decide("near_duplicate", settling.drop)

    def settle(self) -> None:
        right = self.chance.choice(["first", "second", "both"])
        self._decide("conflicting_label", lambda row: settling.settle(row, self.people[0], right))

    def find(self) -> None:
        """A place is looked up again, and is another."""
        if place := Place.objects.first():
            work = submissions.jobs.claim(submissions.jobs.open_job(Job.Kind.LOCATE, place.pk).pk)
            places.found(work, place, "offline", country_code=self.chance.choice(["DE", "KE"]))

    def _decide(self, reason: str, act) -> None:
        for row in Submission.objects.filter(state="review", reason=reason)[:1]:
            with suppress(Refused):
                act(row)
