"""Each rule of the audit is broken on purpose, behind the database's back, and must be reported with its rows."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.functions import Now

from hub import audit, submissions
from hub.models import Batch, Image, Job, Label, LabelStat, Place, Submission
from tests import factories, images
from tests.parts import broken, empty_storage, only

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


def test_a_sound_hub_passes_even_a_deep_audit(image):
    factories.checked(images.truncated(images.photo(seed=2)))
    factories.checked(images.mirrored(seed=1, size=(400, 300)))
    submissions.open_slot(factories.batch(), "coming.jpg", 10)
    assert broken(deep=True) == {}


def test_two_live_images_of_one_digest_are_found(image):
    other = factories.checked(images.photo(seed=2, size=(400, 300))).image
    behind(
        "DROP INDEX one_live_image_per_digest",
        f"UPDATE hub_image SET sha256 = '{image.sha256}', size = {image.size} WHERE id = {other.pk}",
    )
    assert broken()["a digest names one live image"] == [f"{image.sha256}: images {image.pk}, {other.pk}"]


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
