"""What the pictures most like one show: beside it, as a suggestion to its supplier, and as a doubt to moderators."""

import numpy as np
import pytest
from django.db import transaction

from hub import catalogue, counts, neighbours, progress
from hub.models import Annotation, Backbone, Doubt, Embedding, Image, Label, Neighbour
from tests import factories
from tests.hub.conftest import logged_in
from tests.parts import broken, empty_storage
from tests.stock import alike, also, stock
from workers import embedding

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    empty_storage(settings, tmp_path)


@pytest.fixture(autouse=True)
def network():
    """A network whose pictures of a kind look alike."""
    row = Backbone(name="vgg16", title="VGG16", side=224, available=True, weights_sha256="a" * 64)
    progress.report_backbones([row])
    return row


class Eye:
    """Sees which kind a picture is of, told beforehand: as many numbers as kinds, and a little noise."""

    def __init__(self, kinds: dict[str, int]) -> None:
        self.kinds, self.random = kinds, np.random.default_rng(5)

    def vectors(self, examples, read, store):
        return {one.id: np.eye(8)[self.kinds[one.id]] + 0.1 * self.random.random(8) for one in examples}


class Dim(Eye):
    """The first picture of each pass looks like none, and a little like the second kind."""

    def vectors(self, examples, read, store):
        found = super().vectors(examples, read, store)
        return found | {examples[0].id: np.eye(8)[7] + 0.3 * np.eye(8)[1]}


def look(*kinds: list[Image], eye=Eye) -> None:
    """Compare pictures that look like one kind each."""
    seen = {image.sha256: number for number, images in enumerate(kinds) for image in images}
    rows = [{"image": i.pk, "sha256": i.sha256, "rendition": None} for images in kinds for i in images]
    embedding.compared(Backbone.objects.get(name="vgg16"), eye(seen), rows)


def labels():
    """Valve, and below it Ball valve and Gate valve; and Faucet."""
    valve = factories.label("Valve")
    return valve, factories.label("Ball valve", valve), factories.label("Gate valve", valve), factories.label("Faucet")


def given(label: Label, count: int) -> list[Image]:
    """Images of a label, each in a batch of its own."""
    return [stock(label, 1)[0] for _ in range(count)]


def doubted() -> list[tuple[int, str, str]]:
    found = Doubt.objects.select_related("label", "instead").order_by("image")
    return [(doubt.image_id, doubt.label.name, doubt.instead.name) for doubt in found]


def test_a_label_the_pictures_most_like_it_do_not_carry_is_doubted_once():
    _, ball, _, faucet = labels()
    balls, faucets = given(ball, 12), given(faucet, 12)
    look(balls[1:], [balls[0], *faucets])
    assert doubted() == [(balls[0].pk, "Ball valve", "Faucet")]
    doubt = Doubt.objects.get()
    assert (doubt.account, doubt.state) == (None, "open")
    assert 0.7 <= doubt.share <= 1
    look(balls[1:], [balls[0], *faucets])
    assert Doubt.objects.count() == 1
    assert broken() == {}


def test_what_a_moderator_found_right_is_not_doubted_again():
    _, ball, _, faucet = labels()
    balls, faucets = given(ball, 12), given(faucet, 12)
    look(balls[1:], [balls[0], *faucets])
    Doubt.objects.update(state="kept")
    look(balls[1:], [balls[0], *faucets])
    assert Doubt.objects.count() == 1


def test_right_labels_are_not_doubted():
    _, ball, gate, faucet = labels()
    look(given(ball, 12), given(gate, 12), given(faucet, 12))
    assert doubted() == []


def test_a_label_of_few_pictures_is_not_doubted():
    _, ball, _, faucet = labels()
    rare, faucets = given(ball, 4), given(faucet, 20)
    look([*rare, *faucets])
    assert doubted() == []
    assert neighbours.suggestions([one.pk for one in rare]) == {}


def test_a_picture_like_none_is_not_judged_by_those_it_is_least_unlike():
    _, ball, _, faucet = labels()
    balls = given(ball, 26)
    look(balls, given(faucet, 25), eye=Dim)
    assert Neighbour.objects.filter(image=balls[0]).count() == 20
    assert doubted() == []


def test_less_than_seven_of_ten_convince_nobody():
    _, ball, gate, faucet = labels()
    balls, gates, faucets = given(ball, 12), given(gate, 4), given(faucet, 6)
    look(balls[1:], [balls[0], *gates, *faucets])
    assert doubted() == []


def test_pictures_of_the_same_batch_and_of_the_same_scene_have_no_vote():
    _, ball, _, faucet = labels()
    balls, same = given(ball, 12), factories.batch(under=faucet)
    faucets = stock(faucet, 12, batch=same)
    [odd] = stock(ball, 1, batch=same)
    look(balls, [odd, *faucets])
    assert doubted() == []
    scene = given(faucet, 12)
    alike(*scene)
    look(balls[1:], [balls[0], *scene])
    assert doubted() == []


def test_a_kind_of_the_label_is_suggested_and_no_doubt():
    valve, ball, gate, _ = labels()
    look([*given(valve, 1), *given(ball, 12)], given(gate, 12))
    [odd] = Image.objects.filter(claims__label=valve)
    assert doubted() == []
    assert neighbours.suggestions([odd.pk]) == {odd.pk: ball}


def test_kinds_that_agree_only_on_what_they_are_kinds_of_say_that():
    _, ball, gate, faucet = labels()
    faucets = given(faucet, 12)
    look(faucets[1:], [faucets[0], *given(ball, 6), *given(gate, 6)])
    assert doubted() == [(faucets[0].pk, "Faucet", "Valve")]


def test_a_second_label_of_the_picture_is_no_disagreement():
    _, ball, _, faucet = labels()
    balls, faucets = given(ball, 12), given(faucet, 12)
    also(faucet, balls[0])
    look(balls[1:], [balls[0], *faucets])
    assert doubted() == []


def test_what_its_supplier_said_it_is_not_is_not_suggested_nor_what_that_is_a_kind_of():
    ball, faucet = factories.label("Ball"), factories.label("Faucet", factories.label("Plumbing"))
    balls, faucets = given(ball, 12), given(faucet, 12)
    Annotation.objects.create(image=balls[0], label=faucet, account=balls[0].supplier, verdict="no")
    look(balls[1:], [balls[0], *faucets])
    assert doubted() == []
    assert neighbours.suggestions([balls[0].pk]) == {}


def test_what_people_verified_is_not_doubted():
    _, ball, _, faucet = labels()
    balls, faucets = given(ball, 12), given(faucet, 12)
    with transaction.atomic():
        counts.lock()
        with counts.recounting([balls[0].pk]):
            Annotation.objects.bulk_create(
                Annotation(image=balls[0], label=ball, account=factories.account()) for _ in range(3)
            )
    look(balls[1:], [balls[0], *faucets])
    assert doubted() == []


def test_a_withdrawn_or_removed_picture_is_like_nothing_at_once():
    _, ball, _, _ = labels()
    balls = given(ball, 4)
    look(balls)
    assert Neighbour.objects.count() == 12
    catalogue.withdraw(balls[0])
    catalogue.withdraw(balls[1], removed_for="private")
    assert Embedding.objects.count() == 2
    assert set(Neighbour.objects.values_list("image", "other")) == {
        (balls[2].pk, balls[3].pk),
        (balls[3].pk, balls[2].pk),
    }


def test_the_audit_finds_neighbours_of_a_picture_that_is_gone():
    balls = given(factories.label("Ball"), 2)
    gone = given(Label.objects.get(), 1)[0]
    catalogue.withdraw(gone)
    Neighbour.objects.create(image=balls[0], other=gone, similarity=0.9, near=True)
    found = broken()["vectors and neighbours are of live images"]
    assert found == [f"image {balls[0].pk} and {gone.pk} are neighbours, and one is not live"]


def test_similar_pictures_stand_below_a_picture_the_most_similar_first_without_its_near_duplicates(client):
    ball = factories.label("Ball")
    balls = given(ball, 6)
    look(balls)
    alike(balls[0], balls[1])
    for number, other in enumerate(balls[1:], start=1):
        Neighbour.objects.filter(image=balls[0], other=other).update(similarity=number / 10)
    balls[0].refresh_from_db()
    assert neighbours.similar(balls[0]) == [balls[5], balls[4], balls[3], balls[2]]
    words = client.get(balls[0].get_absolute_url()).content.decode()
    shown = words[words.index("Similar pictures") :]
    places = [shown.index(one.sha256) for one in (balls[5], balls[4], balls[3], balls[2])]
    assert places == sorted(places)
    assert balls[1].sha256 not in shown


def test_where_nothing_was_compared_no_page_speaks_of_it(client):
    [image] = given(factories.label("Ball"), 1)
    assert "Similar pictures" not in client.get(image.get_absolute_url()).content.decode()


def test_a_supplier_is_told_what_a_fresh_photo_looks_like_and_changes_its_label():
    _, ball, _, faucet = labels()
    ada = factories.account(username="ada")
    batch, balls, faucets = factories.batch(ada, ball), given(ball, 12), given(faucet, 12)
    [odd] = stock(ball, 1, batch=batch)
    look(balls, [odd, *faucets])
    browser = logged_in(ada)
    [row] = browser.get(f"/batches/{batch.pk}/status.json").json()["submissions"]
    url = f"/images/{odd.sha256}/relabel/"
    assert row["suggestion"] == {"slug": "faucet", "name": "Faucet", "url": url}
    page = browser.get(f"/batches/{batch.pk}/").content.decode()
    assert f'value="faucet" formaction="{url}"' in page
    assert browser.post(url, {"label": "faucet", "next": "batch"})["Location"] == f"/batches/{batch.pk}/"
    [row] = browser.get(f"/batches/{batch.pk}/status.json").json()["submissions"]
    assert (row["label"]["name"], row["suggestion"]) == ("Faucet", None)
    assert not Doubt.objects.filter(state="open").exists()
    assert broken() == {}


def test_a_photo_that_fits_its_label_gets_no_suggestion():
    ada, ball = factories.account(), factories.label("Ball")
    batch = factories.batch(ada, ball)
    [image] = stock(ball, 1, batch=batch)
    look([image, *given(ball, 12)])
    [row] = logged_in(ada).get(f"/batches/{batch.pk}/status.json").json()["submissions"]
    assert row["suggestion"] is None


def test_a_page_waits_for_what_is_compared_now_and_for_nothing_that_nobody_compares():
    ada, ball = factories.account(), factories.label("Ball")
    batch = factories.batch(ada, ball)
    images = stock(ball, 2, batch=batch)

    def comparing():
        return logged_in(ada).get(f"/batches/{batch.pk}/status.json").json()["comparing"]

    assert comparing()
    look(images)
    assert not comparing()
    Embedding.objects.all().delete()
    Backbone.objects.all().delete()
    assert not comparing()


class Blur(Eye):
    """Kinds that run into each other."""

    def vectors(self, examples, read, store):
        return {one.id: np.eye(8)[self.kinds[one.id]] + self.random.normal(0, 0.25, 8) for one in examples}


def test_most_planted_mislabels_are_found_and_next_to_nothing_else():
    _, ball, gate, faucet = labels()
    kinds = [given(ball, 40), given(gate, 40), given(faucet, 40)]
    wrong = [kinds[n][:3] for n in range(3)]
    look(*([*kinds[n][3:], *wrong[n - 1]] for n in range(3)), eye=Blur)
    planted = {image.pk for images in wrong for image in images}
    found = {image for image, _, _ in doubted()}
    assert len(found & planted) >= 5
    assert len(found - planted) <= 1
