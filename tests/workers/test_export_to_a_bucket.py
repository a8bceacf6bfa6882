"""Packing from and into a real S3 server: the same bytes as into a folder, in several parts, and never a half."""

import hashlib
import io
import zipfile
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.db.models.functions import Now
from django.utils import timezone

from hub import archives, storage
from hub.models import Archive, Job
from tests.workers import test_export
from workers import archives as packer
from workers import export

pytestmark = pytest.mark.django_db


def test_a_bucket_gets_the_same_archive_as_a_folder(settings, tmp_path, request):
    test_export.empty_storage(settings, tmp_path)
    local = test_export.packed(version := test_export.freeze())
    copied = [
        (alias, name, storage.get(alias, name))
        for alias in ("renditions", "artifacts")
        for name, _ in storages[alias].walk()
    ]
    test_export.forgotten(local)
    request.getfixturevalue("bucket")
    for alias, name, data in copied:
        if not name.endswith(".zip"):
            storage.put(alias, name, data)
    packed = test_export.packed(version)
    assert (packed.state, packed.sha256) == ("ready", local.sha256)
    data = storage.get("artifacts", archives.key(packed))
    assert hashlib.sha256(data).hexdigest() == packed.sha256
    with zipfile.ZipFile(io.BytesIO(data)) as zip:
        assert zip.testzip() is None


def test_an_upload_that_breaks_off_leaves_nothing_under_the_name(bucket, monkeypatch):
    version = test_export.freeze()
    archive, job = archives.order(version, "imagefolder", 224)

    def break_off(self, progress):
        yield b"x" * 20_000_000
        raise RuntimeError("a picture that cannot be read")

    with monkeypatch.context() as patched:
        patched.setattr(packer.Layout, "chunks", break_off)
        export.pack(job.pk)
    assert not storages["artifacts"].exists(archives.key(archive))
    assert list(storages["artifacts"].bucket.multipart_uploads.all()) == []
    Job.objects.update(run_after=Now())
    export.pack(job.pk)
    assert Archive.objects.get().state == "ready"


def test_what_is_larger_than_a_part_arrives_whole(bucket):
    class Large:
        """Two parts and a bit."""

        def chunks(self, progress):
            for number in range(40):
                yield bytes([number]) * 1_000_000

    sha256 = storage.put_packed("artifacts", "large", Large(), lambda _: None)
    assert hashlib.sha256(storage.get("artifacts", "large")).hexdigest() == sha256


def test_an_upload_in_parts_that_was_broken_off_is_given_up_a_day_later(bucket):
    store = storages["artifacts"]
    store.bucket.Object("artifacts/half").initiate_multipart_upload()
    assert store.drop_parts(timezone.now() - timedelta(hours=1)) == 0
    assert store.drop_parts(timezone.now() + timedelta(hours=1)) == 1
    assert list(store.bucket.multipart_uploads.all()) == []
