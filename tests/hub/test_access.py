"""Every address, tried by its owner, another user, a moderator, staff and a stranger."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from hub import archives, tokens
from hub.models import DatasetVersion, TrainingRequest
from tests import factories, images, shelves, trained
from tests.hub.conftest import logged_in
from tests.parts import empty_storage

JSON = {"HTTP_ACCEPT": "application/json"}
# name: (method, owner, another, moderator, stranger); 302 of a stranger leads to the log-in page.
DECISIONS = {
    "home": ("get", 200, 200, 200, 200),
    "labels": ("get", 200, 200, 200, 200),
    "labels_json": ("get", 200, 200, 200, 200),
    "label": ("get", 200, 200, 200, 200),
    "image": ("get", 200, 200, 200, 200),
    "rendition": ("get", 200, 200, 200, 200),
    "licences": ("get", 200, 200, 200, 200),
    "healthz": ("get", 200, 200, 200, 200),
    "readyz": ("get", 200, 200, 200, 200),
    "propose_label": ("get", 200, 200, 200, 302),
    "give": ("get", 200, 200, 200, 302),
    "mine": ("get", 200, 200, 200, 302),
    "account": ("get", 200, 200, 200, 302),
    "make_token": ("post", 422, 422, 422, 302),
    "take_back_token": ("post", 302, 404, 404, 302),
    "original": ("get", 200, 404, 404, 302),
    "withdraw": ("post", 302, 404, 404, 302),
    "batch": ("get", 200, 404, 404, 302),
    "batch_status": ("get", 200, 404, 404, 401),
    "precheck": ("post", 400, 404, 404, 401),
    "batch_files": ("post", 400, 404, 404, 401),
    "batch_slots": ("post", 405, 404, 404, 401),
    "arrived": ("post", 200, 404, 404, 401),
    "preview": ("get", 404, 404, 404, 302),
    "keep": ("post", 409, 404, 409, 302),
    "drop": ("post", 409, 404, 409, 302),
    "settle": ("post", 403, 403, 400, 302),
    "moderation": ("get", 403, 403, 200, 302),
    "decide_proposal": ("post", 403, 403, 404, 302),
    "signed_file": ("get", 403, 403, 403, 403),
    "models": ("get", 200, 200, 200, 200),
    "request_model": ("get", 200, 200, 200, 200),
    "trainings": ("get", 200, 200, 200, 302),
    "watch_label": ("post", 302, 302, 302, 302),
    "decide_doubt": ("post", 403, 403, 400, 302),
}
# The same of a private dataset of the owner's, frozen and packed.
OF_DATASETS = {
    "datasets": ("get", 200, 200, 200, 200),
    "build": ("get", 200, 200, 200, 200),
    "dataset": ("get", 200, 404, 404, 404),
    "diff": ("get", 200, 404, 404, 404),
    "freeze": ("post", 302, 404, 404, 302),
    "publish": ("post", 302, 404, 404, 302),
    "delete_dataset": ("post", 302, 404, 404, 302),
    "version": ("get", 200, 404, 404, 404),
    "version_status": ("get", 200, 404, 404, 404),
    "order_archive": ("post", 302, 404, 404, 302),
    "archive_link": ("get", 302, 404, 404, 404),
    "version_by_id": ("get", 302, 404, 404, 404),
    "fetch": ("get", 200, 403, 403, 200),
}
# The same of a model of that dataset's, and of the training it came from.
OF_MODELS = {
    "model": ("get", 200, 404, 404, 404),
    "model_cell": ("get", 200, 404, 404, 404),
    "model_file": ("get", 200, 404, 404, 404),
    "heat": ("get", 200, 404, 404, 404),
    "doubt": ("post", 302, 404, 404, 302),
    "training": ("get", 200, 404, 404, 302),
    "training_status": ("get", 200, 404, 404, 401),
    "cancel_training": ("post", 302, 404, 404, 302),
    "try_model": ("post", 400, 404, 404, 404),
}


def ours() -> list[str]:
    """The names of the addresses the hub itself defines."""
    return [str(pattern.name) for pattern in get_resolver().url_patterns if isinstance(pattern, URLPattern)]


def test_no_address_is_without_a_decision():
    assert sorted(ours()) == sorted([*DECISIONS, *OF_DATASETS, *OF_MODELS])


@pytest.fixture
def house(supplier):
    """One accepted photo and one token of ada's, and everybody who may come by."""
    tokens.make(supplier, "key", ["read"])
    submission = factories.checked(images.photo(seed=1), factories.batch(supplier))
    return submission, everybody(supplier)


def everybody(owner) -> list[Client]:
    """The browsers of the owner, another, a moderator, and a stranger."""
    moderator = factories.account()
    moderator.user_permissions.add(Permission.objects.get(codename="moderate"))
    return [logged_in(owner), logged_in(factories.account()), logged_in(moderator), Client()]


def address(name: str, submission) -> str:
    """Where one named page of this house is."""
    batch, sha256 = submission.batch_id, submission.sha256
    places = {
        "label": "/labels/valve/",
        "labels_json": "/labels.json?q=va",
        "labels": "/labels/",
        "propose_label": "/labels/propose/",
        "home": "/",
        "image": f"/images/{sha256}/",
        "rendition": f"/images/{sha256}/224.jpg",
        "original": f"/images/{sha256}/original",
        "withdraw": f"/images/{sha256}/withdraw/",
        "batch": f"/batches/{batch}/",
        "batch_status": f"/batches/{batch}/status.json",
        "precheck": f"/batches/{batch}/precheck.json",
        "batch_files": f"/batches/{batch}/files.json",
        "batch_slots": f"/batches/{batch}/slots.json",
        "arrived": f"/submissions/{submission.pk}/arrived.json",
        "preview": f"/submissions/{submission.pk}/preview.jpg",
        "keep": f"/submissions/{submission.pk}/keep/",
        "drop": f"/submissions/{submission.pk}/drop/",
        "settle": f"/submissions/{submission.pk}/settle/",
        "make_token": "/account/tokens/",
        "take_back_token": f"/account/tokens/{tokens.of(submission.batch.supplier).first().pk}/take-back/",
        "decide_proposal": "/proposals/1/",
        "decide_doubt": "/doubts/1/",
        "request_model": "/trainings/new/",
        "watch_label": "/labels/valve/watch/",
        "signed_file": "/files/forged",
        "healthz": "/healthz",
        "readyz": "/readyz",
    }
    return places.get(name, f"/{name}/")


@pytest.mark.parametrize("name", DECISIONS)
def test_each_address_lets_in_whom_it_should(name, house):
    submission, visitors = house
    method, *expected = DECISIONS[name]
    # Strangers first: what its owner does with a photo may end the photo.
    path = address(name, submission)
    answers = [getattr(visitor, method)(path) for visitor in reversed(visitors)]
    for answer in answers:
        answer.close()
    assert [answer.status_code for answer in reversed(answers)] == expected


@pytest.mark.parametrize("name", OF_DATASETS)
def test_each_address_of_a_private_dataset_lets_in_its_owner_alone(name, supplier, settings, tmp_path):
    empty_storage(settings, tmp_path)
    version = shelves.frozen(supplier)
    archive = shelves.packed(version)
    kept = {"pk": version.dataset_id, "number": 1, "archive": archive.pk, "digest": version.digest}
    kept["token"] = archives.link(archive, supplier)
    pattern = next(str(one.pattern) for one in get_resolver().url_patterns if getattr(one, "name", "") == name)
    path = reverse(name, kwargs={key: value for key, value in kept.items() if f"{key}>" in pattern})
    method, *expected = OF_DATASETS[name]
    data = {"old": 1, "new": 1} if method == "get" else {"format": "coco", "size": "224"}
    answers = [getattr(visitor, method)(path, data) for visitor in reversed(everybody(supplier))]
    for answer in answers:
        answer.close()
    assert [answer.status_code for answer in reversed(answers)] == expected


@pytest.mark.parametrize("name", OF_MODELS)
def test_each_address_of_a_private_model_lets_in_its_owner_alone(name, supplier, settings, tmp_path):
    empty_storage(settings, tmp_path)
    model = trained.model(owner=supplier)
    answered = trained.heated(model)
    asked = TrainingRequest.objects.create(
        owner=supplier, version=DatasetVersion.objects.get(), backbone="vgg16", method="finetune", hyperparameters={}
    )
    method, *expected = OF_MODELS[name]
    pk = asked.pk if "training" in name else model.pk
    more = {"model_file": {"name": "labels.txt"}, "heat": {"sha256": answered.image.sha256}}.get(name, {})
    path = reverse(name, kwargs={"pk": pk, **more})
    data = {"truth": 0, "guess": 0} if method == "get" else {"image": answered.image.sha256}
    answers = [getattr(visitor, method)(path, data) for visitor in everybody(supplier)]
    for answer in answers:
        answer.close()
    assert [answer.status_code for answer in answers] == expected


def test_a_stranger_is_led_to_the_log_in_page_and_back(house):
    answer = Client().get("/mine/")
    assert answer["Location"] == "/accounts/login/?next=/mine/"


def test_a_post_without_its_token_is_refused(supplier):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(supplier)
    answer = browser.post("/give/", {}, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")


def test_a_moderator_is_no_owner_of_originals(house):
    submission, (_, _, moderator, _) = house
    assert moderator.get(f"/images/{submission.sha256}/original").status_code == 404
