"""What an account may use a day: counted to the last file, however many requests come at once."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from hub import archives, datasets, proposals, submissions, tokens
from hub.demand import watches
from hub.models import Batch, LabelProposal, Submission, Token, Use, Watch
from hub.operations import quotas
from hub.problems import Refused
from tests import factories, images, shelves
from tests.hub.api.conftest import Script
from tests.parts import committed, in_threads

pytestmark = pytest.mark.django_db
PHOTO = images.photo(seed=1)


@pytest.fixture(autouse=True)
def _small(settings):
    settings.QUOTAS = {"files": 3, "bytes": 10 * len(PHOTO), "versions": 1, "archives": 1, "trainings": 1}
    settings.QUOTA_PREMIUM = 2


def give(batch: Batch, n: int, data: bytes = PHOTO) -> Submission:
    return submissions.receive(batch, io.BytesIO(data), f"{n}.jpg")[0]


def refusal(act, *args, **fields) -> Refused | None:
    try:
        act(*args, **fields)
    except Refused as refused:
        return refused
    return None


def used(account) -> dict[str, int]:
    return dict(Use.objects.filter(account=account).values_list("what", "amount"))


def test_the_file_beyond_the_quota_is_refused_with_what_was_used_and_until_when():
    batch = factories.batch()
    for n in range(3):
        give(batch, n)
    refused = refusal(give, batch, 3)
    assert (refused.code, refused.status) == ("quota_used_up", 429)
    assert (refused.detail["used"], refused.detail["limit"]) == ("3", "3")
    assert 0 < refused.detail["seconds"] <= 86_400
    assert batch.submissions.count() == 3
    assert used(batch.supplier) == {"files": 3, "bytes": 3 * len(PHOTO)}


def test_bytes_are_counted_as_files_are(settings):
    settings.QUOTAS["bytes"] = len(PHOTO) + 10
    batch = factories.batch()
    give(batch, 0)
    refused = refusal(give, batch, 1)
    assert refused.detail["quota"] == "bytes"
    assert used(batch.supplier) == {"files": 1, "bytes": len(PHOTO)}


@committed
def test_of_twelve_files_sent_at_once_as_many_are_taken_as_there_is_quota():
    batch = factories.batch()
    answers = in_threads(12, lambda n: refusal(give, Batch.objects.get(pk=batch.pk), n))
    assert [bool(answer) for answer in answers].count(False) == 3
    assert {answer.code for answer in answers if answer} == {"quota_used_up"}
    assert batch.submissions.count() == 3
    assert used(batch.supplier)["files"] == 3


def test_a_file_that_is_here_already_costs_nothing_and_one_sent_twice_costs_once():
    batch = factories.batch()
    factories.checked(PHOTO, batch, filename="0.jpg")
    give(batch, 0)
    sha256 = Submission.objects.get().sha256
    for n in range(1, 6):
        assert submissions.known(batch, sha256, f"{n}.jpg").state == "duplicate"
    assert used(batch.supplier)["files"] == 1


def test_a_file_that_comes_again_after_it_was_taken_back_costs_again():
    batch = factories.batch()
    for _ in range(3):
        row = give(batch, 0)
        Submission.objects.filter(pk=row.pk).update(state="withdrawn", decided_at=row.created_at)
    assert refusal(give, batch, 0).code == "quota_used_up"


def test_yesterday_counts_no_more():
    batch = factories.batch()
    Use.objects.create(account=batch.supplier, day=(quotas.today() - timedelta(days=1)).date(), what="files", amount=3)
    give(batch, 0)
    assert {quota.name: quota.used for quota in quotas.of(batch.supplier)}["files"] == 1


def test_premium_and_an_allowance_give_more_and_nought_gives_nothing():
    rich = factories.account(plan="premium", allowance=5)
    assert {quota.name: quota.limit for quota in quotas.of(rich)}["files"] == 3 * 2 * 5
    barred = factories.batch(factories.account(allowance=0))
    assert refusal(give, barred, 0).code == "quota_used_up"


def test_an_invented_supplier_has_no_quota():
    batch = factories.batch(factories.account(invented=True))
    for n in range(5):
        give(batch, n)
    assert quotas.of(batch.supplier) == []
    assert not Use.objects.exists()


def test_versions_and_archives_have_quotas_of_their_own():
    version = shelves.frozen(ada := factories.account())
    assert refusal(datasets.order_version, version.dataset).detail["quota"] == "versions"
    archive, _ = archives.order(version, "coco", 224, [ada], ada)
    assert archives.order(version, "coco", 224, [ada], ada)[0] == archive  # it is being packed: that costs nothing
    assert refusal(archives.order, version, "parquet", 224, [ada], ada).detail["quota"] == "archives"
    assert version.dataset.versions.count() == 1
    assert used(ada) == {"versions": 1, "archives": 1}


def test_the_account_page_and_the_api_say_how_much_is_used(supplier, browser):
    give(factories.batch(supplier), 0)
    page = browser.get("/account/").content.decode()
    assert "Used today" in page
    assert "1 of 3" in page
    told = Script(supplier).get("/quotas").json()
    assert told["quotas"][0] == {"name": "files", "title": "Photos given", "used": 1, "limit": 3, "words": "1 of 3"}
    assert told["resets_at"].endswith("T00:00:00+00:00")


def test_the_api_refuses_with_retry_after(supplier, settings):
    settings.QUOTAS["files"] = 0
    batch = factories.batch(supplier)
    answer = Script(supplier).send(f"/batches/{batch.pk}/files", file=SimpleUploadedFile("a.jpg", PHOTO))
    assert (answer.status_code, answer.json()["code"]) == (429, "quota_used_up")
    assert int(answer["Retry-After"]) > 0


@committed
@pytest.mark.parametrize("what", ["tokens", "proposals", "batches", "watches"])
def test_what_an_account_may_have_at_once_is_exact_under_requests_side_by_side(what, monkeypatch):
    ada, valve = factories.account(), factories.label()
    labels = [factories.label(f"Thing {n}") for n in range(8)]
    make, kept = {
        "tokens": (lambda n: tokens.make(ada, f"t{n}", ["read"]), Token),
        "proposals": (lambda n: proposals.propose(ada, f"New thing {n}"), LabelProposal),
        "batches": (lambda n: factories.batch(ada, valve), Batch),
        "watches": (lambda n: watches.watch(ada, [labels[n]]), Watch),
    }[what]
    monkeypatch.setattr(tokens, "MAX_TOKENS", 3)
    monkeypatch.setattr(proposals, "MAX_OPEN", 3)
    monkeypatch.setattr(submissions, "MAX_EMPTY_BATCHES", 3)
    monkeypatch.setattr(watches, "MAX_WATCHES", 3)
    answers = in_threads(8, lambda n: refusal(make, n))
    assert [answer is None for answer in answers].count(True) == 3
    assert kept.objects.count() == 3
