"""Asking for a model: who may, for what, once; and what becomes of the wish."""

import threading

import pytest
from django.db import connection

from hub import archives, catalogue, jobs, progress, storage, trainings
from hub.models import Acquisition, Backbone, Image, Job, Notice, TrainedModel, TrainingRequest
from hub.problems import Refused
from hub.trainings import Wish
from tests import factories, shelves
from tests.parts import committed
from workers import training_rows

pytestmark = pytest.mark.django_db
FROM_SCRATCH = Wish("scratch", "full")


@pytest.fixture(autouse=True)
def _a_worker_has_reported():
    progress.report_backbones(
        [
            Backbone(name="scratch", title="From scratch", side=128, available=True),
            Backbone(name="vgg16", title="VGG16", side=224, available=False, reason="weights_missing"),
        ]
    )


def grace(**fields):
    return factories.account(plan="premium", **fields)


def version(owner=None, count=30, **fields):
    for name in ("Ball", "Cube"):
        shelves.label(name, count)
    return shelves.frozen(owner, **fields)


def asked(account, frozen, wish=FROM_SCRATCH):
    return trainings.ask(account, frozen, wish)[0]


def refused(*args, **kwargs):
    with pytest.raises(Refused) as caught:
        trainings.ask(*args, **kwargs)
    return caught.value.code


def finished(request, accuracy=0.9):
    """The request, trained."""
    job = Job.objects.get(kind="train", subject=request.pk)
    work = jobs.claim(job.pk)
    progress.start(work, request)
    wish = Wish(request.backbone, request.method, **request.hyperparameters)
    model = TrainedModel(
        recipe=trainings.recipe(request.version, wish, ""), digest=request.version.digest, backbone=request.backbone,
        method=request.method, hyperparameters=request.hyperparameters, labels=["Ball", "Cube"], label_ids=[1, 2],
        metrics={}, accuracy=accuracy, images=60, seconds=1,
    )  # fmt: skip
    files = [progress.Made("labels.txt", 5, "0" * 64)]
    progress.finish(work, request, model, files, [], archives.without(request.version.digest))
    return model


def test_a_premium_user_queues_a_training_with_its_job():
    owner = grace()
    request, job = trainings.ask(owner, version(owner), FROM_SCRATCH)
    assert (request.state, job.kind, job.subject, job.state) == ("queued", "train", request.pk, "queued")
    assert trainings.live(owner) == request
    assert request.estimate > 60


def test_a_free_user_is_refused_whatever_the_form_says():
    owner = factories.account()
    assert refused(owner, version(owner), FROM_SCRATCH) == "premium_needed"
    assert not TrainingRequest.objects.exists()


def test_without_pretrained_weights_the_request_is_refused_before_it_is_queued():
    assert refused(grace(), version(), Wish("vgg16")) == "weights_missing"
    assert not Job.objects.filter(kind="train").exists()


def test_before_any_worker_has_reported_nothing_can_be_asked_for():
    Backbone.objects.all().delete()
    assert refused(grace(), version(), FROM_SCRATCH) == "no_training_worker"
    assert refused(grace(), shelves.frozen(), Wish("resnet")) == "unknown_backbone"


def test_too_few_pictures_are_refused_in_words():
    assert refused(grace(), version(count=12), FROM_SCRATCH) == "too_few_to_train"


def test_one_training_at_a_time():
    owner, frozen = grace(), version()
    asked(owner, frozen)
    assert refused(owner, frozen, Wish("scratch", "full", seed=8)) == "training_already"
    assert asked(grace(), frozen).state == "queued"


@committed
def test_two_tabs_at_once_queue_one_training():
    owner, frozen, said = grace(), version(), []

    def press():
        try:
            said.append(asked(owner, frozen).state)
        except Refused as why:
            said.append(why.code)
        finally:
            connection.close()

    tabs = [threading.Thread(target=press) for _ in range(2)]
    [tab.start() for tab in tabs]
    [tab.join() for tab in tabs]
    assert sorted(said) == ["queued", "training_already"]
    assert Job.objects.filter(kind="train").count() == 1


def test_the_queue_is_counted():
    frozen = version()
    requests = [asked(grace(), frozen) for _ in range(3)]
    assert [trainings.place(request) for request in requests] == [0, 1, 2]


def test_the_same_wish_is_not_trained_twice_and_its_acquirers_are_counted():
    frozen = version()
    model = finished(asked(grace(), frozen))
    again, job = trainings.ask(grace(), frozen, FROM_SCRATCH)
    assert (again.state, again.model, job) == ("ready", model, None)
    assert Acquisition.objects.filter(model=model).count() == 2
    assert asked(grace(), frozen, Wish("scratch", "full", seed=8)).state == "queued"


def test_the_same_photos_in_another_dataset_give_the_same_model():
    first = version()
    model = finished(asked(grace(), first))
    assert asked(grace(), shelves.frozen()).model == model


def test_a_photo_withdrawn_since_makes_it_another_wish():
    frozen = version(count=40)
    finished(asked(grace(), frozen))
    Image.objects.filter(pk=frozen.members.order_by("image_id")[0].image_id).update(withdrawn_at="2026-01-01T00Z")
    assert asked(grace(), frozen).state == "queued"


def test_what_waits_is_cancelled_at_once_and_its_job_with_it():
    owner = grace()
    request = asked(owner, version())
    trainings.cancel(request)
    request.refresh_from_db()
    assert request.state == "cancelled"
    assert Job.objects.get(kind="train").state == "done"
    assert trainings.live(owner) is None


def test_what_runs_is_told_to_stop():
    request = asked(grace(), version())
    work = jobs.claim(Job.objects.get(kind="train").pk)
    progress.start(work, request)
    trainings.cancel(request)
    assert progress.step(work, request.pk, 3) is False
    progress.cancelled(work, request)
    request.refresh_from_db()
    assert (request.state, request.cancelling) == ("cancelled", False)


def test_what_waits_for_its_next_worker_is_cancelled_at_once():
    owner = grace()
    request = asked(owner, version())
    work = jobs.claim(Job.objects.get(kind="train").pk)
    progress.start(work, request)
    TrainingRequest.objects.update(checkpoint="0" * 64)
    jobs.postpone(work, "its worker was told to end")
    trainings.cancel(request)
    request.refresh_from_db()
    assert (request.state, request.checkpoint, Job.objects.get(kind="train").state) == ("cancelled", "", "done")
    assert trainings.live(owner) is None


def test_what_was_to_be_cancelled_when_its_worker_was_lost_is_cancelled_and_nobody_is_mailed():
    request = asked(grace(email="grace@example.org"), version())
    TrainingRequest.objects.update(state="running", cancelling=True)
    progress.give_up(request.pk)
    request.refresh_from_db()
    assert request.state == "cancelled"
    assert not Notice.objects.exists()


def test_a_cancel_that_comes_as_the_model_is_whole_is_heeded():
    request = asked(grace(), version())
    TrainingRequest.objects.filter(pk=request.pk).update(cancelling=True)
    finished(request)
    request.refresh_from_db()
    assert (request.state, request.model) == ("cancelled", None)
    assert not TrainedModel.objects.exists()


def test_a_model_is_found_by_the_weights_it_came_from_though_they_are_away_now():
    frozen = version()
    Backbone.objects.filter(name="vgg16").update(available=True, reason="", weights_sha256="a" * 64)
    wish = Wish("vgg16", "probe")
    TrainedModel.objects.create(
        recipe=trainings.recipe(frozen, wish, "a" * 64), digest=frozen.digest, backbone="vgg16", method="probe",
        hyperparameters=wish.hyperparameters(), labels=["Ball", "Cube"], label_ids=[1, 2], metrics={}, accuracy=0.9,
        images=60, seconds=1,
    )  # fmt: skip
    away = Backbone(name="vgg16", title="VGG16", side=224, available=False, reason="weights_missing")
    progress.report_backbones([away])
    assert asked(grace(), frozen, wish).state == "ready"


def test_what_has_ended_cannot_be_cancelled():
    request = asked(grace(), version())
    finished(request)
    with pytest.raises(Refused, match="training_ended"):
        trainings.cancel(request)


def test_a_worker_whose_lease_went_to_another_is_told_to_stop_and_counts_nothing():
    request = asked(grace(), version())
    late = jobs.claim(Job.objects.get(kind="train").pk)
    progress.start(late, request)
    Job.objects.filter(pk=late.job).update(attempt=2)
    assert progress.step(late, request.pk, 3) is False
    request.refresh_from_db()
    assert request.done == 0


def test_a_photo_withdrawn_at_the_last_moment_gives_no_model():
    request = asked(grace(), version())
    before = archives.without(request.version.digest)
    work = jobs.claim(Job.objects.get(kind="train").pk)
    catalogue.withdraw(request.version.members.order_by("image_id")[0].image)
    with pytest.raises(Refused, match="images_withdrawn"):
        progress.finish(work, request, TrainedModel(), [], [], before)
    assert not TrainedModel.objects.exists()
    assert Job.objects.get(pk=work.job).state == "running"


def test_a_late_worker_of_a_cancelled_training_writes_nothing():
    request = asked(grace(), version())
    late = jobs.claim(Job.objects.get(kind="train").pk)
    progress.start(late, request)
    TrainingRequest.objects.filter(pk=request.pk).update(state="cancelled", finished_at="2026-01-01T00Z")
    Job.objects.filter(pk=late.job).update(state="done", lease_until=None)
    for write in (
        lambda: progress.phase(late, request.pk, "head", 3),
        lambda: progress.early(late, request.pk, {"accuracy": 1.0}),
        lambda: progress.give(late, request, None),
        lambda: progress.fail(late, request, "disk_full", {}),
    ):
        with pytest.raises(jobs.Superseded):
            write()
    request.refresh_from_db()
    assert (request.state, request.phase, request.early) == ("cancelled", "", {})


def broken_off(request, tmp_path):
    """A training that was broken off after its first epoch, taken up by its next worker."""
    job = Job.objects.get(kind="train", subject=request.pk)
    work = jobs.claim(job.pk)
    progress.start(work, request)
    (tmp_path / "state").write_bytes(b"weights")
    told = {"phase": "full", "loss": 1, "accuracy": 0.5, "val_loss": 1, "val_accuracy": 0.5, "seconds": 1}
    progress.epoch(work, request.pk, {"number": 1, **told}, tmp_path / "state")
    jobs.postpone(work, "its worker was told to end")
    Job.objects.update(run_after="2026-01-01T00Z")
    return jobs.claim(job.pk)


def test_a_training_goes_on_from_its_last_epoch(tmp_path):
    request = asked(grace(), version())
    work = broken_off(request, tmp_path)
    progress.start(work, request)
    assert training_rows.Told(work, request, tmp_path, []).saved()
    request.refresh_from_db()
    assert request.resumed_at == 1


def test_what_was_learnt_from_a_photo_withdrawn_since_is_forgotten(tmp_path):
    request = asked(grace(), version())
    work = broken_off(request, tmp_path)
    catalogue.withdraw(request.version.members.order_by("image_id")[0].image)
    progress.start(work, request)
    request.refresh_from_db()
    assert (request.epochs.count(), request.checkpoint, request.resumed_at) == (0, "", 0)


def test_epochs_whose_state_is_gone_are_forgotten(tmp_path):
    request = asked(grace(), version())
    work = broken_off(request, tmp_path)
    request.refresh_from_db()
    storage.delete("features", progress.checkpoint_key(request.checkpoint))
    progress.start(work, request)
    assert training_rows.Told(work, request, tmp_path, []).saved() is None
    request.refresh_from_db()
    assert (request.epochs.count(), request.checkpoint, request.resumed_at) == (0, "", 0)


def test_who_asked_is_told_once_when_it_is_ready():
    request = asked(grace(email="grace@example.org"), version())
    finished(request)
    assert Notice.objects.get().kind == "training_ready"


def test_who_asked_for_no_mail_hears_of_it_by_the_bell_alone():
    owner = grace(email="grace@example.org")
    finished(trainings.ask(owner, version(), FROM_SCRATCH, mail=False)[0])
    assert Notice.objects.get().account == owner
    assert not Job.objects.filter(kind="mail").exists()


def test_a_training_whose_worker_was_killed_each_time_ends_in_a_plain_reason():
    from hub import failures

    request = asked(grace(), version())
    for _ in range(3):
        Job.objects.filter(kind="train").update(state="queued", run_after="2026-01-01T00Z")
        assert jobs.claim(Job.objects.get(kind="train").pk)
    Job.objects.filter(kind="train").update(lease_until="2026-01-01T00Z")
    assert failures.give_up(Job.objects.get(kind="train"), "")
    request.refresh_from_db()
    assert (request.state, request.reason) == ("failed", "worker_lost")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"method": "magic"}, "unknown_method"),
        ({"seed": "-1"}, "bad_number"),
        ({"seed": "9" * 30}, "bad_number"),
        ({"epochs": "101"}, "bad_number"),
        ({"epochs": "٣"}, "bad_number"),
        ({"epochs": 1.5}, "bad_number"),
    ],
)
def test_a_wish_that_cannot_be_read_is_refused(given, code):
    with pytest.raises(Refused) as caught:
        trainings.read_wish(given)
    assert caught.value.code == code


def test_the_usual_wish_is_vgg16_fine_tuned_and_every_layer_where_there_is_a_gpu():
    assert trainings.read_wish({}) == Wish("vgg16", "finetune", 7, 20)
    Backbone.objects.filter(name="vgg16").update(gpus=1)
    assert trainings.read_wish({}).method == "full"
    assert trainings.read_wish({"backbone": "scratch", "method": "probe"}).method == "full"
