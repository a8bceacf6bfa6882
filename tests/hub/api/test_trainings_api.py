"""Trainings for scripts: asked for once, followed, cancelled; by premium accounts, each its own."""

import pytest

from hub import jobs, progress
from hub.models import Account, Backbone, Dataset, Job, TrainingRequest
from tests import factories, shelves, trained
from tests.hub.api.conftest import Script

pytestmark = pytest.mark.django_db
SCRATCH = {"backbone": "scratch"}


@pytest.fixture(autouse=True)
def _a_worker_has_reported():
    missing = Backbone(name="vgg16", title="VGG16", side=224, reason="weights_missing")
    progress.report_backbones([Backbone(name="scratch", title="From scratch", side=128, available=True), missing])


@pytest.fixture
def grace(db) -> Script:
    """A premium account's script."""
    return Script(factories.account(username="grace", plan="premium"))


def version(count: int = 30, public: bool = True):
    for name in ("Ball", "Cube"):
        shelves.label(name, count)
    return shelves.frozen(Account.objects.get(username="grace"), public=public)


def asked(script: Script, **fields):
    return script.post("/trainings", {"version": version().digest} | SCRATCH | fields)


def test_a_training_is_asked_for_and_its_job_can_be_followed(grace):
    answer = asked(grace, seed=3, epochs=5)
    told = answer.json()
    assert answer.status_code == 202
    assert (told["state"], told["method"], told["hyperparameters"]) == ("queued", "full", {"seed": 3, "epochs": 5})
    assert answer["Location"] == told["job"]
    job = grace.get(told["job"].partition("/api/v1")[2]).json()
    assert (job["kind"], job["state"], job["about"]) == ("train", "queued", told["url"])
    assert [one["id"] for one in grace.get("/trainings").json()["items"]] == [told["id"]]


def test_labels_are_frozen_into_a_version_first(grace):
    for name in ("Ball", "Cube"):
        shelves.label(name, 30)
    told = grace.post("/trainings", {"labels": ["ball", "cube"]} | SCRATCH).json()
    assert (told["state"], told["version"]) == ("queued", None)
    factories.work_off()
    followed = grace.get(f"/trainings/{told['id']}").json()
    assert followed["version"] == Dataset.objects.get().versions.get().digest
    assert grace.get(told["job"].partition("/api/v1")[2]).json()["about"] == told["url"]


def test_what_was_trained_before_is_there_at_once(grace, monkeypatch):
    model = trained.model(version())
    monkeypatch.setattr("hub.trainings.finished", lambda *_: model)
    answer = grace.post("/trainings", {"version": model.digest} | SCRATCH)
    assert (answer.status_code, answer.json()["state"], answer.json()["job"]) == (200, "ready", None)
    assert answer.json()["model"].endswith(f"/models/{model.pk}")


def test_the_same_key_asks_once(grace):
    body = {"version": version().digest} | SCRATCH
    first, again = (grace.post("/trainings", body, key="once") for _ in range(2))
    assert (first.status_code, again.json()) == (202, first.json())
    assert TrainingRequest.objects.count() == 1


def test_a_free_account_is_told_what_it_takes(ada):
    answer = ada.post("/trainings", {"labels": ["ball", "cube"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "premium_needed")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"version": "", "labels": []}, 422, "no_labels"),
        ({"labels": ["ball"]}, 422, "bad_request"),
        ({"version": "0" * 64}, 404, "not_found"),
        ({"backbone": "resnet"}, 422, "unknown_backbone"),
        ({"backbone": "re\0net"}, 422, "unknown_backbone"),
        ({"backbone": "vgg16"}, 409, "weights_missing"),
        ({"backbone": "xception"}, 409, "no_training_worker"),
        ({"backbone": "vgg16", "method": "magic"}, 422, "unknown_method"),
        ({"seed": -1}, 422, "bad_number"),
        ({"epochs": 10**9}, 422, "bad_number"),
        ({"epochs": "many"}, 422, "bad_request"),
        ({"premium": True}, 422, "bad_request"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_queued(grace, fields, status, code):
    answer = asked(grace, **fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not TrainingRequest.objects.exists()


def test_too_few_pictures_are_refused_with_how_many_are_missing(grace):
    for name in ("Ball", "Cube"):
        shelves.label(name, 15)
    answer = grace.post("/trainings", {"labels": ["ball", "cube"]} | SCRATCH).json()
    assert (answer["code"], answer["about"]["missing"]) == ("too_few_to_train", 5)
    assert not Dataset.objects.exists()


def test_one_training_at_a_time(grace):
    body = {"version": version().digest} | SCRATCH
    assert grace.post("/trainings", body).status_code == 202
    answer = grace.post("/trainings", body | {"seed": 8})
    assert (answer.status_code, answer.json()["code"]) == (409, "training_already")


def test_a_training_tells_its_epochs_and_why_it_failed(grace):
    made = TrainingRequest.objects.get(pk=asked(grace).json()["id"])
    epoch = {"number": 1, "phase": "full", "loss": 0.7, "accuracy": 0.5, "val_loss": 0.6, "val_accuracy": 0.6}
    made.epochs.create(**epoch, seconds=2.0)
    work = jobs.claim(Job.objects.get(kind="train").pk)
    progress.fail(work, made, "loss_not_finite", {"epoch": 2})
    told = grace.get(f"/trainings/{made.pk}").json()
    assert told["epochs"] == [epoch | {"seconds": 2.0}]
    assert (told["state"], told["reason"], told["seconds_left"]) == ("failed", "loss_not_finite", None)
    assert "epoch 2" in told["words"]


def test_a_waiting_training_is_cancelled_at_once_and_only_once(grace):
    told = asked(grace).json()
    answer = grace.delete(f"/trainings/{told['id']}")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    again = grace.delete(f"/trainings/{told['id']}")
    assert (again.status_code, again.json()["code"]) == (409, "training_ended")


def test_a_training_of_somebody_else_is_not_there(grace, bob):
    told = asked(grace).json()
    assert bob.get(f"/trainings/{told['id']}").status_code == 404
    assert bob.delete(f"/trainings/{told['id']}").status_code == 404
    assert bob.get("/trainings").json()["items"] == []
    assert TrainingRequest.objects.get().state == "queued"
