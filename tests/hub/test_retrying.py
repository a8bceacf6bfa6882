"""Failed jobs of every kind are tried again as if nothing had happened, or given up, by whoever may."""

import pytest
from django.core import mail
from django.test import Client

from hub import archives, datasets, failures, jobs, neighbours, places, trainings
from hub.models import Account, Decision, Image, Job, Notice, Place, Submission, TrainingRequest
from hub.operations import retrying
from hub.people import notices
from tests import factories, images, shelves, trained
from tests.hub.conftest import logged_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> Account:
    return factories.operator(username="olga")


def fail(kind: str, subject: int, error: str = "Traceback …\nOSError: the disk is on fire") -> Job:
    """A job of this kind fails for good, as a worker's last attempt does."""
    job = jobs.open_job(kind, subject)
    Job.objects.filter(pk=job.pk).update(attempt=jobs.attempts(kind))
    job.refresh_from_db()
    assert failures.give_up(job, error)
    return job


def again(operator: Account, **which) -> tuple[list[str], int]:
    """The kinds of the jobs that were opened, and how many were not."""
    opened, left = retrying.try_again(Job.objects.filter(**which), operator)
    assert all((job.state, job.attempt) == ("queued", 0) for job in opened)
    return [job.kind for job in opened], left


def failures_left() -> int:
    return Job.objects.filter(state="failed").count()


def test_a_file_is_checked_again(operator):
    given = factories.given(images.photo(seed=1))
    fail("ingest", given.pk)
    assert Submission.objects.get().state == "failed"
    assert again(operator) == (["ingest"], 0)
    factories.work_off()
    assert Submission.objects.values("state", "reason").get() == {"state": "accepted", "reason": ""}
    assert failures_left() == 0


def test_pictures_like_an_image_are_looked_for_again_and_not_of_one_that_is_gone(operator):
    here, gone = (factories.checked(images.photo(seed=n)).image for n in (1, 2))
    fail("relate", here.pk)
    fail("relate", gone.pk)
    Image.objects.filter(pk=gone.pk).update(withdrawn_at=gone.created_at)
    assert again(operator) == (["relate"], 1)
    assert Job.objects.get(state="queued").subject == here.pk
    assert failures_left() == 0


def test_a_place_is_looked_up_again(operator):
    place = places.typed("Lisbon")
    fail("locate", place.pk)
    assert again(operator) == (["locate"], 0)
    factories.work_off()
    assert Place.objects.get().country_code == "PT"


def test_a_version_is_frozen_again(operator):
    version, _ = datasets.order_version(shelves.named())
    fail("freeze", version.pk)
    version.refresh_from_db()
    assert version.state == "failed"
    assert again(operator) == (["freeze"], 0)
    factories.work_off()
    version.refresh_from_db()
    assert (version.state, version.reason) == ("ready", "")


def test_a_version_stays_failed_while_a_newer_one_of_its_dataset_waits(operator):
    version, _ = datasets.order_version(dataset := shelves.named())
    fail("freeze", version.pk)
    newer, _ = datasets.order_version(dataset)
    assert again(operator, subject=version.pk) == ([], 1)
    assert failures_left() == 1
    newer.refresh_from_db()
    assert newer.state == "queued"


def test_an_archive_is_packed_again(operator):
    archive, _ = archives.order(shelves.frozen(), "imagefolder", 224)
    fail("pack", archive.pk)
    assert again(operator) == (["pack"], 0)
    factories.work_off()
    archive.refresh_from_db()
    assert (archive.state, archive.reason) == ("ready", "")


def failed_training(owner: Account) -> TrainingRequest:
    row = trained.asked(trained.model(owner=owner), owner, state="queued", model=None, finished_at=None)
    fail("train", row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("failed", "our_failure")
    return row


def test_a_training_waits_again_as_its_owners_one(operator):
    row = failed_training(grace := factories.account(plan="premium"))
    assert again(operator) == (["train"], 0)
    row.refresh_from_db()
    assert (row.state, row.reason, row.finished_at) == ("queued", "", None)
    assert trainings.live(grace) == row


def test_a_training_stays_failed_while_its_owner_has_another(operator):
    row = failed_training(grace := factories.account(plan="premium"))
    other = trained.asked(trained.model(row.version), grace, state="queued", model=None, finished_at=None)
    assert again(operator) == ([], 1)
    assert (failures_left(), trainings.live(grace)) == (1, other)


def test_a_mail_that_failed_eleven_times_is_sent(operator, settings):
    ada = factories.account(email="ada@example.org")
    notices.tell(
        ada, "training_failed", "training:1", {"name": "x", "path": "/", "reason": "our_failure", "detail": {}}
    )
    fail("mail", Notice.objects.get().pk)
    assert again(operator) == (["mail"], 0)
    factories.work_off()
    assert [message.to for message in mail.outbox] == [["ada@example.org"]]
    assert Notice.objects.get().mailed_at


def test_the_comparing_of_pictures_goes_on(operator):
    fail("embed", neighbours.EVERYTHING)
    assert again(operator) == (["embed"], 0)


def test_every_kind_of_job_can_be_tried_again():
    assert set(retrying.AGAIN) == set(Job.Kind.values)


def test_what_is_gone_meanwhile_is_taken_off_the_list(operator):
    for kind in set(Job.Kind.values) - {"embed"}:
        fail(kind, 4711)
    assert again(operator) == ([], 7)
    assert failures_left() == 0


def test_a_job_is_given_up_for_good_and_that_is_in_the_log(operator):
    given = factories.given(images.photo(seed=1))
    job = fail("ingest", given.pk)
    assert retrying.give_up(retrying.failed(), operator) == 1
    assert not Job.objects.exists()
    assert Submission.objects.get().state == "failed"
    assert Decision.objects.get().subject == f"job:{job.pk}"


def test_a_place_that_was_given_up_is_not_looked_up_again_by_itself(operator):
    fail("locate", places.typed("Lisbon").pk)
    retrying.give_up(retrying.failed(), operator)
    assert list(places.forgotten()) == []
    assert Place.objects.get().source == "unknown"


def test_the_admin_tries_again_by_the_same_way():
    boss = logged_in(factories.account(is_superuser=True, is_staff=True))
    archive, _ = archives.order(shelves.frozen(), "imagefolder", 224)
    job = fail("pack", archive.pk)
    given = factories.given(images.photo(seed=1))
    fail("ingest", given.pk)
    boss.post("/admin/hub/job/", {"action": "try_again", "_selected_action": [job.pk]})
    boss.post("/admin/hub/submission/", {"action": "try_again", "_selected_action": [given.pk]})
    factories.work_off()
    archive.refresh_from_db()
    given.refresh_from_db()
    assert (archive.state, given.state) == ("ready", "accepted")


def test_the_page_tries_one_again_or_all_of_a_kind_or_gives_them_up(operator):
    page = logged_in(operator)
    lost = [fail("ingest", factories.given(images.photo(seed=n)).pk) for n in range(4)]
    page.post("/operations/failed/decide/", {"job": lost[0].pk, "act": "again"})
    assert (failures_left(), Job.objects.filter(state="queued").count()) == (3, 1)
    page.post("/operations/failed/decide/", {"job": lost[1].pk, "act": "give_up"})
    assert failures_left() == 2
    page.post("/operations/failed/decide/", {"kind": "ingest", "act": "again"})
    assert (failures_left(), Job.objects.filter(state="queued").count()) == (0, 3)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"act": "again"},
        {"act": "again", "job": "x"},
        {"act": "again", "job": "-1"},
        {"act": "again", "job": "9" * 30},
        {"act": "again", "kind": "nothing"},
        {"act": "again", "kind": "\0"},
        {"act": "again", "kind": "mail", "job": "x"},
        {"act": "give_up", "kind": "mail", "job": "-1"},
        {"kind": "mail"},
        {"act": "giveup", "kind": "mail"},
    ],
    ids=str,
)
def test_what_the_page_cannot_read_does_nothing(operator, sent):
    fail("mail", 1)
    assert logged_in(operator).post("/operations/failed/decide/", sent).status_code == 400
    assert failures_left() == 1


@pytest.mark.parametrize("role", ["supplier", "moderator", "staff", "stranger"])
def test_nobody_else_tries_anything_again(role):
    fail("mail", 1)
    who = {
        "supplier": factories.account, "moderator": factories.moderator,
        "staff": lambda: factories.account(is_staff=True), "stranger": lambda: None,
    }[role]()  # fmt: skip
    page = logged_in(who) if who else Client()
    for path, sent in (("failed/decide/", {"kind": "mail", "act": "give_up"}), ("pauses/set/", {"what": "mail"})):
        assert page.post(f"/operations/{path}", sent).status_code in (302, 403)
    assert failures_left() == 1
    assert not Decision.objects.exists()
