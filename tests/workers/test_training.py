"""A training from its request to its model: real pictures, real files, real rows."""

import errno
import io
import os
import signal
import time
import zipfile

import numpy as np
import pytest
from django.core import mail
from django.core.files.storage import storages
from django.db.models.functions import Now

from hub import jobs, progress, storage, trained, trainings
from hub.models import Backbone, Feature, Image, Job, TrainedModel, TrainingEpoch, TrainingRequest
from hub.trainings import Wish
from tests import factories, shelves
from tests.parts import broken, empty_storage
from workers import training, training_files
from workers.backbones.types import Recipe

pytestmark = pytest.mark.django_db
QUICK = Wish("scratch", "full", epochs=2)


@pytest.fixture(autouse=True)
def _a_worker_has_reported():
    progress.report_backbones([Backbone(name="scratch", title="From scratch", side=128, available=True)])


def version(count=30):
    for name in ("Ball", "Cube"):
        shelves.label(name, count)
    return shelves.frozen()


def asked(wish=QUICK) -> TrainingRequest:
    """A request that waits."""
    owner = factories.account(plan="premium", email="grace@example.org")
    return trainings.ask(owner, version(), wish)[0]


def worked(request: TrainingRequest) -> TrainingRequest:
    """The request, after a worker has taken up its job once."""
    job = Job.objects.get(kind="train", subject=request.pk)
    Job.objects.filter(pk=job.pk, state="queued").update(run_after=Now())
    training.train(job.pk)
    request.refresh_from_db()
    return request


@pytest.fixture
def _no_files(monkeypatch):
    """Leave out what is exported and checked, which takes long and is tried above."""

    def write(request, outcome, seen, told, folder):
        model = TrainedModel(
            digest=request.version.digest, backbone="scratch", method="full", hyperparameters=request.hyperparameters,
            labels=["Ball", "Cube"], label_ids=[1, 2], metrics={}, accuracy=0.5, images=60, seconds=1,
        )  # fmt: skip
        return model, [], []

    monkeypatch.setattr(training_files, "write", write)


def after_epoch(monkeypatch, number: int, act) -> None:
    """Let `act` happen once epoch `number` is written."""
    epoch = progress.epoch

    def told(work, request, fields, state):
        last = fields["number"]
        epoch(work, request, fields, state)
        if last == number:
            act(request)

    monkeypatch.setattr(progress, "epoch", told)


def test_a_request_becomes_a_model_with_all_its_files(settings, tmp_path):
    empty_storage(settings, tmp_path)
    request = worked(asked())
    model = request.model
    assert (request.state, model.labels, model.images) == ("ready", ["Ball", "Cube"], 60)
    assert model.seconds > 1
    files = {file.name: file for file in model.files.all()}
    assert set(trained.NEEDED) | {"golden.zip", "model.onnx", "curves.svg", "confusion.png"} <= set(files)
    assert max(files[name].gap for name in ("model.keras", "saved_model.zip", "model-float16.tflite")) <= 1e-3
    assert files["model-int8.tflite"].gap is not None
    card = storage.get("artifacts", trained.key(files["README.md"].sha256)).decode()
    assert request.version.digest in card
    assert "Trained from scratch" in card
    golden = zipfile.ZipFile(io.BytesIO(storage.get("artifacts", trained.key(files["golden.zip"].sha256))))
    answers = model.predictions.all()
    assert len(golden.namelist()) - 1 == answers.filter(golden=True).count() == 6
    assert all(bytes(answer.heat).startswith(b"\x89PNG") for answer in answers)
    assert model.metrics["accuracy"] == pytest.approx(np.mean([one.truth == one.guess for one in answers]), abs=1e-4)
    assert [epoch.number for epoch in request.epochs.order_by("number")] == [1, 2]
    assert model.acquirers.get() == request.owner
    assert broken(deep=True) == {}
    factories.work_off()
    [letter] = mail.outbox
    assert f"/models/{model.pk}/" in letter.body
    withdrawn = Image.objects.get(predictions=answers.filter(golden=True)[0])
    trained.retire([withdrawn])
    assert not model.files.filter(name="golden.zip").exists()


@pytest.mark.usefixtures("_no_files")
def test_a_worker_that_is_told_to_end_stops_and_the_next_goes_on_from_its_last_epoch(monkeypatch):
    request = asked(Wish("scratch", "full", epochs=4))
    with monkeypatch.context() as once:
        after_epoch(once, 2, lambda _: os.kill(os.getpid(), signal.SIGTERM))
        assert (worked(request).state, request.resumed_at) == ("running", None)
    job = Job.objects.get(kind="train")
    assert (job.state, job.attempt) == ("queued", 0)
    before = list(request.epochs.order_by("number").values_list("loss", flat=True))
    assert (worked(request).state, request.resumed_at) == ("ready", 2)
    epochs = list(request.epochs.order_by("number"))
    assert [epoch.number for epoch in epochs] == list(range(1, len(epochs) + 1))
    assert [epoch.loss for epoch in epochs][:2] == before
    assert request.checkpoint == ""


@pytest.mark.usefixtures("_no_files")
def test_a_cancel_takes_effect_within_a_batch(monkeypatch):
    request = asked(Wish("scratch", "full", epochs=50))
    after_epoch(monkeypatch, 1, lambda _: trainings.cancel(request))
    assert worked(request).state == "cancelled"
    assert request.epochs.count() == 1
    assert Job.objects.get(kind="train").state == "done"
    assert not TrainedModel.objects.exists()


@pytest.mark.usefixtures("_no_files")
def test_a_photo_withdrawn_while_it_ran_ends_it_in_words(monkeypatch):
    request = asked()
    image = request.version.members.order_by("image_id")[0].image_id
    after_epoch(monkeypatch, 1, lambda _: Image.objects.filter(pk=image).update(withdrawn_at=Now()))
    assert (worked(request).state, request.reason, request.detail) == ("failed", "images_withdrawn", {"n": 1})
    assert not TrainedModel.objects.exists()


@pytest.mark.usefixtures("_no_files")
def test_a_worker_whose_lease_went_to_another_writes_nothing_more(monkeypatch):
    request = asked()
    after_epoch(monkeypatch, 1, lambda _: Job.objects.filter(kind="train").update(attempt=2))
    worked(request)
    assert (request.state, request.epochs.count()) == ("running", 1)
    assert not TrainedModel.objects.exists()


def test_a_loss_that_runs_away_is_said(monkeypatch):
    monkeypatch.setattr(training_files, "recipe", lambda wish: Recipe("scratch", "full", head_rate=1e30))
    request = worked(asked())
    assert (request.state, request.reason) == ("failed", "loss_not_finite")
    assert request.detail["epoch"] >= 1


def test_a_photo_whose_rendition_is_gone_is_said():
    request = asked()
    image = request.version.members.order_by("image_id")[0].image
    for rendition in image.renditions.all():
        storage.delete("renditions", storage.rendition_key(rendition.sha256))
    assert (worked(request).state, request.reason) == ("failed", "picture_gone")
    assert request.detail == {"image": image.sha256}


def test_a_photo_that_no_longer_decodes_is_said():
    request = asked()
    image = request.version.members.order_by("image_id")[0].image
    for rendition in image.renditions.all():
        storage.put("renditions", storage.rendition_key(rendition.sha256), b"not a picture")
    assert (worked(request).state, request.reason) == ("failed", "picture_unreadable")


def test_a_disk_that_fills_is_said_and_leaves_nothing(settings, tmp_path, monkeypatch):
    empty_storage(settings, tmp_path / "files")
    settings.SCRATCH_DIR = str(tmp_path / "scratch")
    (tmp_path / "scratch").mkdir()
    request = asked()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(storages["features"], "_save", full)
    assert (worked(request).state, request.reason) == ("failed", "disk_full")
    assert list((tmp_path / "scratch").iterdir()) == []
    assert (TrainingEpoch.objects.count(), list(storages["features"].walk())) == (0, [])


def test_weights_that_are_gone_by_the_time_it_runs_are_said(settings, tmp_path):
    settings.WEIGHTS_DIR = tmp_path
    progress.report_backbones([Backbone(name="vgg16", title="VGG16", side=224, available=True)])
    request = worked(asked(Wish("vgg16", "finetune")))
    assert (request.state, request.reason) == ("failed", "weights_missing")
    assert not Feature.objects.exists()


def test_a_version_that_could_not_be_frozen_ends_the_training_that_waits_for_it():
    request = asked()
    type(request.version).objects.filter(pk=request.version.pk).update(state="failed", reason="nothing_selected")
    assert (worked(request).state, request.reason) == ("failed", "version_failed")


def test_a_version_that_is_not_frozen_yet_is_waited_for_without_an_attempt():
    request = asked()
    type(request.version).objects.filter(pk=request.version.pk).update(state="queued", digest="")
    worked(request)
    job = Job.objects.get(kind="train")
    assert (request.state, job.state, job.attempt) == ("queued", "queued", 0)


@pytest.mark.usefixtures("_no_files")
def test_two_who_wish_the_same_get_one_model():
    frozen = version()
    first, second = (trainings.ask(factories.account(plan="premium"), frozen, QUICK)[0] for _ in range(2))
    assert worked(first).state == worked(second).state == "ready"
    assert first.model == second.model
    assert second.epochs.count() == 0


def test_a_worker_of_a_cluster_joins_no_training_that_has_ended(monkeypatch):
    request = asked()
    TrainingRequest.objects.update(state="cancelled", finished_at=Now())
    monkeypatch.setattr(training, "_learn", None)
    assert training.join(request.pk) is None


@pytest.mark.usefixtures("_no_files")
def test_what_a_killed_training_left_is_cleared_once_no_worker_can_be_at_it(settings, tmp_path):
    settings.SCRATCH_DIR = str(tmp_path)
    for name, days in (("old", 4), ("young", 2)):
        (tmp_path / f"hub-train-{name}").mkdir()
        os.utime(tmp_path / f"hub-train-{name}", (time.time() - days * 86_400,) * 2)
    assert worked(asked(Wish("scratch", "full", epochs=1))).state == "ready"
    assert [path.name for path in tmp_path.iterdir()] == ["hub-train-young"]


def test_what_somebody_calls_a_private_dataset_is_not_told():
    version = asked().version
    assert training_files._name(version) == "A private dataset"
    version.dataset.public = True
    assert training_files._name(version) == version.dataset.name


def test_while_the_same_is_trained_for_another_a_wish_waits():
    frozen = version()
    first, second = (trainings.ask(factories.account(plan="premium"), frozen, QUICK)[0] for _ in range(2))
    progress.start(jobs.claim(Job.objects.get(kind="train", subject=first.pk).pk), first)
    assert worked(second).state == "queued"
    job = Job.objects.get(kind="train", subject=second.pk)
    assert (job.state, job.attempt) == ("queued", 0)
