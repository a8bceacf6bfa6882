"""The pages of datasets and their versions: what they show, and to whom."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub import catalogue, datasets, shelf
from hub.models import Archive, Dataset, DatasetVersion, Image
from tests import factories, shelves
from tests.hub.conftest import logged_in
from tests.parts import empty_storage
from tests.stock import stock

pytestmark = pytest.mark.django_db
NEW = "/datasets/new/"


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    empty_storage(settings, tmp_path)


def page(address: str, browser=None) -> tuple[int, str]:
    answer = (browser or Client()).get(address)
    return answer.status_code, " ".join(answer.content.decode().split())


def test_public_datasets_are_on_the_shelf_and_private_ones_on_ones_own(browser, supplier):
    shelves.frozen(factories.account(username="mei"), public=True)
    secret = shelves.named(supplier)
    Dataset.objects.filter(pk=secret.pk).update(name="Secret")
    assert "Balls and cubes" in page("/datasets/")[1]
    assert "Secret" not in page("/datasets/")[1]
    assert "Secret" in page("/datasets/", browser)[1]
    assert "by mei" in page("/datasets/", browser)[1]


def test_an_empty_shelf_says_what_to_do(db):
    assert f'href="{NEW}"' in page("/datasets/")[1]


def test_a_frozen_version_shows_its_id_and_its_reports():
    version = shelves.frozen(public=True)
    status, said = page(f"/datasets/{version.dataset_id}/versions/1/")
    assert status == 200
    assert version.digest in said
    assert "<b>0</b> of 40 groups of photos that look alike torn apart." in said
    assert "Contributors of Deep Images Hub. Ball and Cube, from Deep Images Hub. Version sha256:" in said
    assert "Log in to pack it" in said


def test_a_version_is_found_by_its_id(supplier):
    version = shelves.frozen(supplier)
    assert logged_in(supplier).get(f"/versions/{version.digest}/")["Location"] == version.get_absolute_url()
    assert Client().get(f"/versions/{version.digest}/").status_code == 404
    assert Client().get("/versions/" + "0" * 64 + "/").status_code == 404


def test_freezing_again_without_news_leads_to_the_version_there_is(browser, supplier):
    version = shelves.frozen(supplier)
    answer = browser.post(f"/datasets/{version.dataset_id}/freeze/")
    assert answer["Location"] == f"/datasets/{version.dataset_id}/versions/2/"
    factories.work_off()
    said = page(answer["Location"], browser)[1]
    assert "Nothing has changed since version 1." in said
    assert f'href="{version.get_absolute_url()}">Open version 1</a>' in said


def test_two_versions_are_compared_image_by_image(supplier):
    first = shelves.frozen(supplier, public=True)
    new = stock(factories.Label.objects.get(name="Ball"), 2)
    second = shelves.again(first.dataset)
    gone = Image.objects.get(pk=first.members.order_by("image").first().image_id)
    catalogue.withdraw(gone)
    status, said = page(f"/datasets/{first.dataset_id}/diff/?old=1&new=2")
    assert status == 200
    assert "<dt>added</dt><dd>2</dd>" in said
    assert "<dt>taken back since</dt><dd>1</dd>" in said
    assert f'href="/images/{new[0].sha256}/"' in said
    assert f'href="/images/{gone.sha256}/"' not in said
    assert "+2 added" in page(f"/datasets/{first.dataset_id}/")[1]
    assert "1 photo of this version was taken back since" in page(second.get_absolute_url())[1]


@pytest.mark.parametrize(("query", "status"), [("", 400), ("old=1&new=x", 400), ("old=1&new=9", 404)])
def test_a_comparison_of_what_is_not_there_is_refused(query, status):
    version = shelves.frozen(public=True)
    assert page(f"/datasets/{version.dataset_id}/diff/?{query}")[0] == status


def test_a_public_dataset_stays(browser, supplier):
    made = shelves.named(supplier)
    browser.post(f"/datasets/{made.pk}/publish/")
    assert Client().get(f"/datasets/{made.pk}/").status_code == 200
    assert browser.post(f"/datasets/{made.pk}/delete/").status_code == 409
    assert Dataset.objects.filter(pk=made.pk).exists()


def test_a_private_dataset_is_deleted_with_its_versions(browser, supplier):
    version = shelves.frozen(supplier)
    assert browser.post(f"/datasets/{version.dataset_id}/delete/")["Location"] == "/datasets/"
    assert not Dataset.objects.exists()
    assert not DatasetVersion.objects.exists()


def test_nobody_changes_the_public_dataset_of_another(browser):
    made = shelves.named(public=True)
    for act in ("freeze", "publish", "delete"):
        assert browser.post(f"/datasets/{made.pk}/{act}/").status_code == 403
    assert not DatasetVersion.objects.exists()


def test_the_dataset_page_says_its_selection_and_leads_back_to_it(supplier):
    made = shelves.named(supplier, public=True, selection={"min_side": 300, "split": {"train": 0.5, "test": 0.5}})
    said = page(f"/datasets/{made.pk}/")[1]
    assert "shorter side at least 300 pixels" in said
    assert "train 50 %, test 50 %; seed 0" in said
    assert 'href="/datasets/new/?label=ball&amp;label=cube&amp;min_side=300&amp;train=50' in said


def test_an_image_names_the_datasets_that_used_it(supplier):
    version = shelves.frozen(supplier)
    image = version.members.first().image
    used = f'<a href="/datasets/{version.dataset_id}/">Balls and cubes</a>'
    assert used in page(f"/images/{image.sha256}/", logged_in(supplier))[1]
    assert used not in page(f"/images/{image.sha256}/")[1]
    Dataset.objects.update(public=True)
    assert used in page(f"/images/{image.sha256}/")[1]


def test_the_status_tells_scripts_what_moves(browser, supplier):
    version, _ = datasets.order_version(shelves.named(supplier))
    status = f"{version.get_absolute_url()}status.json"
    assert browser.get(status).json() == {"state": "queued", "busy": True, "archives": []}
    factories.work_off()
    assert browser.get(status).json()["busy"] is False
    browser.post(f"{version.get_absolute_url()}archives/", {"format": "coco", "size": "224"})
    found = browser.get(status).json()
    assert found["busy"] is True
    assert [(one["state"], one["words"]) for one in found["archives"]] == [("queued", "Waiting for a worker")]


def test_what_is_out_of_date_or_failed_can_be_packed_again(browser, supplier):
    version = shelves.frozen(supplier)
    for format, state in (("coco", "stale"), ("parquet", "failed"), ("imagefolder", "ready")):
        archive = shelves.packed(version, format)
        Archive.objects.filter(pk=archive.pk).update(state=state)
    said = page(version.get_absolute_url(), browser)[1]
    assert said.count("Pack it again") == 2
    assert said.index("Folders of images, 224 pixels") < said.index("COCO, 224 pixels")


def test_an_archive_on_its_way_says_how_far_it_is_and_how_long_it_takes(supplier):
    archive = shelves.packed(shelves.frozen(supplier))
    archive.state, archive.size, archive.done = "packing", 1000, 620
    for minutes, left in (
        (1, "less than a minute"),
        (2, "about a minute"),
        (10, "about 6 minutes"),
        (300, "about 3 hours"),
    ):
        archive.started_at = timezone.now() - timedelta(minutes=minutes)
        assert shelf.pace(archive) == f"Packing 62 %, {left} left"
    archive.done = 0
    assert shelf.pace(archive) == "Packing"


def test_the_page_of_an_image_takes_no_notice_of_its_cleaned_original(supplier):
    image = shelves.frozen(supplier).members.first().image
    image.renditions.create(side=0, extension="png", sha256="ab" * 32, size=1, crc32=0, width=1, height=1)
    status, said = page(f"/images/{image.sha256}/")
    assert status == 200
    assert "1 × 1" not in said


def test_samples_of_a_large_version_are_those_of_a_small_one(supplier, monkeypatch):
    version = shelves.frozen(supplier)
    one_by_one = shelf.samples(version)
    monkeypatch.setattr(shelf, "SMALL", 0)
    assert shelf.samples(version) == one_by_one
    assert all(images for _, images in one_by_one[0]["splits"])


def test_of_a_version_without_a_split_no_sample_of_that_is_looked_for(supplier):
    version = shelves.frozen(supplier, selection={"split": {"train": 1, "validation": 0, "test": 0}})
    with CaptureQueriesContext(connection) as asked:
        found = shelf.samples(version)
    assert [[title for title, _ in one["splits"]] for one in found] == [["Train"], ["Train"]]
    assert any("ARRAY['train']" in query["sql"] for query in asked)
    assert not any("validation" in query["sql"] for query in asked)
