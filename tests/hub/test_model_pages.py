"""The pages of models: figures as measured, mistakes with their pictures, files whole and counted."""

import pytest
from django.db.models import F
from django.test import Client

from hub import catalogue, storage
from hub import trained as shown
from hub.models import Acquisition, Dataset, DatasetVersion, ModelFile
from tests import factories, shelves, trained
from tests.hub.conftest import logged_in
from tests.parts import committed, empty_storage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    empty_storage(settings, tmp_path)


@pytest.fixture
def model():
    """A public model of balls and cubes, with eight pictures in its test, two of them taken for the other label."""
    for name in ("Ball", "Cube"):
        shelves.label(name, 40)
    return trained.model(public=True)


def said(answer) -> str:
    return " ".join(answer.content.decode().split())


def page(path, account=None) -> str:
    answer = (logged_in(account) if account else Client()).get(path)
    assert answer.status_code == 200
    return said(answer)


def of(model, **metrics):
    """The page of a model that measured this instead."""
    model.metrics |= metrics
    model.save()
    return page(model.get_absolute_url())


def wrong(model):
    return model.predictions.exclude(truth=F("guess")).order_by("image").first()


def test_accuracy_stands_with_its_interval_beside_what_it_must_beat(model):
    words = of(model, interval=[0.35, 0.93])
    assert "<dd>75 %</dd>" in words
    assert "<dd>35–93 %</dd>" in words
    for name, value in (("Guessing", "50 %"), ("Always saying the commonest label", "50 %"), ("linear probe", "70 %")):
        assert name in words
        assert value in words


def test_a_random_split_is_told_beside_the_honest_one(model):
    words = page(model.get_absolute_url())
    assert "would have said <b>90 %</b>; the honest one says <b>70 %</b>" in words
    assert "Both by the linear probe" in words


def test_what_was_not_measured_is_not_said(model):
    nothing = {"majority": 0.5, "chance": 0.5, "probe": None, "scratch": None}
    words = of(model, random_split={}, learning_curve={}, baselines=nothing)
    assert "A careless split" not in words
    assert "A linear probe on the same network" not in words
    assert "No curve was drawn" in words


def test_what_the_report_warns_of_is_said_in_words(model):
    assert "#m-flag" not in page(model.get_absolute_url()).split('id="against"')[1].split("honest")[0]
    warned = [{"code": "not_better", "than": "majority"}, {"code": "few_tests", "labels": [1]}, {"code": "leaks"}]
    words = of(model, advice=warned)
    assert "This test cannot tell it from always saying the commonest label." in words
    assert "With fewer than five photos in the test, the figures of Cube are rough." in words


def test_a_network_from_scratch_says_that_no_pretrained_weights_were_used(model):
    assert "No pretrained weights were used" not in page(model.get_absolute_url())
    model.backbone = "scratch"
    assert "No pretrained weights were used." in of(model)


def test_advice_names_the_label_or_says_why_there_is_none(model):
    curve = model.metrics["learning_curve"]
    curve["advice"].append({"label": 1, "metric": "f1", "more": 120, "between": [80, 300], "points": 3})
    words = of(model, learning_curve=curve)
    assert "About <b>120 more distinct photos of Cube</b> for +3 points of F1." in words
    assert 'Ball: <span class="soft">nothing is promised, because there are fewer than 20 distinct photos' in words
    assert 'href="/labels/cube/"' in words


def test_every_cell_of_the_confusion_matrix_leads_to_its_pictures(model):
    words = page(model.get_absolute_url())
    one = wrong(model)
    cell = f"/models/{model.pk}/errors/?truth={one.truth}&guess={one.guess}"
    assert cell.replace("&", "&amp;") in words
    shown = page(cell)
    expected = model.predictions.filter(truth=one.truth, guess=one.guess)
    assert shown.count("/299.jpg") == expected.count() == model.metrics["confusion"][one.truth][one.guess]
    assert all(f"/images/{answer.image.sha256}/299.jpg" in shown for answer in expected)


@pytest.mark.parametrize("query", ["", "?truth=0", "?truth=0&guess=2", "?truth=-1&guess=0", "?truth=0&guess=x"])
def test_a_cell_that_there_is_not_is_refused(model, query):
    assert Client().get(f"/models/{model.pk}/errors/{query}").status_code == 400


def test_a_cell_without_pictures_is_a_page_too(model):
    model.predictions.update(guess=F("truth"))
    assert "None can be shown" in page(f"/models/{model.pk}/errors/?truth=0&guess=1")


def test_a_withdrawn_picture_is_on_no_page_of_the_model(model):
    one = trained.heated(model, wrong(model))
    cell = f"/models/{model.pk}/errors/?truth={one.truth}&guess={one.guess}"
    heat = f"/models/{model.pk}/heat/{one.image.sha256}.png"
    assert Client().get(heat).status_code == 200
    catalogue.withdraw(one.image)
    for path in (model.get_absolute_url(), cell):
        assert one.image.sha256 not in page(path)
    assert "can still be shown: the others were taken back" in page(cell)
    assert Client().get(heat).status_code == 404
    assert "1 of the 80 photos it was made with (1.3 %) was taken back since" in page(model.get_absolute_url())


def test_covers_of_the_list_leave_withdrawn_pictures_out(model):
    for one in model.predictions.select_related("image"):
        catalogue.withdraw(one.image)
    assert "Its photos were taken back" in page("/models/")


def test_where_it_looked_is_a_picture_of_its_own(model):
    one = trained.heated(model)
    answer = Client().get(f"/models/{model.pk}/heat/{one.image.sha256}.png")
    assert answer["Content-Type"] == "image/png"
    assert answer.content == bytes(one.heat)
    other = model.predictions.exclude(image=one.image_id).select_related("image").first()
    assert Client().get(f"/models/{model.pk}/heat/{other.image.sha256}.png").status_code == 404


def test_a_file_comes_whole_as_an_attachment_and_is_counted_with_who_fetched_it(model):
    grace = factories.account()
    answer = logged_in(grace).get(f"/models/{model.pk}/files/labels.txt")
    assert b"".join(answer.streaming_content) == b"Ball\nCube\n"
    assert answer["Content-Disposition"] == 'attachment; filename="labels.txt"'
    assert len(b"".join(Client().get(f"/models/{model.pk}/files/labels.txt").streaming_content)) == 10
    model.refresh_from_db()
    assert model.downloads == ModelFile.objects.get(name="labels.txt").downloads == 2
    assert Acquisition.objects.get().account == grace


@committed
def test_to_ask_how_large_a_file_is_counts_for_nothing():
    model = trained.model(public=True)
    answer = Client().head(f"/models/{model.pk}/files/labels.txt")
    assert (answer["Content-Length"], answer.content) == ("10", b"")
    model.refresh_from_db()
    assert model.downloads == 0


def test_a_drawing_never_opens_in_the_page_of_the_hub(model):
    trained.stored(model, "confusion.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    answer = Client().get(f"/models/{model.pk}/files/confusion.svg")
    answer.close()
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_file_that_is_not_there_or_was_lost_is_said(model):
    assert Client().get(f"/models/{model.pk}/files/passwd").status_code == 404
    lost = ModelFile.objects.get(name="labels.txt")
    storage.delete("artifacts", shown.key(lost.sha256))
    answer = Client().get(f"/models/{model.pk}/files/labels.txt")
    assert answer.status_code == 404
    assert "A file of this model is missing or damaged." in said(answer)
    model.refresh_from_db()
    assert model.downloads == 0


def test_addresses_and_fields_no_database_takes_lead_nowhere(model):
    mallory = logged_in(factories.account())
    assert mallory.get(f"/models/{model.pk}/files/a%00b").status_code == 404
    assert mallory.post(f"/models/{model.pk}/doubt/", {"image": "a\0b"}).status_code == 404
    assert mallory.get(f"/models/{'9' * 5000}/heat/{'0' * 64}.png").status_code == 404


def test_files_stand_with_size_sum_and_gap(model):
    words = page(model.get_absolute_url())
    for file in model.files.all():
        assert file.sha256 in words
        assert f"/models/{model.pk}/files/{file.name}" in words
    assert "3e-05" in words


def test_the_list_shows_the_newest_first_and_those_that_know_a_label(model):
    newer = trained.model(public=True, version=shelves.frozen(public=True), labels=["Tap", "Pipe"], label_ids=[8, 9])
    words = page("/models/")
    assert words.index(newer.get_absolute_url()) < words.index(model.get_absolute_url())
    only = page("/models/?label=ball")
    assert model.get_absolute_url() in only
    assert newer.get_absolute_url() not in only
    factories.label("Kite")
    assert "No model knows kite yet" in page("/models/?label=kite")


def test_a_private_model_is_in_nobody_elses_list():
    owner = factories.account()
    model = trained.model(owner=owner)
    assert model.get_absolute_url() in page("/models/", owner)
    assert model.get_absolute_url() not in page("/models/", factories.account())
    assert "No model yet" in page("/models/")


def test_who_has_a_model_keeps_seeing_it_without_its_version(model):
    grace = factories.account()
    shown.acquire(model, grace)
    shown.acquire(model, factories.account())
    Dataset.objects.update(public=False)
    assert "2 people have it" in page("/models/", grace)
    assert "a version that is not yours to see" in page(model.get_absolute_url(), grace)
    assert Client().get(model.get_absolute_url()).status_code == 404


def test_epochs_of_its_training_are_drawn(model):
    asked = trained.asked(model, factories.account())
    for number in (1, 2):
        asked.epochs.create(number=number, phase="head", loss=0.5, accuracy=0.5, seconds=1)
    words = page(model.get_absolute_url())
    assert "How it learnt" in words
    assert '<table class="plain small epochs">' in words


def test_the_version_page_shows_its_models(model):
    assert model.get_absolute_url() in page(DatasetVersion.objects.get().get_absolute_url())


def test_staff_sees_models_and_trainings_and_changes_none(model):
    asked = trained.asked(model, factories.account())
    browser = logged_in(factories.account(is_staff=True, is_superuser=True))
    for name, row in (("trainedmodel", model), ("trainingrequest", asked)):
        for path in (f"/admin/hub/{name}/", f"/admin/hub/{name}/{row.pk}/change/"):
            assert browser.get(path).status_code == 200
        assert browser.post(f"/admin/hub/{name}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
