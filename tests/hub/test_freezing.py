"""A selection becomes a version: the right members, whole groups, a split anybody can compute again."""

import hashlib
import json
import random
from collections import Counter
from time import process_time

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from hub import catalogue, datasets, previews, storage
from hub.models import Account, Dataset, DatasetMember, DatasetVersion, Image, Job
from hub.problems import Refused
from hub.selections import WHOLE, Split, read
from tests import factories
from tests.parts import empty_storage
from tests.stock import alike, also, placed, stock, verified

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    empty_storage(settings, tmp_path)


def two(n=20, m=20, **fields):
    """Two labels with so many images each."""
    return [stock(factories.label(name), count, **fields) for name, count in (("Valve", n), ("Tap", m))]


def labels(*names: str) -> list[int]:
    return [factories.Label.objects.get(name=name).pk for name in names]


def frozen(*names: str, owner: Account | None = None, **fields) -> DatasetVersion:
    """The version a selection of labels by name freezes to."""
    selection = read({"labels": labels(*names or ("Valve", "Tap")), **fields})
    return again(datasets.create(owner=owner or factories.account(), name="Things", selection=selection))


def again(dataset) -> DatasetVersion:
    version, _ = datasets.order_version(dataset)
    factories.work_off()
    version.refresh_from_db()
    return version


def splits(version) -> dict[int, str]:
    return dict(version.members.values_list("image", "split"))


def code(act, *args, **fields) -> str:
    with pytest.raises(Refused) as refused:
        act(*args, **fields)
    return refused.value.code


def test_every_image_of_the_chosen_labels_is_a_member_and_no_other():
    valves, taps = two()
    stock(factories.label("Shoe"), 5)
    version = frozen()
    assert version.state == "ready"
    assert set(splits(version)) == {image.pk for image in valves + taps}
    assert (version.images, version.groups) == (40, 40)


def test_the_id_is_the_digest_of_the_stored_manifest():
    two()
    version = frozen()
    data = storage.get("artifacts", storage.key(version.digest, ".jsonl"))
    assert hashlib.sha256(data).hexdigest() == version.digest
    header, *lines = map(json.loads, data.decode().splitlines())
    assert header == version.header
    assert [line["id"] for line in lines] == sorted(splits(version))
    assert lines[0] | {"id": 0, "sha256": "", "labels": [], "split": "", "credit": ""} == {
        "id": 0, "sha256": "", "labels": [], "split": "", "fold": None, "licence": "CC-BY-4.0", "credit": "",
        "verified": False, "width": 800, "height": 600, "drawn": False, "place": None,
    }  # fmt: skip


def test_the_manifest_is_canonical():
    two()
    data = storage.get("artifacts", storage.key(frozen().digest, ".jsonl"))
    for line in data.decode().splitlines():
        assert line == json.dumps(json.loads(line), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_shares_are_exact_to_an_image_where_nothing_looks_alike():
    two(100, 50)
    version = frozen(split={"train": 0.7, "validation": 0.2, "test": 0.1})
    counted = Counter(version.members.values_list("labels__0", "split"))
    valve, tap = labels("Valve", "Tap")
    assert [counted[valve, name] for name in ("train", "validation", "test")] == [70, 20, 10]
    assert [counted[tap, name] for name in ("train", "validation", "test")] == [35, 10, 5]


def by_hand(groups: dict[int, int], seed: int, train: int, validation: int) -> dict[int, str]:
    """The rule as the certificate words it, in Python: group to split, of groups and their sizes."""
    order = sorted(groups, key=lambda group: (hashlib.sha256(f"{seed}:{group}".encode()).digest(), group))
    whole, before, found = sum(groups.values()), 0, {}
    for group in order:
        middle = (2 * before + groups[group]) * 10_000
        found[group] = (
            "train"
            if middle < 2 * whole * train
            else "validation"
            if middle < 2 * whole * (train + validation)
            else "test"
        )
        before += groups[group]
    return found


@pytest.mark.parametrize("seed", [0, 1, 2_000_000_000])
def test_anybody_can_compute_the_split_again(seed):
    valves, taps = two(37, 23)
    alike(*valves[:5])
    alike(*valves[7:9], bits=80)
    version = frozen(split={"train": 0.6, "validation": 0.2, "test": 0.2, "seed": seed})
    expected = {}
    for images in (valves, taps):
        groups = Counter(Image.objects.filter(pk__in=[i.pk for i in images]).values_list("group", flat=True))
        expected |= by_hand(groups, seed, 6000, 2000)
    found = {row.group_id: row.split for row in version.members.all()}
    assert found == expected


@pytest.mark.parametrize("dice", range(5))
def test_no_group_is_torn_apart(dice):
    valves, taps = two(60, 60)
    dice = random.Random(dice)
    for _ in range(0, 60, 6):
        alike(*dice.sample(valves + taps, 4))
    version = frozen(split={"train": 0.4, "validation": 0.3, "test": 0.3})
    torn = DatasetMember.objects.filter(version=version).values_list("image__group", "split").distinct()
    assert max(Counter(group for group, _ in torn).values()) == 1
    assert version.header["split_report"]["groups_torn_apart"] == 0


def test_the_same_data_always_gives_the_same_id():
    two()
    first, second = frozen(), frozen(owner=factories.account())
    assert first.digest == second.digest
    assert first.pk != second.pk


def test_freezing_again_with_nothing_new_says_so():
    two()
    version = frozen()
    later = again(version.dataset)
    assert (later.state, later.reason, later.detail) == ("failed", "nothing_changed", {"number": 1})
    assert not later.members.exists()


def test_new_images_move_few_old_ones():
    valves, _ = two(200, 200)
    old = frozen()
    stock(valves[0].batch.label, 10, batch=valves[0].batch)
    new = again(old.dataset)
    before, after = splits(old), splits(new)
    assert sum(before[image] != after[image] for image in before) <= 10
    assert datasets.difference(old, new)["added"] == 10


def test_another_seed_is_another_split():
    two(50, 50)
    one, other = frozen(), frozen(split={"seed": 7})
    assert splits(one) != splits(other)


def test_folds_divide_what_is_not_test():
    two(50, 50)
    version = frozen(split={"train": 0.8, "validation": 0, "test": 0.2, "folds": 4})
    counted = Counter(version.members.filter(labels__0=labels("Valve")[0]).values_list("split", "fold"))
    assert counted == {("train", 1): 10, ("train", 2): 10, ("train", 3): 10, ("train", 4): 10, ("test", None): 10}


@pytest.mark.parametrize("kind", ["supplier", "batch", "place"])
def test_what_is_asked_to_stay_together_stays_together(kind):
    place = placed("FR", "paris")
    valve, tap = factories.label("Valve"), factories.label("Tap")
    for label in (valve, tap):
        for _ in range(12):
            images = stock(label, 3, factories.account())
            if kind == "place" and _ == 0:
                Image.objects.filter(pk__in=[i.pk for i in images]).update(place=place)
    version = frozen(split={"train": 0.5, "validation": 0.25, "test": 0.25, "together": kind})
    rows = version.members.exclude(**{f"image__{kind}": None}).values_list(f"image__{kind}", "split").distinct()
    assert rows
    assert len({key for key, _ in rows}) == len(rows)


def test_suppliers_tied_by_look_alikes_stay_together_too():
    valve, tap = factories.label("Valve"), factories.label("Tap")
    batches = [stock(label, 3, factories.account()) for label in [valve, tap] * 10]
    alike(batches[0][0], batches[2][0])
    alike(batches[2][1], batches[4][2])
    version = frozen(split={"train": 0.5, "validation": 0.25, "test": 0.25, "together": "supplier"})
    found = splits(version)
    assert len({found[image.pk] for batch in (batches[0], batches[2], batches[4]) for image in batch}) == 1


FILTERS = [
    ({"min_side": 500}, {"width": 400, "height": 900}),
    ({"licences": ["CC0-1.0"]}, {"licence": "CC-BY-SA-4.0"}),
    ({"without": ["blurry"]}, {"flags": ["dark", "blurry"]}),
    ({"without": ["drawn"]}, {"drawn": True}),
    ({"since": "2020-01-01"}, {"created_at": "2019-12-31T23:59:59Z"}),
    ({"until": "2100-01-01"}, {"created_at": "2100-01-02T00:00:00Z"}),
]


@pytest.mark.parametrize(("filters", "other"), FILTERS, ids=str)
def test_a_filter_leaves_out_what_it_says(filters, other):
    valves, taps = two(licence="CC0-1.0")
    stock(valves[0].batch.label, 3, **other)
    version = frozen(**filters)
    assert set(splits(version)) == {image.pk for image in valves + taps}


def test_a_country_is_asked_as_exactly_as_it_may_be_told():
    valves, taps = two(place=placed("FR", "paris"))
    stock(valves[0].batch.label, 4, place=placed("DE", "bonn"))
    two_more = stock(valves[0].batch.label, 4)
    version = frozen(countries=["FR"])
    assert set(splits(version)) == {i.pk for i in valves + taps}
    assert not set(splits(version)) & {i.pk for i in two_more}


def test_verified_needs_two_others_and_more_than_two_thirds():
    valves, taps = two(13, 12)
    valve, tap = valves[0].batch.label, taps[0].batch.label
    verified(valve, *valves[:10])
    verified(valve, valves[10], yes=1)
    verified(valve, valves[11], yes=2, no=1)
    verified(tap, *taps, yes=5, no=2)
    version = frozen(verified=True)
    assert set(splits(version)) == {image.pk for image in valves[:10] + taps}
    assert version.header["quality"]["verified"] == version.images


def test_caps_keep_the_same_images_as_more_come():
    valve, tap = factories.label("Valve"), factories.label("Tap")
    ada = factories.account()
    valves, _ = stock(valve, 40, ada), stock(tap, 20)
    capped = {"per_supplier": 15, "per_class": 20}
    old = frozen(**capped)
    assert Counter(old.members.values_list("labels__0", flat=True)) == {valve.pk: 15, tap.pk: 15}
    stock(valve, 40, batch=valves[0].batch)
    new = again(old.dataset)
    assert Counter(new.members.values_list("labels__0", flat=True)) == {valve.pk: 15, tap.pk: 15}
    assert set(splits(old)) & set(splits(new)) >= set(
        old.members.filter(labels__0=tap.pk).values_list("image", flat=True)
    )


def test_caps_hold_for_every_label_of_an_image_that_keeps_several():
    valves, taps = two(80, 80, supplier=factories.account())
    also(taps[0].batch.label, *valves[:40])
    for caps in ({"per_class": 40}, {"per_supplier": 40}):
        version = frozen(overlap="multi", **caps)
        counted = Counter(label for found in version.members.values_list("labels", flat=True) for label in found)
        assert len(counted) == 2
        assert all(25 <= n <= 40 for n in counted.values())


def test_descendants_count_unless_only_the_label_itself_is_chosen():
    tool = factories.label("Tool")
    valve = factories.label("Valve", tool)
    exact, below = stock(tool, 12), stock(valve, 12)
    stock(factories.label("Shoe"), 12)
    shoe = labels("Shoe")[0]
    everything = read({"labels": [tool.pk, shoe]})
    only = read({"labels": [{"id": tool.pk, "below": False}, shoe]})
    counted = [previews.preview(selection).classes[0].images for selection in (everything, only)]
    assert counted == [len(exact + below), len(exact)]


class TestAnImageOfTwoChosenLabels:
    @pytest.fixture
    def both(self):
        valves, taps = two(20, 20)
        also(taps[0].batch.label, *valves[:3])
        return valves[:3]

    def test_is_never_settled_by_accident(self, both):
        assert code(frozen) == "overlap_undecided"
        assert previews.preview(read({"labels": labels("Valve", "Tap")})).overlaps[0].images == 3

    def test_can_be_left_out(self, both):
        assert not set(splits(frozen(overlap="drop"))) & {image.pk for image in both}

    def test_can_keep_the_first(self, both):
        version = frozen(overlap="first")
        kept = version.members.filter(image__in=both).values_list("labels", flat=True)
        assert list(kept) == [labels("Valve")] * 3

    def test_can_keep_both(self, both):
        version = frozen(overlap="multi")
        kept = version.members.filter(image__in=both).values_list("labels", flat=True)
        assert list(kept) == [labels("Valve", "Tap")] * 3


def test_an_image_nobody_has_compared_yet_waits_for_the_next_version():
    valves, _ = two()
    Image.objects.filter(pk=valves[0].pk).update(compared_at=None)
    from hub import sql

    sql.call("hub_make_selectable", [valves[0].pk])
    assert valves[0].pk not in splits(frozen())


def test_a_withdrawn_image_stays_as_a_tombstone_and_leaves_the_next_version():
    valves, _ = two()
    old = frozen()
    catalogue.withdraw(valves[3])
    assert valves[3].pk in splits(old)
    assert list(datasets.tombstones(old.digest)) == [(valves[3].pk, valves[3].sha256)]
    new = again(old.dataset)
    assert valves[3].pk not in splits(new)
    assert datasets.difference(old, new)["withdrawn"] == 1


def test_the_difference_of_two_versions_names_every_change():
    valves, taps = two(30, 30)
    old = frozen(overlap="first")
    catalogue.withdraw(valves[0])
    stock(taps[0].batch.label, 2, batch=taps[0].batch)
    new = again(old.dataset)
    counted = datasets.difference(old, new)
    told = Counter(row["change"] for row in datasets.changes(old, new))
    assert counted == {"added": 2, "removed": 0, "relabelled": 0, "moved": told["moved"], "withdrawn": 1}
    assert (told["added"], told["withdrawn"]) == (2, 1)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"labels": []}, "no_labels"),
        ({}, "no_labels"),
        ({"labels": [1, 1]}, "label_twice"),
        ({"labels": [10**9]}, "unknown_label"),
        ({"labels": ["Valve"]}, "bad_filter"),
        ({"labels": list(range(1, 700))}, "too_many_labels"),
        ({"labels": "all"}, "bad_filter"),
        ({"labels": [1], "owner__password__startswith": "a"}, "unknown_filter"),
        ({"labels": [1], "overlap": "both"}, "bad_filter"),
        ({"labels": [1], "min_side": -1}, "bad_filter"),
        ({"labels": [1], "min_side": "500"}, "bad_filter"),
        ({"labels": [1], "verified": 1}, "bad_filter"),
        ({"labels": [1], "licences": ["MIT"]}, "bad_filter"),
        ({"labels": [1], "countries": ["france"]}, "bad_filter"),
        ({"labels": [1], "without": ["ugly"]}, "bad_filter"),
        ({"labels": [1], "since": "yesterday"}, "bad_filter"),
        ({"labels": [1], "split": {"train": 0.5, "test": 0.4}}, "shares_do_not_sum"),
        ({"labels": [1], "split": {"train": 0, "test": 1}}, "no_training_share"),
        ({"labels": [1], "split": {"train": True, "test": 0.2}}, "bad_filter"),
        ({"labels": [1], "split": {"train": 1, "folds": 1}}, "bad_filter"),
        ({"labels": [1], "split": {"train": float("nan")}}, "bad_filter"),
        ({"labels": [1], "split": {"random": 1}}, "unknown_filter"),
        ([1], "bad_filter"),
    ],
    ids=str,
)
def test_a_selection_that_makes_no_sense_is_refused_in_words(fields, expected):
    label = factories.label("Valve")
    if isinstance(fields, dict) and fields.get("labels") in ([1], [1, 1]):
        fields = fields | {"labels": [label.pk] * len(fields["labels"])}
    assert code(read, fields) == expected


def test_what_was_read_is_written_and_read_again():
    two()
    given = {"labels": labels("Tap", "Valve"), "since": "2020-02-29", "licences": ["CC0-1.0"], "split": {"seed": 4}}
    selection = read(given)
    assert read(json.loads(json.dumps(selection.as_json()))) == selection


def test_one_label_is_no_dataset():
    two()
    assert code(frozen, "Valve") == "one_class"


def test_a_selection_that_nothing_matches_is_refused():
    two()
    assert code(frozen, min_side=5000) == "nothing_selected"


def test_a_label_that_nothing_of_matches_is_named():
    two(20, 0)
    assert code(frozen) == "empty_class"


def test_too_few_groups_are_counted_by_label():
    valves, _ = two(30, 30)
    alike(*valves[:26])
    with pytest.raises(Refused) as refused:
        frozen()
    assert refused.value.code == "too_few_groups"
    assert refused.value.detail == {"label": "Valve", "groups": 5, "split": "validation", "missing": 3}


@pytest.mark.parametrize("seed", range(4))
def test_a_large_group_that_leaves_a_split_empty_is_found_by_the_freeze_and_leaves_nothing(seed):
    valves, _ = two(30, 30)
    alike(*valves[:20])
    version = frozen(split={"train": 0.8, "validation": 0.1, "test": 0.1, "seed": seed})
    parts = version.members.filter(labels__0=labels("Valve")[0]).values("split").distinct().count()
    assert (version.state, version.reason, parts) in (("ready", "", 3), ("failed", "too_few_groups", 0))


def test_the_preview_counts_what_the_freeze_takes():
    valves, taps = two(30, 30)
    also(taps[0].batch.label, *valves[:4])
    alike(*valves[5:9])
    for fields in ({"overlap": "multi"}, {"overlap": "first"}, {"overlap": "drop"}):
        seen = previews.preview(read({"labels": labels("Valve", "Tap"), **fields}))
        version = frozen(**fields)
        counted = Counter(label for found in version.members.values_list("labels", flat=True) for label in found)
        assert {one.label.pk: one.images for one in seen.classes} == counted
        assert seen.images == version.images


def test_a_cap_gives_no_images_to_a_label_that_has_none():
    two(5, 0)
    seen = previews.preview(read({"labels": labels("Valve", "Tap"), "per_class": 3}))
    assert [one.images for one in seen.classes] == [3, 0]
    assert "empty_class" in [trouble.code for trouble in seen.obstacles]


@pytest.mark.parametrize(
    ("split", "groups"),
    [({"train": 9999, "validation": 0, "test": 1}, 5000), ({"train": 9998, "validation": 1, "test": 1}, 7500),
     ({"train": 1, "validation": 0, "test": 9999, "folds": 20}, 195_001)],
)  # fmt: skip
def test_how_many_groups_the_smallest_shares_need_is_known_at_once(split, groups):
    began = process_time()
    assert previews.enough(3, Split(**split)) == groups
    assert process_time() - began < 1
    assert previews.empty_splits(groups, Split(**split)) == []
    assert previews.empty_splits(groups - 1, Split(**split)) != []


@given(st.lists(st.integers(0, 40), min_size=3, max_size=3).filter(lambda n: n[0] and any(n)), st.integers(0, 60))
def test_the_least_number_of_groups_that_will_do_is_the_least(weights, groups):
    train, validation = (WHOLE * weight // sum(weights) for weight in weights[:2])
    split = Split(train, validation, WHOLE - train - validation)
    wanted = previews.enough(groups, split)
    assert not previews.empty_splits(wanted, split)
    assert all(previews.empty_splits(fewer, split) for fewer in range(groups + 1, wanted))


def test_a_name_is_needed():
    two()
    selection = read({"labels": labels("Valve", "Tap")})
    for name in ("", "  ", "x" * 101, "a\0b"):
        assert code(datasets.create, owner=factories.account(), name=name, selection=selection) == "dataset_name"


def test_one_version_freezes_at_a_time():
    two()
    dataset = datasets.create(
        owner=factories.account(), name="Things", selection=read({"labels": labels("Valve", "Tap")})
    )
    first, job = datasets.order_version(dataset)
    second, same = datasets.order_version(dataset)
    assert (first.pk, job.pk) == (second.pk, same.pk)


def test_a_public_dataset_stays():
    two()
    dataset = frozen().dataset
    Dataset.objects.update(public=True)
    assert code(datasets.delete, dataset) == "dataset_is_public"
    assert Dataset.objects.filter(pk=dataset.pk).exists()


def test_a_job_whose_dataset_was_deleted_ends():
    two()
    dataset = datasets.create(
        owner=factories.account(), name="Things", selection=read({"labels": labels("Valve", "Tap")})
    )
    _, job = datasets.order_version(dataset)
    datasets.delete(dataset)
    factories.work_off()
    assert Job.objects.get(pk=job.pk).state == "done"


def test_the_certificate_compares_folds_with_each_other():
    valves, taps = two(20, 20)
    with connection.cursor() as cursor:
        for table in ("hub_fingerprint", "hub_mirror"):
            cursor.execute(
                f"INSERT INTO {table} SELECT id, ('x' || sha256)::bit(256) FROM hub_image WHERE id = ANY (%s)",
                [[image.pk for image in valves + taps]],
            )
    version = frozen(split={"train": 1, "folds": 4})
    folds = dict(version.members.values_list("image", "fold"))
    bits = {image.pk: int(image.sha256, 16) for image in valves + taps}
    least = min((bits[a] ^ bits[b]).bit_count() for a in bits for b in bits if folds[a] != folds[b])
    nearest = version.header["split_report"]["nearest"]
    assert (nearest["bits"], nearest["asked"]) == (least, nearest["held_out"])


def test_freezing_again_and_again_leaves_one_row_that_says_nothing_changed():
    two()
    dataset = frozen().dataset
    for _ in range(3):
        again(dataset)
    assert list(dataset.versions.order_by("number").values_list("number", "state")) == [(1, "ready"), (2, "failed")]


def test_the_manifest_tells_a_place_as_exactly_as_its_supplier_allows():
    valves, _ = two()
    town = placed("FR", "melun")
    town.region, town.city, town.row, town.column = "Île-de-France", "Melun", 692, 913
    town.save()
    for image, fields in zip(valves, ({"precision": "open"}, {"precision": "region"}), strict=False):
        Image.objects.filter(pk=image.pk).update(place=town, **fields)
    Image.objects.filter(pk=valves[2].pk).update(precision="hidden")
    data = storage.get("artifacts", storage.key(frozen().digest, ".jsonl"))
    told = {line["id"]: line["place"] for line in map(json.loads, data.decode().splitlines()[1:])}
    region = {"country": "FR", "region": "Île-de-France"}
    assert told[valves[0].pk] == region | {"city": "Melun", "cell": [48.5, 2.7]}
    assert told[valves[1].pk] == region
    assert told[valves[2].pk] is None
