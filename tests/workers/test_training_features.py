"""Deep features: computed once, kept with rows that own them, used again, gone with their photo."""

import hashlib
from dataclasses import replace

import pytest
from django.db.models.functions import Now

from hub import features, objects, progress, storage, trainings
from hub.models import Backbone, Feature, Image
from hub.trainings import Wish
from tests.parts import broken, empty_storage
from tests.workers.backbones import tiny
from tests.workers.test_training import _no_files, asked, worked  # noqa: F401  a fixture
from workers.backbones import spec, worth
from workers.upkeep import clear_orphans

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_no_files")]
VIEWS = 48 * 4 + 12  # 48 pictures to learn from, in four views each; the others as they are


@pytest.fixture(autouse=True)
def _a_tiny_vgg16(settings, tmp_path, monkeypatch):
    """A network of a few filters under the name of VGG16, with weights of its operator's own."""
    empty_storage(settings, tmp_path / "files")
    monkeypatch.setitem(spec.BACKBONES, "vgg16", replace(tiny.BACKBONE, name="vgg16"))
    monkeypatch.setitem(spec.BACKBONES, "tiny", tiny.BACKBONE)
    monkeypatch.setitem(spec.BACKBONES, "scratch", tiny.SCRATCH)
    monkeypatch.setattr(worth, "EPOCHS", 1)
    weights = tiny.weights(tmp_path)
    settings.WEIGHTS_DIR, settings.WEIGHTS_HASHES = tmp_path, {tiny.FILE: weights.sha256}
    row = Backbone(name="vgg16", title="VGG16", side=32, available=True, weights_sha256=weights.sha256)
    progress.report_backbones([row])


def test_every_view_is_kept_once_with_a_row_and_the_next_training_computes_nothing():
    first = worked(asked(Wish("vgg16", "transfer", epochs=1)))
    assert (first.state, first.early["n"]) == ("ready", 6)
    assert Feature.objects.count() == VIEWS
    assert Backbone.objects.get(name="vgg16").seconds_per_view > 0
    Backbone.objects.update(seconds_per_view=None)
    before = set(Feature.objects.values_list("sha256", flat=True))
    again = worked(another(first, Wish("vgg16", "finetune", epochs=1)))
    assert (again.state, Feature.objects.count()) == ("ready", VIEWS)
    assert set(Feature.objects.values_list("sha256", flat=True)) == before
    assert Backbone.objects.get(name="vgg16").seconds_per_view is None
    assert wrong() == {}


def wrong() -> dict[str, list[str]]:
    """What the audit finds, but for the files that these tests leave out."""
    return {rule: first for rule, first in broken(deep=True).items() if not rule.startswith("models have")}


def another(request, wish):
    """A further wish of the same account for the same version."""
    return trainings.ask(request.owner, request.version, wish)[0]


def test_a_damaged_feature_is_computed_anew():
    first = worked(asked(Wish("vgg16", "probe")))
    one = Feature.objects.order_by("key")[0]
    storage.put("features", features.name_of(one.key), b"x" * one.size)
    assert worked(another(first, Wish("vgg16", "probe", seed=8))).state == "ready"
    data = storage.get("features", features.name_of(one.key))
    assert hashlib.sha256(data).hexdigest() == one.sha256
    assert wrong() == {}


def test_features_go_with_their_photo_and_when_nobody_uses_them(monkeypatch):
    request = worked(asked(Wish("vgg16", "probe")))
    image = request.version.members.filter(split="train")[0].image_id
    key = Feature.objects.get(image=image).key
    Image.objects.filter(pk=image).update(withdrawn_at=Now())
    assert features.forget(90) == 1
    monkeypatch.setattr(objects, "GRACE", objects.GRACE * 0)
    assert clear_orphans("features") == 1
    with pytest.raises(FileNotFoundError):
        storage.get("features", features.name_of(key))
    Feature.objects.update(used_at="2026-01-01T00Z")
    assert features.forget(90) == 59
    assert clear_orphans("features") == 59
