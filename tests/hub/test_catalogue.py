import pytest
from django.db import connection

from hub import audit, catalogue, jobs
from hub.models import Annotation, Image, ImageLabel, Job, LabelStat, Submission, Twin
from tests import factories, images
from tests.parts import committed, in_threads
from workers import ingest

pytestmark = pytest.mark.django_db


def verdicts() -> list[str]:
    return sorted(Submission.objects.values_list("state", flat=True))


def reasons() -> set[str]:
    return set(Submission.objects.exclude(reason="").values_list("reason", flat=True))


def at_once(files: list[bytes]) -> None:
    """As many workers as files, each with a batch of its own, all admitting at the same time."""
    label = factories.label()
    for data in files:
        factories.given(data, factories.batch(under=label))
    waiting = list(Job.objects.filter(kind="ingest").values_list("pk", flat=True))
    in_threads(len(files), lambda number: ingest.ingest(waiting[number]))


def assert_nothing_is_broken() -> None:
    assert [finding for finding in audit.run() if finding.count] == []


@committed
def test_eight_workers_that_meet_the_same_picture_make_one_image():
    at_once([images.photo(seed=1)] * 8)
    assert verdicts() == ["accepted"] + ["duplicate"] * 7
    assert reasons() == {"same_bytes"}
    assert Image.objects.count() == 1
    assert LabelStat.objects.get(label=None, facet="images").n == 1
    assert_nothing_is_broken()


@committed
def test_eight_workers_that_meet_edits_of_a_picture_make_one_image():
    at_once([images.reencoded(seed=1, quality=quality) for quality in range(50, 90, 5)])
    assert verdicts() == ["accepted"] + ["duplicate"] * 7
    assert Image.objects.count() == 1
    assert_nothing_is_broken()


@committed
def test_eight_workers_that_meet_different_pictures_make_eight_images():
    at_once([images.photo(seed=seed) for seed in range(8)])
    assert verdicts() == ["accepted"] * 8
    assert list(Image.objects.order_by("id").values_list("id", flat=True)) == sorted(
        Submission.objects.values_list("image", flat=True)
    )
    assert_nothing_is_broken()


@pytest.mark.parametrize(
    ("again", "reason"),
    [
        (images.photo(seed=1), "same_bytes"),
        (images.with_exif(images.photo(seed=1), comment="holiday"), "same_pixels"),
        (images.reencoded(seed=1), "same_picture"),
        (images.mirrored(seed=1), "same_picture"),
    ],
)
def test_what_is_here_already_is_a_duplicate_that_names_its_twin(again, reason):
    first = factories.checked(images.photo(seed=1))
    second = factories.checked(again)
    assert (second.state, second.reason, second.twin) == ("duplicate", reason, first.image)
    assert not Annotation.objects.filter(account=second.batch.supplier).exists()


@pytest.mark.parametrize("missed", [0, 1, 2])
def test_a_copy_that_comes_between_two_lookups_is_called_what_it_is(missed):
    image = factories.checked(images.photo(seed=1)).image
    Image.objects.update(withdrawn_at="2020-01-01T00:00Z")  # not here yet
    asked = []

    def come(execute, *query):
        asked.append(query)
        if len(asked) == missed + 1:
            Image.objects.filter(pk=image.pk).update(withdrawn_at=None)
        return execute(*query)

    picture = ingest.read(images.photo(seed=1))
    with connection.execute_wrapper(come):
        assert catalogue.find_twin(image.sha256, picture, 31) == catalogue.Sighting(image, "same_bytes")


def test_the_credit_stays_with_the_first():
    first = factories.checked(images.photo(seed=1))
    factories.checked(images.mirrored(seed=1))
    assert Image.objects.get().supplier == first.batch.supplier


def test_the_same_picture_under_another_label_waits_for_a_moderator():
    factories.checked(images.photo(seed=1))
    second = factories.checked(images.mirrored(seed=1), factories.batch(under=factories.label("Pump")))
    assert (second.state, second.reason) == ("review", "conflicting_label")
    claim = Annotation.objects.get(label__name="Pump")
    assert claim.conflicting
    assert claim.account == second.batch.supplier
    assert list(ImageLabel.objects.values_list("label__name", flat=True)) == ["Valve"]


def test_a_label_above_the_one_it_carries_agrees():
    tool = factories.label("Tool")
    factories.checked(images.photo(seed=1), factories.batch(under=factories.label("Valve", tool)))
    assert factories.checked(images.photo(seed=1), factories.batch(under=tool)).state == "duplicate"


def test_a_label_below_the_one_it_carries_does_not_agree():
    tool = factories.label("Tool")
    valve = factories.label("Valve", tool)
    factories.checked(images.photo(seed=1), factories.batch(under=tool))
    assert factories.checked(images.photo(seed=1), factories.batch(under=valve)).reason == "conflicting_label"


def test_plain_pictures_are_only_compared_exactly():
    factories.checked(images.plain((200, 200, 200)))
    assert factories.checked(images.plain((60, 90, 200))).state == "accepted"
    assert factories.checked(images.plain((200, 200, 200))).reason == "same_bytes"


def test_a_withdrawn_photo_may_be_given_again():
    factories.checked(images.photo(seed=1))
    gone = Image.objects.get()
    catalogue.withdraw(gone)
    again = factories.checked(images.photo(seed=1))
    assert again.state == "accepted"
    assert again.image != gone
    assert Submission.objects.get(image=gone).state == "withdrawn"


def test_a_twin_withdrawn_while_a_copy_is_checked_lets_the_copy_in():
    first = factories.checked(images.photo(seed=1))
    second = factories.given(images.photo(seed=1))
    work = jobs.claim(Job.objects.get(state="queued").pk)
    sighting = catalogue.Sighting(first.image, "same_bytes")
    catalogue.withdraw(first.image)
    with pytest.raises(jobs.Superseded):
        catalogue.refuse_twin(work, second, sighting, ingest.read(images.photo(seed=1)))
    jobs.release(work, "the twin went")
    Job.objects.update(run_after="2020-01-01T00:00Z")
    ingest.ingest(work.job)
    second.refresh_from_db()
    assert second.state == "accepted"


def test_look_alikes_are_told_once_and_only_while_both_live():
    older, newer = (factories.checked(images.photo(seed=seed)).image for seed in (1, 2))
    catalogue.relate(jobs.claim(jobs.open_job(Job.Kind.RELATE, newer.pk).pk), newer, [(older.pk, 60)])
    assert LabelStat.objects.get(label=None, facet="alike").n == 2
    catalogue.withdraw(older)
    assert not Twin.objects.exists()
    assert LabelStat.objects.get(label=None, facet="alike").n == 0
    catalogue.relate(jobs.claim(jobs.open_job(Job.Kind.RELATE, newer.pk).pk), newer, [(older.pk, 60)])
    assert not Twin.objects.exists()


def test_fingerprints_are_found_by_distance_and_by_their_mirror_image():
    image = factories.checked(images.photo(seed=1)).image
    picture = ingest.read(images.mirrored(seed=1))
    assert [pk for pk, _ in catalogue.alike(picture, 31)] == [image.pk]
    assert [pk for pk, _ in catalogue.alike(picture, 48)] == [image.pk]
    assert catalogue.alike(picture, 31, above=image.pk) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM hub_fingerprint JOIN hub_mirror USING (image_id)")
        assert cursor.fetchone() == (1,)
