"""Restores that do not go as they should: what lacks, what was cut off, and notes that are about another hub."""

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.files.storage import storages
from django.core.management import CommandError
from django.db import connection

from hub import storage
from hub.models import Image
from tests.hub.operations.steps import photo, run, stored
from tests.parts import broken, committed

pytestmark = committed


def test_what_a_backup_lacks_is_named_and_everything_else_comes_back(folder, lose_everything):
    lost, fine = photo(1), photo(2)
    storages["originals"].delete(storage.key(lost.sha256))
    with pytest.raises(CommandError, match="but for 1 objects"):
        run("backup", folder)
    lose_everything()
    with pytest.raises(CommandError, match="Restored, but:") as said:
        run("restore", folder)
    assert f"image {lost.pk}: no file originals/{storage.key(lost.sha256)}" in str(said.value)
    assert "rules are broken" in str(said.value)
    assert Image.objects.count() == 2
    assert stored("originals") == {storage.key(fine.sha256)}
    assert stored("renditions") == {storage.rendition_key(row.sha256) for row in fine.renditions.all()}
    assert len(broken()) == 1


@pytest.mark.parametrize("command", ["backup", "restore", "destroy", "make_renditions"])
def test_a_database_that_does_not_answer_is_told_in_words(command, folder):
    run("backup", folder)
    words = {"backup": [folder], "restore": [folder], "destroy": ["ab" * 32]}.get(command, [])
    connection.close()
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(connection.settings_dict, "HOST", "/nowhere")
        with pytest.raises(CommandError, match="No such file or directory"):
            run(command, *words)
        connection.close()


def test_a_store_that_does_not_answer_is_told_in_words(folder, lose_everything, monkeypatch):
    photo(1)
    run("backup", folder)
    lose_everything()
    exists = storage.FolderStorage.exists

    def silent(self, name: str) -> bool:
        if str(folder) in self.location:
            return exists(self, name)
        raise EndpointConnectionError(endpoint_url="http://bucket")

    monkeypatch.setattr(storage.FolderStorage, "exists", silent)
    with pytest.raises(CommandError, match="Not restored: Could not connect"):
        run("restore", folder)
