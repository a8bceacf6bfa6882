"""The export of an account: all of its own, nothing of anybody else's, in flat memory."""

import csv
import io
import json
import tracemalloc
import zipfile

import pytest

from hub import catalogue, storage, tokens
from hub.models import Batch, Download, GoldAnswer, LabelProposal, Report, Shortfall, Subscription, Watch
from hub.moderation import decisions
from hub.people import notices, takeout, takeout_rows
from tests import factories, images, shelves, trained
from tests.hub.conftest import logged_in
from tests.stock import stock

pytestmark = pytest.mark.django_db


def taken(client) -> zipfile.ZipFile:
    """The export as its owner gets it."""
    answer = client.get("/account/export/")
    assert answer.status_code == 200
    archive = zipfile.ZipFile(io.BytesIO(answer.getvalue()))
    assert archive.testzip() is None
    return archive


def rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(f"{name}.csv").decode())))


def everything(archive: zipfile.ZipFile) -> str:
    return "\n".join(archive.read(name).decode(errors="replace") for name in archive.namelist())


def test_the_export_holds_the_photos_as_they_were_sent(browser, supplier):
    data = images.with_exif(images.photo(seed=1), gps=(48.8583, 2.2945))
    row = factories.checked(data, factories.batch(supplier))
    waiting = factories.given(images.photo(seed=2), row.batch, filename="later.jpg")
    archive = taken(browser)
    assert archive.read(f"originals/{row.sha256}.jpg") == data
    assert archive.read(f"originals/waiting/{waiting.sha256}") == images.photo(seed=2)


def test_the_export_says_what_became_of_each_file_and_what_was_agreed_to(browser, supplier):
    batch = factories.batch(supplier, place_text="Porto")
    factories.checked(images.photo(seed=1), batch, filename="harbour.jpg")
    factories.checked(b"no picture", batch, filename="notes.txt")
    archive = taken(browser)
    assert {row["filename"]: row["state"] for row in rows(archive, "submissions")} == {
        "harbour.jpg": "accepted",
        "notes.txt": "rejected",
    }
    (told,) = rows(archive, "batches")
    assert (told["agreement"], told["place_typed"], told["accepted"]) == (batch.agreement, "porto", "1")
    assert rows(archive, "photos")[0]["credit"] == "ada"


def test_a_photo_taken_back_is_told_and_its_file_is_not_given(browser, supplier):
    shot = stock(factories.label(), 1, supplier)[0]
    catalogue.withdraw(shot)
    archive = taken(browser)
    assert rows(archive, "photos")[0]["withdrawn_at"]
    assert not [name for name in archive.namelist() if name.startswith("originals")]


def test_a_file_that_storage_lost_is_named_and_the_rest_is_whole(browser, supplier):
    lost, kept = stock(factories.label(), 2, supplier)
    storage.delete("originals", storage.key(lost.sha256))
    archive = taken(browser)
    assert archive.read("originals/missing.txt").decode() == lost.sha256
    assert f"originals/{kept.sha256}.jpg" in archive.namelist()


def test_the_export_holds_verdicts_wishes_reports_notices_and_downloads(browser, supplier):
    valve = factories.label()
    other = stock(valve, 1)[0]
    other.annotations.create(label=valve, account=supplier, verdict="no")
    GoldAnswer.objects.create(account=supplier, image=other, label=valve, truth=True, verdict="yes")
    Report.objects.create(image=other, account=supplier, reason="other", note="Is that a valve?")
    Watch.objects.create(account=supplier, label=valve, wanted=7, note="In the rain")
    Subscription.objects.create(account=supplier, label=valve)
    Shortfall.objects.create(account=supplier, label=valve, source="training", wanted=20)
    LabelProposal.objects.create(proposer=supplier, name="Stopcock")
    Download.objects.create(account=supplier, digest="ab" * 32)
    notices.tell(supplier, "batch_done", "batch:1", {"id": 1})
    archive = taken(browser)
    assert rows(archive, "verdicts")[0]["photo"] == other.sha256
    assert rows(archive, "hidden")[0]["verdict"] == "yes"
    assert rows(archive, "reports")[0]["note"] == "Is that a valve?"
    assert [row["wanted"] for row in rows(archive, "wishes")] == ["7", "", "20"]
    assert rows(archive, "proposals")[0]["name"] == "Stopcock"
    assert rows(archive, "downloads")[0]["version"] == "ab" * 32
    assert json.loads(rows(archive, "notices")[0]["about"]) == {"id": 1}


def test_no_spreadsheet_computes_what_somebody_wrote(browser, supplier):
    for note in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1"):
        Report.objects.create(
            image=stock(factories.label(f"L{ord(note[0])}"), 1)[0], account=supplier, note=note, reason="other"
        )
    assert {row["note"][0] for row in rows(taken(browser), "reports")} == {"'"}


def test_the_export_holds_datasets_and_trainings(browser, supplier):
    version = shelves.frozen(supplier)
    model = trained.model(version)
    trained.asked(model, supplier)
    model.acquisitions.create(account=supplier)
    archive = taken(browser)
    (told,) = json.loads(archive.read("datasets.json"))
    assert told["versions"][0]["digest"] == version.digest
    assert rows(archive, "trainings")[0]["version"] == version.digest
    assert rows(archive, "models")[0]["recipe"] == model.recipe


def test_decisions_about_an_account_and_its_photos_are_told_without_who_decided(browser, supplier):
    moderator = factories.account(username="mona_the_moderator")
    shot = stock(factories.label(), 1, supplier)[0]
    decisions.log(moderator, "took_down", f"image:{shot.sha256}", "private", note="seen on a bus")
    decisions.log(moderator, "cleared", f"submission:{shot.submission.pk}")
    decisions.log(moderator, "trusted", decisions.person(supplier))
    decisions.log(moderator, "suspended", decisions.person(moderator))
    archive = taken(browser)
    assert [row["decision"] for row in rows(archive, "decisions")] == ["took_down", "cleared", "trusted"]
    assert "mona" not in everything(archive)
    assert "bus" not in everything(archive)


def test_the_export_holds_nothing_of_other_people_and_no_secret(browser, supplier):
    secret = tokens.make(supplier, "laptop", ["read"])[1]
    bo = factories.account(username="bo_the_builder", email="bo@builders.example", credit="Bo B.")
    shot = stock(factories.label(), 1, bo)[0]
    stock(shot.batch.label, 1, supplier)
    Watch.objects.create(account=bo, label=shot.batch.label, note="only for Bo")
    said = everything(taken(browser))
    assert "laptop" in said
    for private in (
        "bo_the_builder",
        "builders.example",
        "Bo B.",
        shot.sha256,
        "only for Bo",
        secret,
        supplier.password,
    ):
        assert private not in said


def test_the_account_says_of_itself_what_is_kept(browser, supplier):
    supplier.emailaddress_set.create(email=supplier.email, verified=True, primary=True)
    about = json.loads(taken(browser).read("account.json"))
    assert (about["username"], about["email"]) == ("ada", "ada@example.org")
    assert about["addresses"] == [{"email": "ada@example.org", "verified": True, "primary": True}]


def test_every_table_of_the_export_is_explained(browser):
    archive = taken(browser)
    readme = archive.read("README.txt").decode()
    assert {name for name in archive.namelist() if name not in readme} <= {"README.txt"}
    assert max(len(line) for line in readme.splitlines()) <= 120
    assert {f"{name}.csv" for name in takeout_rows.TABLES} < set(archive.namelist())


def test_the_export_is_sent_while_it_is_read_in_flat_memory(supplier):
    batch = factories.batch(supplier)
    for number in range(12):
        data = b"%d" % number + bytes(2_000_000)
        digest = storage.digest_of(data)
        storage.put("originals", storage.key(digest), data)
        factories.given(data, batch, filename=f"{number}.jpg")
    del data
    tracemalloc.start()
    total = sum(len(piece) for piece in takeout.chunks(supplier))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 24_000_000
    assert peak < 8_000_000


def test_only_who_is_logged_in_has_an_export(client):
    assert client.get("/account/export/").status_code == 302
    assert logged_in(factories.account()).get("/account/export/")["Cache-Control"] == "private, no-store"
    assert not Batch.objects.exists()
