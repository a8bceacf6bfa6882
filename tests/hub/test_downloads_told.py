"""Who ordered an archive is told when it is packed; who has photos that were withdrawn is told of each, once."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db.models.functions import Now
from django.test import Client

from hub import archives, catalogue, storage, tokens
from hub.models import Account, Archive, Dataset, DatasetVersion, Download, Image, Notice
from hub.people import downloads
from tests import factories, shelves
from tests.hub.conftest import logged_in
from tests.parts import empty_storage
from workers import export, upkeep

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    empty_storage(settings, tmp_path)


@pytest.fixture
def version(supplier) -> DatasetVersion:
    """A public version of the supplier's."""
    return shelves.frozen(supplier, public=True)


@pytest.fixture
def grace(db) -> Account:
    """Somebody with an address."""
    return factories.account(username="grace", email="grace@example.org")


def ordered(version: DatasetVersion, *waiting: Account, format="imagefolder") -> tuple[Archive, int]:
    archive, job = archives.order(version, format, 224, waiting)
    assert job is not None
    return archive, job.pk


def withdraw(version: DatasetVersion, count: int, minutes: int = 15, beginning: int = 0) -> list[Image]:
    """Let members have been withdrawn so many minutes ago."""
    members = version.members.order_by("image").select_related("image")[beginning : beginning + count]
    gone = [member.image for member in members]
    catalogue.withdraw_all(gone)
    Image.objects.filter(pk__in=[image.pk for image in gone]).update(withdrawn_at=Now() - timedelta(minutes=minutes))
    return gone


def fetched(account: Account, version: DatasetVersion, hours: int = 1) -> None:
    """Let an account have fetched a version so many hours ago."""
    downloads.keep(account, version.digest)
    Download.objects.filter(account=account, digest=version.digest).update(told_at=Now() - timedelta(hours=hours))


def fetch(address, browser=None, **headers):
    """Read it to the end."""
    b"".join((browser or Client()).get(address, headers=headers).streaming_content)


def announce() -> None:
    """What the round of every minute does, and the mails it rings for."""
    upkeep.announce()
    factories.work_off()


def test_who_ordered_an_archive_is_told_once_it_is_packed(version, grace):
    ordered(version, grace)
    ordered(version, grace, factories.account())  # asked again while it waits
    factories.work_off()
    (message,) = mail.outbox
    assert message.subject == "Deep Images Hub: Your archive is packed: Balls and cubes, version 1"
    assert f"http://localhost:8000{version.get_absolute_url()}#download" in message.body
    assert Notice.objects.count() == 2
    assert Archive.objects.get().waiting == []


def test_who_orders_what_is_packed_already_is_told_nothing(version, grace):
    shelves.packed(version)
    assert archives.order(version, "imagefolder", 224, [grace])[1] is None
    assert not Notice.objects.exists()


def test_the_page_and_the_api_tell_who_orders(version, grace):
    logged_in(grace).post(f"{version.get_absolute_url()}archives/", {"format": "coco", "size": "224"})
    _, secret = tokens.make(grace, "laptop", ["datasets"])
    Client().post(
        f"/api/v1/versions/{version.digest}/archives",
        {"format": "webdataset"},
        "application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    factories.work_off()
    assert sorted(notice.about["format"] for notice in Notice.objects.filter(account=grace)) == ["COCO", "WebDataset"]


def test_nobody_is_told_the_name_of_a_private_dataset_that_is_anothers(supplier, grace):
    private = shelves.frozen(supplier)
    Dataset.objects.update(name="My secret plans")
    own = shelves.frozen(grace)
    assert own.digest == private.digest
    ordered(private, grace, factories.account())
    factories.work_off()
    assert [(notice.account, notice.about["name"]) for notice in Notice.objects.all()] == [(grace, "Balls and cubes")]


def test_who_waits_is_told_though_a_photo_is_withdrawn_before_the_packing(version, grace):
    _, job = ordered(version, grace)
    withdraw(version, 1)
    export.pack(job)
    factories.work_off()
    assert Notice.objects.get(account=grace).about["tombstones"] == 1


def test_who_waits_is_told_though_a_photo_is_withdrawn_during_the_packing(version, grace, monkeypatch):
    _, job = ordered(version, grace)
    put = storage.put_packed

    def put_and_lose(*asked):
        withdraw(version, 1)
        monkeypatch.setattr(storage, "put_packed", put)
        return put(*asked)

    monkeypatch.setattr(storage, "put_packed", put_and_lose)
    export.pack(job)
    assert not Notice.objects.exists()
    factories.work_off()
    assert Notice.objects.get(account=grace).about["tombstones"] == 1


def test_fetching_an_archive_or_its_manifest_is_kept_for_who_is_known(version, supplier, grace):
    archive = shelves.packed(version)
    fetch(f"/fetch/{archives.link(archive, None)}")
    assert not Download.objects.exists()
    fetch(f"/fetch/{archives.link(archive, supplier)}")
    fetch(f"/fetch/{archives.link(archive, None)}", logged_in(grace), Range="bytes=100-199")
    _, secret = tokens.make(factories.account(username="mary"), "laptop", ["read"])
    fetch(f"/api/v1/versions/{version.digest}/manifest", Authorization=f"Bearer {secret}")
    fetch(f"/api/v1/versions/{version.digest}/manifest")
    kept = Download.objects.order_by("account__username").values_list("account__username", "digest")
    assert list(kept) == [(name, version.digest) for name in ("ada", "grace", "mary")]


def test_asking_what_an_archive_weighs_is_no_download(version, supplier):
    Client().head(f"/fetch/{archives.link(shelves.packed(version), supplier)}")
    assert not Download.objects.exists()


def test_who_downloaded_is_told_once_of_a_batch_that_was_withdrawn(version, grace):
    fetched(grace, version)
    withdraw(version, 3)
    announce()
    announce()
    (message,) = mail.outbox
    assert message.subject == "Deep Images Hub: 3 photos you downloaded were taken back"
    assert "- Balls and cubes, version 1: 3\n" in message.body
    assert f"http://localhost:8000/versions/{version.digest}/" in message.body
    assert "dih sync" in message.body


def test_nobody_is_told_while_photos_are_still_being_withdrawn(version, grace):
    fetched(grace, version)
    withdraw(version, 2, minutes=15)
    withdraw(version, 1, minutes=5, beginning=2)
    announce()
    assert mail.outbox == []
    Image.objects.exclude(withdrawn_at=None).update(withdrawn_at=Now() - timedelta(minutes=11))
    announce()
    assert Notice.objects.get().about["photos"] == 3


def test_who_withdraws_for_ever_delays_the_notice_a_day_at_most(version, grace):
    fetched(grace, version, hours=48)
    withdraw(version, 1, minutes=25 * 60)
    withdraw(version, 1, minutes=2, beginning=1)
    announce()
    assert Notice.objects.get().about["photos"] == 2


def test_what_was_withdrawn_later_is_told_of_by_itself(version, grace):
    fetched(grace, version)
    withdraw(version, 3, minutes=30)
    announce()
    withdraw(version, 1, minutes=15, beginning=3)
    announce()
    assert [notice.about["photos"] for notice in Notice.objects.order_by("id")] == [3, 1]


def test_what_had_been_left_out_of_a_download_is_not_told_of(version, grace):
    withdraw(version, 2, minutes=90)
    fetched(grace, version)
    announce()
    assert not Notice.objects.exists()


def test_who_fetches_again_is_still_told_of_what_the_older_copy_holds(version, grace):
    fetched(grace, version)
    withdraw(version, 1)
    downloads.keep(grace, version.digest)
    announce()
    assert Notice.objects.get().about["photos"] == 1


def test_a_photo_in_several_downloads_is_one_photo_in_one_mail(version, supplier, grace):
    other = shelves.frozen(supplier, public=True, selection={"split": {"seed": 1}})
    assert other.digest != version.digest
    for one in (version, other):
        fetched(grace, one)
    gone = withdraw(version, 2)
    announce()
    assert mail.outbox[0].subject.endswith("2 photos you downloaded were taken back")
    about = Notice.objects.get().about
    assert [row["n"] for row in about["versions"]] == [
        one.members.filter(image__in=gone).count() for one in sorted((version, other), key=lambda one: one.digest)
    ]


def test_a_download_of_what_is_private_again_is_told_of_by_its_id(version, grace):
    fetched(grace, version)
    Dataset.objects.update(public=False)
    withdraw(version, 1)
    announce()
    assert Notice.objects.get().about["versions"][0]["name"] == f"version {version.digest[:12]}"
