"""The pages that ask for a model and follow its training: what they say, whom they refuse, what they leave behind."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from hub import progress, trainings
from hub.models import Backbone, Dataset, DatasetVersion, Job, TrainingRequest, Watch
from hub.trainings import Wish
from tests import factories, shelves, trained
from tests.hub.conftest import logged_in
from tests.parts import committed, empty_storage, in_threads

pytestmark = pytest.mark.django_db
NEW = "/trainings/new/"
LABELS = f"{NEW}?label=ball&label=cube"
FROM_SCRATCH = {"backbone": "scratch", "method": "full", "seed": "7", "epochs": "20", "mail": "on"}


@pytest.fixture(autouse=True)
def _a_worker_has_reported(settings, tmp_path):
    empty_storage(settings, tmp_path)
    progress.report_backbones(
        [
            Backbone(name="scratch", title="From scratch", side=128, available=True),
            Backbone(name="vgg16", title="VGG16", side=224, available=False, reason="weights_missing"),
        ]
    )


@pytest.fixture
def grace():
    """Somebody who may ask for models."""
    return factories.account(username="grace", plan="premium", email="grace@example.org")


def toys(ball=30, cube=30):
    return shelves.label("Ball", ball), shelves.label("Cube", cube)


def version(owner=None, **fields):
    toys()
    return shelves.frozen(owner, **fields)


def running(owner, **fields):
    """A training of this account that a worker has begun."""
    request, _ = trainings.ask(owner, version(owner), Wish("scratch", "full"))
    usual = {"state": "running", "started_at": timezone.now(), "phase": "full", "total": 20, "done": 3}
    TrainingRequest.objects.filter(pk=request.pk).update(**usual | fields)
    held = timezone.now() + timedelta(minutes=1)
    Job.objects.filter(kind="train", subject=request.pk).update(state="running", lease_until=held)
    request.refresh_from_db()
    return request


def epochs(request, *phases):
    for number, phase in enumerate(phases, 1):
        figures = {"loss": 1 / number, "accuracy": 0.5, "val_loss": 1.2 / number, "val_accuracy": 0.4, "seconds": 2}
        request.epochs.create(number=number, phase=phase, **figures)


def said(answer) -> str:
    return " ".join(answer.content.decode().split())


def page(path, account=None) -> str:
    return said((logged_in(account) if account else Client()).get(path))


def asked_of(found, grace):
    return f"{NEW}?version={found.digest}", logged_in(grace)


def test_readiness_is_told_in_words_with_what_each_class_has_of_what_it_needs(grace):
    toys(7, 60)
    words = page(LABELS, grace)
    assert "<b>7 of 20</b>" in words
    assert "60 distinct" in words
    assert "Ball has 7 distinct photos; a class needs 20." in words
    assert "Ask for 13 more" in words
    assert "One thing stands in the way" in words


def test_a_network_without_weights_is_shown_with_the_reason_and_cannot_be_chosen(grace):
    toys()
    words = page(LABELS, grace)
    assert 'value="vgg16" disabled' in words
    assert "The pretrained weights of VGG16 are not on this hub" in words
    assert 'value="scratch" checked' in words
    assert "No training worker has reported to this hub yet." in words  # of the others


def test_minutes_and_the_place_in_the_queue_are_told_before_anybody_asks(grace):
    running(factories.account(plan="premium"))
    words = page(LABELS, grace)
    assert "1 training comes first." in words
    assert 'data-takes="scratch full">about 3 minutes' in words


def test_a_free_user_sees_what_it_is_and_why_the_button_is_dead():
    toys()
    words = page(LABELS, factories.account())
    assert "Training a model takes a premium account." in words
    assert 'form="wish" disabled' in words


def test_a_stranger_is_asked_to_log_in_and_comes_back_to_the_same_choice():
    toys()
    assert "/accounts/login/?next=/trainings/new/%3Flabel%3Dball%26label%3Dcube" in page(LABELS)


def test_a_free_user_who_forges_the_form_is_refused_and_leaves_nothing():
    toys()
    answer = logged_in(factories.account()).post(LABELS, FROM_SCRATCH)
    assert answer.status_code == 403
    assert "Training a model takes a premium account." in said(answer)
    assert not Dataset.objects.exists()
    assert not TrainingRequest.objects.exists()


def test_a_version_is_asked_for_and_followed(grace):
    path, browser = asked_of(version(grace), grace)
    answer = browser.post(path, FROM_SCRATCH)
    made = TrainingRequest.objects.get()
    assert answer["Location"] == f"/trainings/{made.pk}/"
    assert (made.owner, made.state, made.mail) == (grace, "queued", True)
    words = page(answer["Location"], grace)
    assert "Cancel it" in words
    assert "A mail goes to grace@example.org when it ends." in words


def test_labels_alone_are_frozen_into_a_private_dataset_first(grace):
    toys()
    logged_in(grace).post(LABELS, FROM_SCRATCH)
    made = TrainingRequest.objects.get()
    assert (made.version.dataset.name, made.version.dataset.public, made.version.state) == (
        "Ball, Cube",
        False,
        "queued",
    )
    assert made.estimate > 110  # it knows the pictures, though none is frozen yet
    assert "its photos are being frozen first" in page(made.get_absolute_url(), grace)
    factories.work_off()
    assert DatasetVersion.objects.get().state == "ready"


def test_labels_that_are_not_ready_leave_no_dataset_behind(grace):
    toys(7)
    answer = logged_in(grace).post(LABELS, FROM_SCRATCH)
    assert answer.status_code == 422
    assert "Ball has 7 distinct photos; a class needs 20." in said(answer)
    assert not Dataset.objects.exists()


@committed
def test_two_tabs_at_once_leave_one_training_and_one_dataset():
    toys()
    owner = factories.account(plan="premium")
    tabs = [logged_in(owner) for _ in range(2)]
    answers = in_threads(2, lambda n: tabs[n].post(LABELS, FROM_SCRATCH).status_code)
    assert sorted(answers) == [302, 409]
    assert TrainingRequest.objects.count() == Dataset.objects.count() == Job.objects.filter(kind="freeze").count() == 1


def test_a_training_of_mine_that_runs_is_told_with_its_link(grace):
    request = running(grace)
    answer = logged_in(grace).post(LABELS, FROM_SCRATCH)
    assert answer.status_code == 409
    assert "You have a training that runs" in said(answer)
    assert request.get_absolute_url() in said(answer)


def test_what_was_trained_before_is_offered_and_given_at_once(grace):
    found = version(grace)
    recipe = trainings.recipe(found, Wish("scratch", "full"), "")
    model = trained.model(found, backbone="scratch", method="full", recipe=recipe)
    path, browser = asked_of(found, grace)
    assert model.get_absolute_url() in said(browser.get(path))
    assert browser.post(path, FROM_SCRATCH)["Location"] == model.get_absolute_url()
    assert model.acquisitions.get().account == grace


def test_a_mistaken_number_is_said_and_what_was_chosen_stays(grace):
    path, browser = asked_of(version(grace), grace)
    answer = browser.post(path, FROM_SCRATCH | {"epochs": "many"})
    assert answer.status_code == 422
    assert "Epochs must be a whole number of at most 100." in said(answer)
    assert 'value="many"' in said(answer)


def test_a_private_version_of_somebody_else_cannot_be_asked_for(grace):
    found = version(factories.account())
    path, browser = asked_of(found, grace)
    assert browser.get(path).status_code == 404
    assert browser.post(path, FROM_SCRATCH).status_code == 404


def test_labels_are_added_and_dropped_by_the_address(grace):
    toys()
    browser = logged_in(grace)
    assert browser.get(f"{NEW}?label=ball&add=Cube")["Location"] == LABELS
    assert browser.get(f"{LABELS}&drop=cube")["Location"] == f"{NEW}?label=ball"
    assert "There is no label “Kube”" in said(browser.get(f"{NEW}?label=ball&add=Kube"))


def test_an_empty_request_offers_datasets(grace):
    found = version(grace)
    assert f"{NEW}?version={found.digest}" in page(NEW, grace)
    assert f"{NEW}?version={found.digest}" not in page(NEW)  # it is private


def test_labels_too_few_are_watched_with_one_button(grace):
    toys(7, 9)
    browser = logged_in(grace)
    assert "Watch these 2 labels" in said(browser.get(LABELS))
    browser.post(LABELS, {"watch": "1"})
    assert set(Watch.objects.values_list("label__name", "wanted")) == {("Ball", 100), ("Cube", 100)}
    assert "a mail comes once there are 100 distinct photos of each" in said(browser.get(LABELS))


def test_phases_and_curves_are_drawn_without_scripts(grace):
    request = running(grace, early={"accuracy": 0.81, "n": 40}, resumed_at=4)
    epochs(request, "full", "full", "full")
    words = page(request.get_absolute_url(), grace)
    assert "<polyline" in words
    assert '<span data-f="done">3</span> of 20 steps' in words
    assert "81 %" in words
    assert "It resumed at epoch 4" in words
    assert words.count("to come") == 3


def test_the_script_is_told_when_to_draw_anew(grace):
    request = running(grace)
    browser, path = logged_in(grace), f"/trainings/{request.pk}/status.json"
    first = browser.get(path).json()
    assert (first["state"], first["done"], first["total"], first["busy"]) == ("running", 3, 20, True)
    TrainingRequest.objects.update(done=4)
    assert browser.get(path).json()["mark"] == first["mark"]
    epochs(request, "full")
    assert browser.get(path).json()["mark"] != first["mark"]
    assert f'data-mark="{browser.get(path).json()["mark"]}"' in page(request.get_absolute_url(), grace)


def test_what_waits_is_cancelled_with_a_button(grace):
    path, browser = asked_of(version(grace), grace)
    browser.post(path, FROM_SCRATCH)
    made = TrainingRequest.objects.get()
    browser.post(f"/trainings/{made.pk}/cancel/")
    assert "You cancelled it" in page(made.get_absolute_url(), grace)


def test_what_runs_says_that_it_stops(grace):
    request = running(grace)
    logged_in(grace).post(f"/trainings/{request.pk}/cancel/")
    assert "It stops within a moment." in page(request.get_absolute_url(), grace)


def test_a_failure_ends_in_words_and_advice(grace):
    ended = {"state": "failed", "finished_at": timezone.now(), "reason": "loss_not_finite", "detail": {"epoch": 7}}
    words = page(running(grace, **ended).get_absolute_url(), grace)
    assert "The training ran away in epoch 7: its loss is no longer a number." in words
    assert "Ask again with another seed or method." in words
    assert "it ended here" in words


def test_what_a_worker_has_just_begun_is_in_its_first_phase(grace):
    words = page(running(grace, phase="", total=0, done=0).get_absolute_url(), grace)
    assert '<li data-state="now" aria-current="step"><b>Adjust every layer' in words
    assert "looks at every photo" not in words


def test_what_ended_has_nothing_to_come(grace):
    words = page(
        running(grace, state="failed", finished_at=timezone.now(), reason="disk_full").get_absolute_url(), grace
    )
    assert words.count("not reached") == 3
    assert "to come" not in words


def test_a_finished_training_leads_to_its_model(grace):
    request = running(grace)
    model = trained.model(request.version)
    TrainingRequest.objects.update(state="ready", model=model, finished_at=timezone.now())
    words = page(request.get_absolute_url(), grace)
    assert f'href="{model.get_absolute_url()}">Open the model' in words
    assert "to come" not in words
    assert model.get_absolute_url() in page("/trainings/", grace)


def test_the_version_and_build_pages_lead_here(grace):
    found = version(grace)
    assert f"{NEW}?version={found.digest}" in page(found.get_absolute_url(), grace)
    assert f"{NEW}?label=ball&amp;label=cube" in page("/datasets/new/?label=ball&label=cube", grace)


def test_an_account_without_trainings_is_told_what_to_do(grace):
    words = page("/trainings/", grace)
    assert "You have asked for no model yet" in words
