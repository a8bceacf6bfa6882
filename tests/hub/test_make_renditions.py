import io
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from hub import audit, storage
from tests import factories, images
from tests.parts import empty_storage
from workers import export, ingest
from workers.imaging import Rejected

pytestmark = pytest.mark.django_db


def test_renditions_that_storage_lost_are_made_again(settings, tmp_path, capsys):
    empty_storage(settings, tmp_path)
    image = factories.checked(images.photo(seed=1)).image
    factories.checked(images.photo(seed=2))
    for row in image.renditions.all():
        storages["renditions"].delete(storage.rendition_key(row.sha256))
    call_command("make_renditions")
    assert "1 images" in capsys.readouterr().out
    assert not [finding.first for finding in audit.run(deep=True) if finding.count]


def test_an_image_without_a_good_original_is_named_and_the_others_are_mended_all_the_same(
    settings, tmp_path, monkeypatch
):
    empty_storage(settings, tmp_path)
    lost, damaged, refused, fine = (factories.checked(images.photo(seed=seed)).image for seed in range(4))
    for image in (lost, damaged, refused, fine):
        for row in image.renditions.all():
            storages["renditions"].delete(storage.rendition_key(row.sha256))
    storages["originals"].delete(storage.key(lost.sha256))
    Path(storages["originals"].path(storage.key(damaged.sha256))).write_bytes(b"x")
    read = ingest.read
    data = images.photo(seed=2)

    def choosy(given: bytes):
        if given == data:
            raise Rejected("damaged")
        return read(given)

    monkeypatch.setattr(ingest, "read", choosy)
    said = io.StringIO()
    with pytest.raises(CommandError, match="3 images have no good original") as failed:
        call_command("make_renditions", stdout=said)
    for why in (f"image {lost.pk}: no file", "another SHA-256", f"image {refused.pk}: damaged"):
        assert why in str(failed.value)
    assert "1 images had renditions missing" in said.getvalue()
    assert all(storages["renditions"].exists(storage.rendition_key(row.sha256)) for row in fine.renditions.all())


def test_a_clean_original_that_cannot_be_made_again_keeps_its_row(settings, tmp_path):
    empty_storage(settings, tmp_path)
    image = factories.checked(images.photo(seed=1)).image
    export.clean_original(image.pk, image.sha256)
    clean = image.renditions.get(side=0)
    storages["renditions"].delete(storage.rendition_key(clean.sha256))
    storages["originals"].delete(storage.key(image.sha256))
    with pytest.raises(CommandError, match="1 images have no good original"):
        call_command("make_renditions", stdout=io.StringIO())
    assert image.renditions.get(side=0) == clean


def test_a_store_that_does_not_answer_is_told_in_words(settings, tmp_path, monkeypatch):
    empty_storage(settings, tmp_path)
    factories.checked(images.photo(seed=1))

    def silent(self, name: str):
        raise EndpointConnectionError(endpoint_url="http://bucket")

    monkeypatch.setattr(storage.FolderStorage, "exists", silent)
    with pytest.raises(CommandError, match="Could not connect"):
        call_command("make_renditions")
