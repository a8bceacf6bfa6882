"""Search, paths, tree and tiles; proposals."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from hub import counts, hierarchy, label_files, labels
from hub.models import Annotation, Image, Label, LabelName, LabelPath, LabelProposal
from hub.problems import Refused
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def starter():
    hierarchy.load(label_files.from_csv(label_files.STARTER))


def images_of(label: Label, n: int = 1, weeks_ago: int = 0) -> list[Image]:
    """Images catalogued under a label, rows only."""
    batch = factories.batch(under=label)
    when = timezone.now() - timedelta(weeks=weeks_ago)
    start = Image.objects.count()
    look = {"dark": 0.5, "light": 0.1, "entropy": 6, "sharpness": 1, "tint": 0}
    made = [
        Image.objects.create(
            sha256=f"{number:064x}",
            pixels_sha256=f"{number:064x}",
            format="JPEG",
            size=1,
            width=640,
            height=480,
            supplier=batch.supplier,
            batch=batch,
            licence=batch.licence,
            credit="ada",
            precision="hidden",
            created_at=when,
            **look,
        )
        for number in range(start, start + n)
    ]
    Annotation.objects.bulk_create(Annotation(image=i, label=label, account=batch.supplier) for i in made)
    counts.recount()
    return made


def named(hits) -> list[str]:
    return [hit.label.name for hit in hits]


@pytest.mark.usefixtures("starter")
class TestSearch:
    def test_the_very_name_comes_first_then_names_that_begin_so_then_later_words(self):
        found = named(labels.search("valve"))
        assert found[0] == "Valve"
        assert "Gate valve" in found
        assert named(labels.search("chick"))[0] == "Chicken"

    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("vlave", "Valve"),
            ("brid", "Bird"),
            ("dgo", "Dog"),
            ("elefant", "Elephant"),
            ("gat valve", "Gate valve"),
            ("screwdirver", "Screwdriver"),
            ("teddybear", "Teddy bear"),
        ],
    )
    def test_a_small_misspelling_finds_what_was_meant(self, typed, meant):
        assert meant in named(labels.search(typed))[:2]

    def test_nothing_alike_finds_nothing(self):
        assert labels.search("qwxz") == []

    def test_a_synonym_is_said_when_it_is_what_matched(self):
        hit = labels.search("faucet")[0]
        assert (hit.label.name, hit.synonym) == ("Tap", "Faucet")
        assert labels.search("tap")[0].synonym == ""

    def test_a_hit_has_its_path_and_its_count(self):
        images_of(Label.objects.get(name="Gate valve"), 2)
        hit = labels.search("gate valve")[0]
        assert [label.name for label in hit.path] == ["Hardware", "Plumbing", "Valve", "Gate valve"]
        assert hit.images == 2

    @pytest.mark.parametrize(
        "odd",
        ["", "  ", "\0", "a\0b", "%", "_", "'", '"', "\\", "((", "[a", ".*", "c++", "x" * 10_000, "🐻", "\ud800", "%s"],
    )
    def test_odd_text_is_no_error(self, odd):
        assert isinstance(labels.search(odd), list)

    def test_wildcards_mean_themselves(self):
        assert labels.search("%") == []
        assert labels.search("V_lve%") == labels.search("nothing-like-it") == []

    def test_no_more_than_the_limit(self):
        assert len(labels.search("b", 5)) == 5

    def test_the_number_of_queries_does_not_grow(self, django_assert_num_queries):
        for text in ("b", "gate valve"):
            with django_assert_num_queries(5):
                labels.search(text)


def test_a_sign_that_is_no_letter_is_searched_for_too(starter):
    factories.label("Nuts & bolts")
    assert [hit.label.name for hit in labels.search("&")] == ["Nuts & bolts"]
    assert [hit.label.name for hit in labels.search("& b")] == ["Nuts & bolts"]


def test_a_label_with_two_parents_has_two_paths(starter):
    ways = labels.paths(Label.objects.get(name="Teddy bear"))
    assert [[label.name for label in way] for way in ways] == [
        ["Toy", "Teddy bear"],
        ["Animal", "Mammal", "Bear", "Teddy bear"],
    ]


def test_paths_are_bounded_however_tangled_the_hierarchy_is():
    below = [factories.label("Root")]
    for floor in range(8):
        below = [factories.label(f"Label {floor} {side}", *below) for side in "ab"]
    assert len(labels.paths(below[0])) == labels.MAX_PATHS
    assert len(labels.paths_of(below)[below[0].pk]) == 9


def test_the_tree_shows_a_label_under_both_its_parents(starter, django_assert_max_num_queries):
    images_of(Label.objects.get(name="Teddy bear"), 3)
    with django_assert_max_num_queries(16):  # two for each level of the hierarchy
        roots = {node.label.name: node for node in labels.tree()}
    assert roots["Toy"].images == 3
    assert "Teddy bear" in [node.label.name for node in roots["Toy"].children]
    assert "Mammal" in [node.label.name for node in roots["Animal"].children]
    bear = labels.tree(Label.objects.get(name="Bear"))
    assert [(node.label.name, node.images) for node in bear] == [("Teddy bear", 3)]


def test_a_tree_too_large_for_a_page_is_folded_below_the_levels_that_fit(starter, client):
    roots = {node.label.name: node for node in labels.tree(most=40)}
    assert len(roots) <= 40
    assert not any(node.children for node in roots.values())
    assert roots["Animal"].folded
    assert not labels.tree()[0].folded
    opened = labels.tree(Label.objects.get(name="Animal"), most=1)
    assert "Mammal" in [node.label.name for node in opened]  # what stands directly below is always there


def test_tiles_come_with_most_images_first_their_newest_image_and_eight_weeks(starter):
    gate, ball = (Label.objects.get(name=name) for name in ("Gate valve", "Ball valve"))
    images_of(gate, 1, weeks_ago=2)
    newest = images_of(gate, 2)[-1]
    images_of(ball, 1, weeks_ago=30)
    tiles, cursor = labels.tiles(Label.objects.get(name="Valve"))
    assert [(tile.label, tile.images) for tile in tiles[:2]] == [(gate, 3), (ball, 1)]
    assert tiles[0].cover == newest
    assert (tiles[0].weeks, tiles[1].weeks) == ([0, 0, 0, 0, 0, 1, 0, 2], [0] * 8)
    assert (tiles[2].cover, cursor) == (None, "")
    first = labels.tiles()[0][0]
    assert (first.label.name, first.images, first.children) == (
        "Hardware",
        4,
        Label.objects.get(name="Hardware").down.count(),
    )


def test_pages_of_tiles_hold_every_label_once(starter, django_assert_max_num_queries):
    images_of(Label.objects.get(name="Gate valve"))
    seen, after = [], ""
    while True:
        with django_assert_max_num_queries(3):
            tiles, after = labels.tiles(after=after, limit=50)
        seen += [tile.label.pk for tile in tiles]
        if not after:
            break
    assert sorted(seen) == sorted(Label.objects.values_list("pk", flat=True))
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("odd", ["x", "1", "1.", "-1.2", "1.2.3", "9" * 40 + ".1", "\0", "٣.٤", "5.99999999"])
def test_a_cursor_that_is_none_of_ours_is_no_error(starter, odd):
    assert isinstance(labels.tiles(after=odd)[0], list)


def test_relatives_are_told_apart():
    body, person = factories.label("Body"), factories.label("Person")
    eye = factories.label("Eye")
    eye.up.create(parent=body, kind="part")
    man, woman = factories.label("Man", person), factories.label("Woman", person)
    assert labels.parts(body) == [eye]
    assert labels.siblings(man) == [woman]
    assert labels.paths(eye) == [[eye]]


class TestProposals:
    @pytest.fixture
    def moderator(self):
        account = factories.account()
        account.user_permissions.add(Permission.objects.get(codename="moderate"))
        return type(account).objects.get(pk=account.pk)

    def test_an_accepted_proposal_becomes_a_label_that_is_found(self, moderator):
        valve = factories.label("Valve")
        proposal = labels.propose(factories.account(), "  Needle\tvalve ", valve, "we have many")
        made = labels.accept(proposal, moderator)
        proposal.refresh_from_db()
        assert (proposal.state, proposal.label, proposal.decided_by) == ("accepted", made, moderator)
        assert (made.name, made.slug) == ("Needle valve", "needle-valve")
        assert LabelName.objects.filter(label=made, text="Needle valve").exists()
        assert LabelPath.objects.filter(descendant=made, ancestor=valve, depth=1).exists()

    def test_a_declined_proposal_makes_no_label(self, moderator):
        proposal = labels.propose(factories.account(), "Thing", None, "")
        labels.decline(proposal, moderator)
        assert LabelProposal.objects.get().state == "declined"
        assert not Label.objects.exists()

    def test_what_is_decided_stays_decided(self, moderator):
        proposal = labels.propose(factories.account(), "Thing")
        labels.decline(proposal, moderator)
        with pytest.raises(Refused, match="already_decided"):
            labels.accept(proposal, moderator)
        assert not Label.objects.exists()

    def test_only_a_moderator_decides(self):
        proposal = labels.propose(factories.account(), "Thing")
        for decide in (labels.accept, labels.decline):
            with pytest.raises(Refused, match="forbidden"):
                decide(proposal, factories.account())
        assert LabelProposal.objects.get().state == "open"

    @pytest.mark.parametrize("name", ["", " ", "x", "123", "🐻🐻", "x" * 101, "\0\0"])
    def test_a_name_must_be_one(self, name):
        with pytest.raises(Refused, match="label_name"):
            labels.propose(factories.account(), name)

    def test_what_exists_or_was_proposed_is_not_proposed_again(self):
        factories.label("Tap").names.create(text="Faucet")
        labels.propose(factories.account(), "Thing")
        for name, code in [("TAP", "label_exists"), ("faucet", "label_exists"), ("thing", "label_proposed")]:
            with pytest.raises(Refused, match=code):
                labels.propose(factories.account(), name)
        assert LabelProposal.objects.count() == 1

    def test_a_label_that_appeared_meanwhile_is_not_made_twice(self, moderator):
        proposal = labels.propose(factories.account(), "Thing")
        factories.label("thing")
        with pytest.raises(Refused, match="label_exists"):
            labels.accept(proposal, moderator)
        assert Label.objects.count() == 1
