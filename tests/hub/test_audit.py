"""Each rule of the audit is broken on purpose, behind the database's back, and must be reported with its rows."""

import io
import os
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.functions import Now

from hub import audit, storage, submissions
from hub.models import Batch, Image, Job, Label, LabelStat, Place, Rendition, Submission
from tests import factories, images
from tests.parts import empty_storage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    empty_storage(settings, tmp_path)


@pytest.fixture
def image() -> Image:
    batch = factories.batch(place_text="52.5, 13.4", under=factories.label("Valve", factories.label("Tool")))
    return factories.checked(images.photo(seed=1, size=(400, 300)), batch).image


def behind(*statements: str) -> None:
    """Run SQL with every trigger and foreign key asleep."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


def broken(*, deep: bool = False) -> dict[str, list[str]]:
    return {finding.name: finding.first for finding in audit.run(deep=deep) if finding.count}


def only(rule: str, *, deep: bool = False) -> list[str]:
    """The breaches, all of which are of this rule."""
    found = broken(deep=deep)
    assert set(found) == {rule}
    return found[rule]


FILES = "every live image has its original and all renditions"


def test_a_sound_hub_passes_even_a_deep_audit(image):
    factories.checked(images.truncated(images.photo(seed=2)))
    factories.checked(images.mirrored(seed=1, size=(400, 300)))
    submissions.open_slot(factories.batch(), "coming.jpg", 10)
    assert broken(deep=True) == {}


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


def test_two_live_images_of_one_digest_are_found(image):
    other = factories.checked(images.photo(seed=2, size=(400, 300))).image
    behind(
        "DROP INDEX one_live_image_per_digest",
        f"UPDATE hub_image SET sha256 = '{image.sha256}', size = {image.size} WHERE id = {other.pk}",
    )
    assert broken()["a digest names one live image"] == [f"{image.sha256}: images {image.pk}, {other.pk}"]


def test_an_old_object_nobody_refers_to_is_found(tmp_path):
    for name in ("aa" * 32, "bb" * 32):
        storage.put("originals", storage.key(name), b"orphan")
    old = storage.key("aa" * 32)
    os.utime(tmp_path / "originals" / old, (1, 1))
    assert only("every stored object belongs to a row") == [f"originals/{old}"]


def test_a_received_file_without_a_job_is_found():
    submission = factories.given(b"some bytes")
    Job.objects.all().delete()
    rule = "every file we said we have is decided or has a job"
    assert only(rule) == [f"submission {submission.pk}"]


def test_a_slot_is_no_promise_until_it_should_have_been_settled():
    slot = submissions.open_slot(factories.batch(), "coming.jpg", 10)
    assert broken() == {}
    Submission.objects.update(created_at=Now() - timedelta(hours=3))
    assert only("every file we said we have is decided or has a job") == [f"submission {slot.pk}"]


def test_a_wrong_count_of_a_batch_is_found(image):
    Batch.objects.update(accepted=5, failed=2)
    pk = image.batch_id
    assert only("batches count their files") == [
        f"batch {pk} counts accepted as 5, rows are 1",
        f"batch {pk} counts failed as 2, rows are 0",
    ]


def test_an_image_missing_under_a_label_is_found(image):
    tool = Label.objects.get(name="Tool")
    behind(f"DELETE FROM hub_imagelabel WHERE label_id = {tool.pk}")
    found = broken()
    assert found["images stand under their labels and all above"] == [
        f"image {image.pk} under label {tool.pk} is missing"
    ]


def test_a_wrong_count_of_a_label_is_found(image):
    tool = Label.objects.get(name="Tool")
    LabelStat.objects.filter(label=tool, facet="images").update(n=7)
    LabelStat.objects.filter(label=None, facet="country").delete()
    assert only("labels count their images") == [
        f'count of label {tool.pk}, images "": 7, rows are 1',
        'count of the hub, country "DE": 0, rows are 1',
    ]


def test_a_cycle_is_found():
    tool = factories.label("Tool")
    saw = factories.label("Saw", tool)
    behind(f"INSERT INTO hub_labeledge (child_id, parent_id, kind) VALUES ({tool.pk}, {saw.pk}, 'part')")
    assert only("no label stands below itself") == [f"label {pk} stands below itself" for pk in (tool.pk, saw.pk)]


def test_a_hole_in_the_closure_is_found():
    tool = factories.label("Tool")
    saw = factories.label("Saw", tool)
    behind(f"DELETE FROM hub_labelpath WHERE depth = 1 AND descendant_id = {saw.pk}")
    assert only("the closure of the hierarchy is complete") == [
        f"label {saw.pk} below label {tool.pk} is missing, should be 1"
    ]


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


def test_two_live_jobs_of_one_subject_are_found():
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_live_job_per_subject")
    first = Job.objects.create(kind="relate", subject=1)
    Job.objects.create(kind="relate", subject=1)
    assert only("one attempt runs at a time") == [f"job {first.pk}: 2 live jobs relate 1"]


def test_an_accepted_submission_without_its_image_is_found(image):
    submission = image.submission
    Submission.objects.update(image=None)
    assert only("every verdict has what it says") == [
        f"submission {submission.pk} is accepted without a live image of its bytes",
        f"image {image.pk} is live without an accepted submission",
    ]


def test_a_fingerprint_of_a_withdrawn_image_is_found(image):
    factories.checked(images.photo(seed=2, size=(400, 300)))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM hub_mirror WHERE image_id = %s", [image.pk])
    assert only("fingerprints are of live images") == [f"image {image.pk} lacks its mirrored fingerprint"]
    Image.objects.filter(pk=image.pk).update(withdrawn_at=Now())
    assert f"image {image.pk}" in broken()["fingerprints are of live images"][0]


def test_a_place_of_a_hidden_image_is_found(image):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE hub_image DROP CONSTRAINT hidden_image_keeps_no_place")
    Image.objects.update(precision="hidden")
    found = broken()["nothing is placed finer than its supplier allowed"]
    assert found[0] == f"image {image.pk} is hidden and has a place"
    assert Place.objects.exists()


def test_the_command_says_ok_or_which_rows_and_how_many_more(image):
    out = io.StringIO()
    call_command("audit", stdout=out)
    assert [line.split(": ")[1] for line in out.getvalue().splitlines()] == ["ok"] * len(audit.INVARIANTS)
    batch = factories.batch()
    made = [factories.given(str(n).encode(), batch) for n in range(13)]
    Job.objects.all().delete()
    out = io.StringIO()
    with pytest.raises(CommandError, match=r"1 of \d+ rules are broken"):
        call_command("audit", stdout=out)
    assert "has a job: 13 breaches" in out.getvalue()
    assert f"    submission {made[9].pk}\n    and 3 more" in out.getvalue()
