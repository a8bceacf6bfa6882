"""Archives: packed once, the same bytes whenever and wherever, never with a photo that was taken back."""

import errno
import hashlib
import io
import os
import time
import zipfile
from datetime import timedelta

import pytest
from django.core import signing
from django.core.files.storage import storages
from django.db.models.functions import Now

from hub import archives, catalogue, datasets, freezing, jobs, objects, storage
from hub.models import Account, Archive, DatasetVersion, Image, Job, Rendition
from hub.problems import Refused
from hub.selections import read
from tests import factories, images
from tests.parts import broken, empty_storage, only
from tests.stock import stock
from workers import archives as packer
from workers import export, upkeep

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    empty_storage(settings, tmp_path)


@pytest.fixture
def version() -> DatasetVersion:
    return freeze()


def freeze(owner: Account | None = None, public: bool = False, count: int = 12, **fields) -> DatasetVersion:
    """A version of as many valves and taps."""
    chosen = [stock(factories.label(name), count)[0].batch.label.pk for name in ("Valve", "Tap")]
    owner = owner or factories.account()
    selection = read({"labels": chosen, **fields})
    ordered, _ = datasets.order_version(datasets.create(owner=owner, name="Things", selection=selection, public=public))
    factories.work_off()
    return DatasetVersion.objects.get(pk=ordered.pk)


def packed(version: DatasetVersion, format: str = "imagefolder", side: int = 224) -> Archive:
    archive, _ = archives.order(version, format, side)
    factories.work_off()
    return Archive.objects.get(pk=archive.pk)


def data_of(archive: Archive) -> bytes:
    return storage.get("artifacts", archives.key(archive))


def forgotten(archive: Archive) -> None:
    """As if the archive had never been packed."""
    storage.delete("artifacts", archives.key(archive))
    Archive.objects.all().delete()
    Job.objects.all().delete()


@pytest.mark.parametrize("format", packer.FORMATS)
def test_an_archive_holds_every_member_and_is_what_its_row_says(version, format):
    archive = packed(version, format)
    data = data_of(archive)
    assert (archive.state, archive.size, archive.done) == ("ready", len(data), len(data))
    assert archive.sha256 == hashlib.sha256(data).hexdigest()
    with zipfile.ZipFile(io.BytesIO(data)) as zip:
        assert zip.testzip() is None
        manifest = zip.read("manifest.jsonl")
    assert hashlib.sha256(manifest).hexdigest() == version.digest
    assert broken(deep=True) == {}


def test_the_pictures_are_the_stored_renditions(version):
    with zipfile.ZipFile(io.BytesIO(data_of(packed(version)))) as zip:
        inside = {hashlib.sha256(zip.read(name)).hexdigest() for name in zip.namelist() if name.endswith(".jpg")}
    assert inside == set(Rendition.objects.values_list("sha256", flat=True))


def test_packed_again_on_another_day_it_is_the_same(version):
    first = packed(version)
    forgotten(first)
    second = packed(version)
    assert (second.sha256, second.recipe) == (first.sha256, first.recipe)


def test_a_second_request_builds_nothing(version):
    archive = packed(version)
    again, job = archives.order(version, "imagefolder", 224)
    assert (again.pk, job) == (archive.pk, None)


def test_the_same_manifest_in_another_dataset_shares_its_archive(version):
    archive = packed(version)
    dataset = datasets.create(owner=factories.account(), name="Mine", selection=read(version.dataset.selection))
    other, _ = datasets.order_version(dataset)
    factories.work_off()
    other.refresh_from_db()
    assert archives.order(other, "imagefolder", 224) == (archive, None)


class Killed(BaseException):
    """What ends a process ends the attempt, and leaves no trace but what was stored."""


@pytest.mark.parametrize("at", ["layout", "put_packed", "finish"])
def test_a_worker_killed_anywhere_leaves_an_archive_that_the_next_attempt_finishes(version, monkeypatch, at):
    whole = packed(version)
    forgotten(whole)
    archive, job = archives.order(version, "imagefolder", 224)
    with monkeypatch.context() as patched:
        die_at(at, patched)
        with pytest.raises(Killed):
            export.pack(job.pk)
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))
    export.pack(job.pk)
    archive.refresh_from_db()
    assert (archive.state, archive.sha256) == ("ready", whole.sha256)
    assert broken(deep=True) == {}
    assert list(names_in("artifacts")) == sorted([archives.key(archive), storage.key(version.digest, ".jsonl")])


def die_at(at: str, monkeypatch) -> None:
    def die(*_, **__):
        raise Killed

    def write_half(self, file, progress):
        file.write(b"half")
        die()

    if at == "layout":
        monkeypatch.setattr(packer, "layout", die)
    elif at == "put_packed":
        monkeypatch.setattr(packer.Layout, "write", write_half)
    else:
        monkeypatch.setattr(archives, "finish", die)


def names_in(alias: str) -> list[str]:
    return sorted(name for name, _ in storages[alias].walk())


def test_a_worker_killed_while_freezing_leaves_a_version_that_the_next_attempt_freezes(monkeypatch):
    chosen = [stock(factories.label(name), 12)[0].batch.label.pk for name in ("Valve", "Tap")]
    dataset = datasets.create(owner=factories.account(), name="Things", selection=read({"labels": chosen}))
    version, job = datasets.order_version(dataset)

    def die(*_):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(export.freezing, "settle", die)
        with pytest.raises(Killed):
            export.freeze(job.pk)
    Job.objects.filter(pk=job.pk).update(state="running", lease_until=Now() - timedelta(seconds=1), attempt=1)
    export.freeze(job.pk)
    version.refresh_from_db()
    assert (version.state, version.images, version.members.count()) == ("ready", 24, 24)
    assert broken(deep=True) == {}


def test_a_withdrawn_photo_ends_every_archive_that_holds_it(version):
    archive = packed(version)
    gone = version.members.order_by("image")[0].image
    catalogue.withdraw(gone)
    archive.refresh_from_db()
    assert archive.state == "stale"
    later = packed(version)
    assert later.pk != archive.pk
    assert later.tombstones == 1
    with zipfile.ZipFile(io.BytesIO(data_of(later))) as zip:
        assert not [name for name in zip.namelist() if gone.sha256[:20] in name]
        assert gone.sha256 in zip.read("tombstones.csv").decode()
        assert hashlib.sha256(zip.read("manifest.jsonl")).hexdigest() == version.digest


def test_a_photo_withdrawn_while_its_archive_waits_is_not_packed(version):
    archive, job = archives.order(version, "imagefolder", 224)
    catalogue.withdraw(version.members.order_by("image")[0].image)
    export.pack(job.pk)
    factories.work_off()
    archive.refresh_from_db()
    assert archive.state == "stale"
    assert Archive.objects.get(state="ready").tombstones == 1


def test_a_photo_withdrawn_while_its_archive_is_packed_keeps_it_from_being_given_out(version, monkeypatch):
    archive, job = archives.order(version, "imagefolder", 224)
    put = storage.put_packed

    def put_and_lose(*asked):
        catalogue.withdraw(version.members.order_by("image")[0].image)
        return put(*asked)

    monkeypatch.setattr(storage, "put_packed", put_and_lose)
    export.pack(job.pk)
    archive.refresh_from_db()
    assert archive.state == "stale"


def test_originals_leave_without_a_word_about_where_they_were_taken():
    secret = "taken at my own house"
    ada = factories.account()
    labels = [factories.label("Valve"), factories.label("Tap")]
    for number, label in enumerate(labels):
        batch = factories.batch(ada, label)
        for seed in range(4):
            photo = images.photo(seed=1 + seed + 10 * number, size=(320, 240))
            factories.given(images.with_exif(photo, gps=(48.1234, 2.5678), comment=secret), batch)
        factories.work_off()
    split = {"train": 0.5, "validation": 0.25, "test": 0.25}
    selection = read({"labels": [label.pk for label in labels], "split": split})
    version, _ = datasets.order_version(datasets.create(owner=ada, name="Things", selection=selection))
    factories.work_off()
    version.refresh_from_db()
    archive = packed(version, side=0)
    with zipfile.ZipFile(io.BytesIO(data_of(archive))) as zip:
        pictures = [zip.read(name) for name in zip.namelist() if name.endswith(".jpg")]
    assert len(pictures) == 8
    assert not [data for data in pictures if b"Exif" in data or secret.encode() in data]
    assert Rendition.objects.filter(side=0).count() == 8
    assert broken(deep=True) == {}


def test_an_archive_of_what_was_deleted_says_so(version):
    archive, job = archives.order(version, "imagefolder", 224)
    datasets.delete(version.dataset)
    export.pack(job.pk)
    archive.refresh_from_db()
    assert (archive.state, archive.reason, Job.objects.get(pk=job.pk).state) == ("failed", "version_gone", "done")


def test_a_version_deleted_while_it_is_packed_leaves_no_half_archive_to_another_with_its_id(version, monkeypatch):
    whole = packed(version)
    forgotten(whole)
    same = datasets.create(owner=factories.account(), name="Mine", selection=read(version.dataset.selection))
    datasets.order_version(same)
    factories.work_off()
    archive, job = archives.order(version, "imagefolder", 224)
    with monkeypatch.context() as patched:
        patched.setattr(packer, "layout", between_passes(packer.layout, lambda: datasets.delete(version.dataset)))
        export.pack(job.pk)
    archive.refresh_from_db()
    assert archive.state == "packing"
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))
    export.pack(job.pk)
    archive.refresh_from_db()
    assert (archive.state, archive.sha256) == ("ready", whole.sha256)


def between_passes(layout, act):
    """A layout in which something happens after the members were counted and before they are laid out."""

    def laid(header, members, *rest):
        passes = iter([lambda: None, act])

        def again():
            next(passes, lambda: None)()
            return members()

        return layout(header, again, *rest)

    return laid


def test_a_picture_that_was_never_made_does_not_pass_for_one_that_was_taken_back(version):
    Rendition.objects.filter(image=version.members.order_by("image")[0].image, side=224).delete()
    archive, job = archives.order(version, "imagefolder", 224)
    export.pack(job.pk)
    archive.refresh_from_db()
    assert archive.state != "ready"
    assert "has no rendition 224" in Job.objects.get(pk=job.pk).error


def test_an_attempt_that_slept_does_not_touch_what_another_froze(version):
    job = Job.objects.get(kind="freeze")
    stock(version.members.first().image.batch.label, 5)
    members = set(version.members.values_list("image", flat=True))
    slept = jobs.Work(job.pk, job.kind, job.subject, job.attempt - 1)
    with pytest.raises(jobs.Superseded):
        freezing.freeze(slept, version, lambda version: {})
    assert set(version.members.values_list("image", flat=True)) == members


def test_a_lost_rendition_fails_the_archive_in_the_end_and_can_be_asked_for_again(version, settings):
    row = Rendition.objects.order_by("id")[0]
    data = storage.get("renditions", storage.rendition_key(row.sha256))
    storage.delete("renditions", storage.rendition_key(row.sha256))
    archive, job = archives.order(version, "imagefolder", 224)
    for _ in range(settings.JOB_ATTEMPTS):
        Job.objects.filter(pk=job.pk).update(run_after=Now())
        export.pack(job.pk)
    archive.refresh_from_db()
    assert (archive.state, archive.reason) == ("failed", "our_failure")
    storage.put("renditions", storage.rendition_key(row.sha256), data)
    assert packed(version).state == "ready"


def test_a_version_that_is_not_frozen_has_no_archive(version):
    DatasetVersion.objects.filter(pk=version.pk).update(state="queued")
    version.refresh_from_db()
    assert refusal(archives.order, version, "imagefolder", 224) == "not_frozen"


def refusal(act, *args) -> str:
    with pytest.raises(Refused) as refused:
        act(*args)
    return refused.value.code


def test_formats_and_sizes_that_are_not_are_refused():
    assert refusal(archives.choose, "rar", "224") == "unknown_format"
    assert refusal(archives.choose, "coco", "512") == "unknown_side"
    assert archives.choose("coco", "original") == ("coco", 0)


class TestALink:
    @pytest.fixture
    def ada(self):
        return factories.account()

    @pytest.fixture
    def archive(self, ada):
        return packed(freeze(owner=ada))

    def test_gives_the_archive_to_whom_it_is_for(self, archive, ada):
        token = archives.link(archive, ada)
        assert archives.by_link(token, ada) == archive
        assert archives.by_link(token, None) == archive

    def test_is_no_use_to_another_account(self, archive, ada):
        assert refusal(archives.by_link, archives.link(archive, ada), factories.account()) == "link_not_yours"

    def test_ends_with_the_permission(self, archive, ada):
        token = archives.link(archive, ada)
        Account.objects.filter(pk=ada.pk).update(is_active=False)
        assert refusal(archives.by_link, token, None) == "forbidden"

    def test_of_a_private_dataset_cannot_be_made_for_nobody(self, archive):
        assert refusal(archives.by_link, archives.link(archive, None), None) == "forbidden"

    def test_ends_with_a_withdrawal(self, archive, ada):
        token = archives.link(archive, ada)
        catalogue.withdraw(Image.objects.order_by("id")[0])
        assert refusal(archives.by_link, token, ada) == "archive_gone"

    def test_grows_old(self, archive, ada, settings):
        token = archives.link(archive, ada)
        settings.ARCHIVE_LINK_SECONDS = -1
        assert refusal(archives.by_link, token, ada) == "link_expired"

    @pytest.mark.parametrize(
        "spoil", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: "x" + t, lambda t: ""]
    )
    def test_cannot_be_forged(self, archive, ada, spoil):
        assert refusal(archives.by_link, spoil(archives.link(archive, ada)), ada) == "link_expired"

    def test_of_another_kind_is_no_link(self, archive, ada):
        forged = signing.dumps([archive.pk, ada.pk, archive.sha256[:16]], salt="hub.file")
        assert refusal(archives.by_link, forged, ada) == "link_expired"

    def test_waits_until_the_archive_is_packed(self, archive, ada):
        Archive.objects.filter(pk=archive.pk).update(state="packing")
        archive.refresh_from_db()
        assert refusal(archives.link, archive, ada) == "not_packed"


def test_what_a_retired_archive_left_is_cleared_after_a_day(version):
    archive = packed(version)
    catalogue.withdraw(version.members.order_by("image")[0].image)
    age_everything("artifacts")
    assert list(objects.strays("artifacts")) == [archives.key(archive)]
    upkeep.clear_orphans("artifacts")
    assert names_in("artifacts") == [storage.key(version.digest, ".jsonl")]


def test_an_archive_whose_dataset_was_deleted_goes_with_it(version):
    packed(version)
    datasets.delete(version.dataset)
    age_everything("artifacts")
    upkeep.tidy()
    assert not Archive.objects.exists()
    assert names_in("artifacts") == []


def test_a_folder_of_a_worker_that_was_killed_is_cleared_a_day_later(version, settings, tmp_path):
    settings.SCRATCH_DIR = str(tmp_path)
    old, young = tmp_path / "hub-pack-old", tmp_path / "hub-pack-young"
    old.mkdir()
    young.mkdir()
    os.utime(old, (time.time() - 90_000,) * 2)
    packed(version)
    assert [path.name for path in tmp_path.glob("hub-pack-*")] == ["hub-pack-young"]


def age_everything(alias: str) -> None:
    for name in names_in(alias):
        path = storages[alias].path(name)
        os.utime(path, (time.time() - 90_000,) * 2)


def test_the_audit_finds_a_changed_archive_a_lost_manifest_and_a_torn_group(version):
    archive = packed(version)
    path = storages["artifacts"].path(archives.key(archive))
    with open(path, "r+b") as file:
        file.seek(100)
        file.write(b"?")
    assert only("manifests and archives are stored whole", deep=True) == [
        f"archive {archive.pk}: another SHA-256 than its row says"
    ]
    storage.delete("artifacts", archives.key(archive))
    assert only("manifests and archives are stored whole") == [f"archive {archive.pk}: no file"]
    Archive.objects.all().delete()
    first, second = version.members.order_by("image")[:2]
    version.members.filter(image=first.image).update(split="test")
    version.members.filter(image=second.image).update(split="train", group_id=first.group_id)
    assert only("no group lies in two splits") == [f"version {version.pk} tears group {first.group_id} apart"]


def test_the_audit_finds_a_version_that_waits_for_nothing(version):
    DatasetVersion.objects.filter(pk=version.pk).update(state="queued", digest="")
    rule = "versions and archives are what their rows say"
    assert f"version {version.pk} waits without a job" in broken()[rule]


def test_the_audit_finds_an_archive_that_waits_for_nothing_and_one_that_holds_a_withdrawn_photo(version):
    archive, job = archives.order(version, "imagefolder", 224)
    job.delete()
    rule = "versions and archives are what their rows say"
    assert only(rule) == [f"archive {archive.pk} waits without a job"]
    packed(version)
    catalogue.withdraw(version.members.order_by("image")[0].image)
    Archive.objects.update(state="ready")
    assert only(rule) == [f"archive {archive.pk} is given out though it holds a withdrawn photo"]


def test_progress_rises_through_every_part_of_the_work(version, monkeypatch):
    seen = []
    monkeypatch.setattr(time, "monotonic", iter(range(2, 10**6, 2)).__next__)
    monkeypatch.setattr(archives, "progress", lambda archive, done: seen.append(done / told.size))
    told = export.Told(Archive(), 1000)
    for of, upto in ((10, 0.4), (10, 0.5), (4000, 1)):
        tell = told.part(of, upto)
        for done in (of // 2, of):
            tell(done)
    assert seen == [0.2, 0.4, 0.45, 0.5, 0.75, 1]


def test_a_full_disk_fails_the_archive_instead_of_trying_for_ever(version, monkeypatch, settings):
    def full(self, file, progress):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(packer.Layout, "write", full)
    archive, job = archives.order(version, "imagefolder", 224)
    for _ in range(settings.JOB_ATTEMPTS):
        Job.objects.filter(pk=job.pk).update(run_after=Now())
        export.pack(job.pk)
    archive.refresh_from_db()
    assert (archive.state, archive.reason) == ("failed", "our_failure")
    assert names_in("artifacts") == [storage.key(version.digest, ".jsonl")]
