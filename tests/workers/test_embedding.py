"""Pictures compared by deep features: each once, found by both ways to search; none where there are no weights."""

import numpy as np
import pytest
from django.db import connection
from django.db.models.functions import Now

from hub import catalogue, jobs, neighbours, progress, sql, storage
from hub.models import Backbone, Embedding, Feature, Image, Job, Neighbour, Rendition
from tests import factories, shelves
from tests.parts import broken, empty_storage
from tests.stock import alike, stock
from tests.workers.backbones import tiny
from workers import embedding, vectors
from workers.backbones import spec
from workers.backbones.features import Source
from workers.backbones.pooled import Pooled
from workers.training_rows import Features, rendition

pytestmark = pytest.mark.django_db
WIDTH = 512
WEIGHTS = "f" * 64


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    empty_storage(settings, tmp_path / "files")


@pytest.fixture
def weights(settings, tmp_path, monkeypatch):
    """A network of a few filters under the name of VGG16, with weights of its operator's own."""
    monkeypatch.setitem(spec.BACKBONES, "tiny", tiny.BACKBONE)
    monkeypatch.setitem(spec.BACKBONES, "vgg16", tiny.BACKBONE)
    found = tiny.weights(tmp_path)
    settings.WEIGHTS_DIR, settings.WEIGHTS_HASHES = tmp_path, {tiny.FILE: found.sha256}
    row = Backbone(name="vgg16", title="VGG16", side=32, available=True, weights_sha256=found.sha256)
    progress.report_backbones([row])
    return found


@pytest.fixture(params=["pgvector", "numpy"])
def way(request):
    """Both ways: vectors as such in Postgres, and their bytes where it knows no vectors."""
    if request.param == "numpy":
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX embeddings_of_512, embeddings_of_2048")
            cursor.execute("ALTER TABLE hub_embedding DROP COLUMN vector, ADD COLUMN vector bytea")
    return request.param


def work() -> Job:
    """Take up the job there is, as a worker would."""
    job = Job.objects.get(kind="embed", state="queued")
    Job.objects.filter(pk=job.pk).update(run_after=Now())
    embedding.embed(job.pk)
    job.refresh_from_db()
    return job


def drawn(count: int) -> np.ndarray:
    """Vectors of length 1, float32 (count, 512)."""
    found = np.random.default_rng(7).standard_normal((count, WIDTH)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def brute(vectors_: np.ndarray, asked: int, apart=frozenset(), most=5) -> list[int]:
    """The rows most like row `asked`, by comparing all."""
    order = np.argsort(-(vectors_ @ vectors_[asked]), kind="stable")
    return [int(n) for n in order if n != asked and n not in apart][:most]


def test_the_search_finds_what_comparing_everything_finds(way):
    assert vectors.in_postgres() == (way == "pgvector")
    images, made = stock(factories.label("Ball"), 60), drawn(60)
    vectors.put("vgg16", WEIGHTS, {one.pk: v for one, v in zip(images[:50], made[:50], strict=True)})
    fresh = {one.pk: v for one, v in zip(images[50:], made[50:], strict=True)}
    found = vectors.nearest(fresh, WEIGHTS, 5)
    for n in range(50, 60):
        due = [images[row].pk for row in brute(made, n)]
        assert [other for image, other, _ in found if image == images[n].pk] == due
    cosine = {(image, other): value for image, other, value in found}
    first = brute(made, 50)[0]
    assert cosine[images[50].pk, images[first].pk] == pytest.approx(float(made[50] @ made[first]), abs=2e-3)


def test_the_index_serves_the_search_and_skips_what_it_must():
    images, made = stock(factories.label("Ball"), 60), drawn(60)
    vectors.put("vgg16", WEIGHTS, {one.pk: v for one, v in zip(images, made, strict=True)})
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        asked = {
            "vector": vectors._text(made[0]),
            "width": WIDTH,
            "ours": [images[0].pk],
            "weights": WEIGHTS,
            "most": 5,
        }
        cursor.execute("EXPLAIN " + sql.load("queries/nearest"), asked)
        assert "embeddings_of_512" in str(cursor.fetchall())
    alike(images[0], *(images[row] for row in brute(made, 0, most=3)))
    found = vectors.nearest({images[0].pk: made[0]}, WEIGHTS, 5)
    assert [other for _, other, _ in found] == [images[row].pk for row in brute(made, 0, most=8)[3:]]


def test_small_blocks_find_the_same_as_one(way):
    images, made = stock(factories.label("Ball"), 40), drawn(40)
    vectors.put("vgg16", WEIGHTS, {one.pk: v for one, v in zip(images, made, strict=True)})
    read = [(ids, block) for ids, block in vectors.blocks(WEIGHTS, size=7)]
    assert [len(ids) for ids, _ in read] == [7, 7, 7, 7, 7, 5]
    assert np.vstack([block for _, block in read]) == pytest.approx(made, abs=1e-3)


def test_near_duplicates_and_other_weights_are_nobodys_neighbours(way):
    images, made = stock(factories.label("Ball"), 6), np.repeat(drawn(1), 6, axis=0)
    alike(images[0], images[1])
    vectors.put("vgg16", WEIGHTS, {one.pk: made[0] for one in images[1:4]})
    vectors.put("vgg16", "e" * 64, {one.pk: made[0] for one in images[4:]})
    found = vectors.nearest({images[0].pk: made[0]}, WEIGHTS, 5)
    assert {other for _, other, _ in found} == {images[2].pk, images[3].pk}


def test_a_withdrawn_image_is_given_no_vector(way):
    image, made = stock(factories.label("Ball"), 1)[0], drawn(1)
    catalogue.withdraw(image)
    vectors.put("vgg16", WEIGHTS, {image.pk: made[0]})
    assert not Embedding.objects.exists()
    assert vectors.nearest({image.pk: made[0]}, WEIGHTS, 5) == []


def test_every_image_is_compared_once_and_keeps_its_nearest(weights, way):
    shelves.label("Ball", 30)
    neighbours.catch_up()
    assert work().state == "done"
    assert Embedding.objects.count() == Feature.objects.count() == 30
    assert {Neighbour.objects.filter(image=one).count() for one in Image.objects.all()} == {20}
    assert not Job.objects.filter(state="queued").exists()
    assert broken() == {}


def test_what_is_given_later_is_added_to_the_lists_of_those_before(weights):
    ball = shelves.label("Ball", 5)
    neighbours.catch_up()
    work()
    [late] = stock(ball, 1)
    neighbours.catch_up()
    work()
    others = Image.objects.exclude(pk=late.pk)
    assert Neighbour.objects.filter(image=late).count() == 5
    assert all(Neighbour.objects.filter(image=one, other=late).exists() for one in others)


def test_a_long_catch_up_gives_others_of_the_queue_their_turn(weights, monkeypatch):
    shelves.label("Ball", 12)
    monkeypatch.setattr(embedding, "PASS", 5)
    monkeypatch.setattr(embedding, "TURN", -1)
    neighbours.catch_up()
    work()
    assert Embedding.objects.count() == 0
    monkeypatch.setattr(embedding, "TURN", 600)
    work()
    assert Embedding.objects.count() == 12


def test_a_picture_that_does_not_decode_is_asked_for_once(weights):
    good, bad, gone = stock(factories.label("Ball"), 3)
    row = bad.renditions.get(side=224)
    storage.delete("renditions", storage.rendition_key(row.sha256))
    storage.put("renditions", storage.rendition_key(row.sha256), b"no picture")
    Rendition.objects.filter(image=gone).delete()
    neighbours.catch_up()
    work()
    assert Embedding.objects.count() == 3
    [(ids, block)] = vectors.blocks(weights.sha256)
    assert (ids.tolist(), block.shape) == ([good.pk], (1, 24))
    neighbours.catch_up()
    assert not Job.objects.filter(state="queued").exists()
    assert not Neighbour.objects.filter(image=good).exists()


def test_what_a_training_kept_of_a_picture_is_used(weights):
    [image] = stock(factories.label("Ball"), 1)
    network = Pooled(tiny.BACKBONE, weights, "float32")
    [row] = neighbours.waiting(neighbours.backbone(), 1)
    kept, given = tiny.Store(), np.arange(24, dtype="<f4")
    kept[Source("tiny", weights.sha256, "float32", 32, 0).key(image.sha256, 0)] = b"activations" + given.tobytes()
    example = tiny.Example(image.sha256, 0, "", 0)
    found = network.vectors([example], lambda one: b"", kept)
    assert found[image.sha256].tolist() == given.tolist()
    assert kept.puts == 0
    fresh = network.vectors(
        [example], lambda one: rendition(one.id, row["rendition"]), Features("vgg16", {image.sha256: row})
    )
    again = network.vectors([example], lambda one: b"", Features("vgg16", {image.sha256: row}))
    assert fresh[image.sha256].tolist() == again[image.sha256].tolist()


def test_without_weights_nothing_is_asked_and_nothing_is_broken():
    shelves.label("Ball", 3)
    neighbours.ask()
    neighbours.catch_up()
    assert not Job.objects.exists()
    job = jobs.open_job("embed", neighbours.EVERYTHING)
    embedding.embed(job.pk)
    job.refresh_from_db()
    assert job.state == "done"


def test_weights_that_changed_under_the_row_end_the_job_quietly(weights, settings):
    shelves.label("Ball", 3)
    neighbours.catch_up()
    Backbone.objects.update(weights_sha256="0" * 64)
    assert work().state == "done"
    assert not Embedding.objects.exists()


def test_new_weights_make_all_of_it_anew(weights, settings, tmp_path):
    shelves.label("Ball", 4)
    neighbours.catch_up()
    work()
    other = tiny.weights(tmp_path, seed=4)
    settings.WEIGHTS_HASHES = {tiny.FILE: other.sha256}
    Backbone.objects.update(weights_sha256=other.sha256)
    neighbours.catch_up()
    work()
    assert set(Embedding.objects.values_list("weights_sha256", flat=True)) == {other.sha256}
    assert Neighbour.objects.count() == 12


def test_a_worker_told_to_end_leaves_the_rest_to_another(weights, monkeypatch):
    shelves.label("Ball", 4)
    neighbours.catch_up()
    monkeypatch.setattr(embedding, "_passes", lambda row, ending: ending.append(True))
    job = work()
    assert (job.state, job.attempt) == ("queued", 0)


def test_an_image_just_compared_with_its_likes_asks_for_it(weights):
    from tests.images import photo

    factories.checked(photo())
    job = Job.objects.get(kind="embed")
    assert (job.subject, job.state) == (neighbours.EVERYTHING, "queued")
    factories.checked(photo(seed=2))
    assert Job.objects.filter(kind="embed").count() == 1
