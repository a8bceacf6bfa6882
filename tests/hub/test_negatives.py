"""Verified negatives: what an image was judged not to show is frozen with it, and listed."""

import json

import pytest
from django.db import transaction

from hub import counts, datasets, storage
from hub.models import Annotation, DatasetVersion, Image, Label
from hub.selections import read
from tests import factories
from tests.hub.api.conftest import Script
from tests.parts import empty_storage
from tests.stock import also, stock, verified

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    empty_storage(settings, tmp_path)


@pytest.fixture
def taps() -> list[Image]:
    """Twenty taps beside twenty valves, which are a kind of fitting."""
    stock(factories.label("Valve", factories.label("Fitting")), 20)
    return stock(factories.label("Tap"), 20)


def refuted(name: str, *photos: Image) -> None:
    """Said by the supplier to show a label, too, which two others deny."""
    label = Label.objects.get(name=name)
    also(label, *photos)
    verified(label, *photos, yes=0, no=2)


def frozen(*names: str) -> DatasetVersion:
    ids = [Label.objects.get(name=name).pk for name in names]
    dataset = datasets.create(
        owner=factories.account(), name="Things", selection=read({"labels": ids, "overlap": "first"})
    )
    version, _ = datasets.order_version(dataset)
    factories.work_off()
    version.refresh_from_db()
    return version


def lines(version: DatasetVersion) -> list[dict]:
    manifest = storage.get("artifacts", storage.key(version.digest, ".jsonl"))
    return [json.loads(line) for line in manifest.splitlines()]


def test_the_manifest_names_the_labels_an_image_was_judged_not_to_show(taps):
    refuted("Valve", taps[3])
    header, *members = lines(frozen("Valve", "Tap"))
    valve = Label.objects.get(name="Valve").pk
    assert header["negatives"] == [{"label": valve, "images": 1}]
    assert {line["id"]: line["negatives"] for line in members if "negatives" in line} == {taps[3].pk: [valve]}


def test_a_manifest_without_negatives_does_not_speak_of_them(taps):
    told = lines(frozen("Valve", "Tap"))
    assert not any("negatives" in line for line in told)


def test_labels_that_were_not_chosen_are_not_denied(taps):
    refuted("Valve", taps[3])
    stock(factories.label("Shoe"), 20)
    assert not any("negatives" in line for line in lines(frozen("Shoe", "Tap")))


def test_what_is_denied_of_a_label_is_denied_of_its_kinds(taps):
    refuted("Fitting", taps[3])
    header = lines(frozen("Valve", "Tap"))[0]
    assert header["negatives"] == [{"label": Label.objects.get(name="Valve").pk, "images": 1}]


def test_a_label_an_image_still_counts_under_is_not_denied(taps):
    refuted("Fitting", taps[3])
    also(Label.objects.get(name="Valve"), taps[3])
    told = lines(frozen("Valve", "Tap"))
    assert not any("negatives" in line for line in told)


def test_what_a_moderator_took_off_is_denied_too(taps):
    also(valve := Label.objects.get(name="Valve"), taps[3])
    with transaction.atomic():
        counts.lock()
        with counts.recounting([taps[3].pk]):
            decision = {"verdict": "no", "final": True, "account": factories.account()}
            Annotation.objects.create(image=taps[3], label=valve, **decision)
    assert lines(frozen("Valve", "Tap"))[0]["negatives"] == [{"label": valve.pk, "images": 1}]


def test_scripts_page_through_the_images_that_do_not_show_a_label(taps):
    refuted("Fitting", taps[3])
    refuted("Valve", taps[4])
    found = Script().get("/labels/valve/negatives").json()
    assert [image["sha256"] for image in found["items"]] == [taps[4].sha256, taps[3].sha256]
    assert [image["sha256"] for image in Script().get("/labels/fitting/negatives").json()["items"]] == [taps[3].sha256]


def test_a_photo_taken_back_is_no_negative_any_more(taps):
    from hub import catalogue

    refuted("Valve", taps[3])
    catalogue.withdraw(taps[3])
    assert Script().get("/labels/valve/negatives").json()["items"] == []
