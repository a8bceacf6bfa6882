import io

import pytest
from django.core.files.storage import storages
from PIL import Image as Pillow

from hub import storage
from hub.models import Annotation, Image, Job, Submission
from tests import factories, images
from tests.parts import empty_storage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    empty_storage(settings, tmp_path)


def verdict(submission: Submission) -> tuple[str, str]:
    return submission.state, submission.reason


def test_a_sound_photo_becomes_an_image_with_all_that_belongs_to_it():
    submission = factories.checked(images.photo(seed=1))
    image = Image.objects.get()
    assert verdict(submission) == ("accepted", "")
    assert submission.image == image
    assert (image.sha256, image.size) == (submission.sha256, submission.size)
    assert set(image.renditions.values_list("side", flat=True)) == {1024, 299, 224, 100}
    assert Annotation.objects.get().label == submission.label
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}


def test_renditions_lie_under_their_digests():
    factories.checked(images.photo(seed=1))
    for rendition in Image.objects.get().renditions.all():
        data = storage.get("renditions", storage.rendition_key(rendition.sha256))
        assert storage.digest_of(data) == rendition.sha256
        assert len(data) == rendition.size
        assert Pillow.open(io.BytesIO(data)).size == (rendition.width, rendition.height)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (images.truncated(images.photo(seed=1)), "truncated"),
        (b"not a picture at all" * 20, "not_a_picture"),
        (images.tiff(), "format_refused"),
        (images.giant_png(), "too_many_pixels"),
        (images.photo(seed=1, size=(60, 60)), "side_too_small"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason_and_its_job_is_done(data, code):
    submission = factories.checked(data)
    assert verdict(submission) == ("rejected", code)
    assert Job.objects.get().state == "done"
    assert not Image.objects.exists()
    assert not any(storages["renditions"].walk())


def test_a_refused_file_never_harms_its_neighbours():
    batch = factories.batch()
    factories.given(images.photo(seed=1), batch)
    factories.given(images.HTML, batch)
    factories.given(images.photo(seed=2), batch)
    factories.work_off()
    batch.refresh_from_db()
    assert (batch.accepted, batch.rejected, batch.received) == (2, 1, 0)


def test_checking_a_submission_twice_is_boring():
    from workers import ingest

    factories.checked(images.photo(seed=1))
    for job in Job.objects.all():
        ingest.ingest(job.pk)
    assert Image.objects.count() == 1


def test_the_bytes_lost_from_storage_are_our_failure_not_the_suppliers():
    submission = factories.given(images.photo(seed=1))
    storages["originals"].delete(storage.key(submission.sha256))
    factories.work_off()
    job = Job.objects.get()
    assert (job.state, job.attempt) == ("queued", 1)
    assert "FileNotFoundError" in job.error


def test_the_photos_own_place_counts_when_its_supplier_agreed():
    data = images.with_exif(images.photo(seed=1), gps=(48.86, 2.35))
    agreed = factories.batch(use_photo_place=True, place_text="52.5, 13.4")
    factories.checked(data, agreed)
    assert Image.objects.get().place.centre == (48.9, 2.3)


def test_the_photos_own_place_is_not_looked_at_otherwise():
    data = images.with_exif(images.photo(seed=1), gps=(48.86, 2.35))
    factories.checked(data, factories.batch(place_text="52.5, 13.4"))
    assert Image.objects.get().place.centre == (52.5, 13.5)


def test_a_hidden_photo_keeps_no_place_even_with_its_own():
    data = images.with_exif(images.photo(seed=1), gps=(48.86, 2.35))
    factories.checked(data, factories.batch(precision="hidden", use_photo_place=True, place_text="52.5, 13.4"))
    assert Image.objects.get().place is None


def test_an_absurd_place_in_a_photo_is_ignored():
    data = images.with_exif(images.photo(seed=1), gps=(148.86, 999.0))
    factories.checked(data, factories.batch(use_photo_place=True))
    assert Image.objects.get().place is None
