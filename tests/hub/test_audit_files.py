"""What the audit finds wrong with stored files, each broken on purpose."""

import os

import pytest

from hub import storage
from hub.models import Image, Rendition
from tests import factories, images
from tests.parts import broken, empty_storage, only

pytestmark = pytest.mark.django_db
FILES = "every live image has its original and all renditions"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    empty_storage(settings, tmp_path)


@pytest.fixture
def image() -> Image:
    return factories.checked(images.photo(seed=1, size=(400, 300))).image


def test_a_missing_original_is_found(image):
    storage.storages["originals"].delete(storage.key(image.sha256))
    assert only(FILES) == [f"image {image.pk}, original: no file"]


def test_a_rendition_of_another_size_is_found(image):
    rendition = image.renditions.get(side=224)
    storage.put("renditions", storage.rendition_key(rendition.sha256), b"short")
    assert only(FILES) == [f"image {image.pk}, rendition 224: 5 bytes, its row says {rendition.size}"]


def test_a_missing_rendition_row_is_found(image):
    gone = image.renditions.get(side=100)
    storage.storages["renditions"].delete(storage.rendition_key(gone.sha256))
    gone.delete()
    assert only(FILES) == [f"image {image.pk} has no rendition 100"]


def test_changed_bytes_of_the_same_size_are_found_only_deep(image):
    storage.put("originals", storage.key(image.sha256), bytes(image.size))
    assert broken() == {}
    assert only(FILES, deep=True) == [f"image {image.pk}, original: its bytes have another SHA-256"]


def test_an_old_object_nobody_refers_to_is_found(tmp_path):
    for name in ("aa" * 32, "bb" * 32):
        storage.put("originals", storage.key(name), b"orphan")
    old = storage.key("aa" * 32)
    os.utime(tmp_path / "originals" / old, (1, 1))
    assert only("every stored object belongs to a row") == [f"originals/{old}"]


@pytest.mark.parametrize(
    ("marker", "payload", "name"),
    [
        (0xE1, b"Exif\0\0II*\0", "EXIF"),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>", "XMP"),
        (0xE2, b"ICC_PROFILE\0\x01\x01", "ICC"),
        (0xFE, b"<script>", "comment"),
        (0xED, b"anything", "APP13"),
    ],
)
def test_metadata_in_a_rendition_is_found(image, marker, payload, name):
    rendition = image.renditions.get(side=299)
    data = storage.get("renditions", storage.rendition_key(rendition.sha256))
    dirty = images.with_segment(data, marker, payload)
    digest = storage.digest_of(dirty)
    storage.put("renditions", storage.rendition_key(digest), dirty)
    Rendition.objects.filter(pk=rendition.pk).update(sha256=digest, size=len(dirty))
    assert only("renditions carry no metadata", deep=True) == [f"image {image.pk}, rendition 299: {name}"]
