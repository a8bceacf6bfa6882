import pytest
from django.core.files.storage import storages
from django.core.management import call_command

from hub import audit, storage
from tests import factories, images
from tests.parts import empty_storage

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
