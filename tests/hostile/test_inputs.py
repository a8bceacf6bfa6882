"""Every hostile input is answered with the code it must be answered with, by the way people really send it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from hub import storage
from hub.models import Batch, Image, Job, Rendition
from tests import factories
from tests.hostile.inputs import FILES
from tests.hostile.pictures import CANARY
from tests.hostile.requests import REQUESTS
from tests.hub.conftest import logged_in
from tests.parts import broken, empty_storage
from workers import ingest
from workers.imaging import clean

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    empty_storage(settings, tmp_path)
    settings.MAX_BATCH_FILES = 1000


def test_there_are_hundreds_of_them_and_each_has_a_name_of_its_own():
    assert len({*FILES, *REQUESTS}) == len(FILES) + len(REQUESTS) >= 350


def send(browser, batch: Batch, name: str, data: bytes, **fields):
    """The answer to one file, sent as the page's script sends it."""
    file = SimpleUploadedFile(name, data, "image/jpeg")
    return browser.post(f"/batches/{batch.pk}/files.json", {"file": file, **fields})


def became(batch: Batch) -> dict[str, str]:
    """What became of each file by its name: "accepted", or the reason why not."""
    return {row.filename: row.reason or row.state for row in batch.submissions.all()}


def test_every_hostile_file_is_answered_with_its_code_and_what_is_taken_is_clean():
    batch = factories.batch(use_photo_place=True)
    browser = logged_in(batch.supplier)
    for name, file in FILES.items():
        answer = send(browser, batch, name, file.make())
        assert (answer.status_code, answer.json()["state"]) == (201, "received"), name
    factories.work_off()
    assert became(batch) == {name: file.answer for name, file in FILES.items()}
    assert set(Job.objects.filter(kind="ingest").values_list("state", "attempt")) == {("done", 1)}
    assert kept_of_the_canary() == []
    assert broken(deep=True) == {}


def kept_of_the_canary() -> list[str]:
    """Files that people are served, or given in archives, and that hold a planted word."""
    served = {
        row.sha256: storage.get("renditions", storage.rendition_key(row.sha256)) for row in Rendition.objects.all()
    }
    for image in Image.objects.all():
        served[image.sha256] = clean(storage.get("originals", storage.key(image.sha256)), ingest.limits()).data
    return [digest for digest, data in served.items() if CANARY in data]
