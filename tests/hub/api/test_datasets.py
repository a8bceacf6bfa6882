"""Datasets, versions and archives, as a script makes and fetches them."""

import hashlib
import io
import json
import zipfile

import pytest
from django.test import Client

from hub import catalogue
from hub.models import Archive, Dataset, DatasetVersion, Image
from tests import factories
from tests.hub.api.conftest import frozen, labels
from tests.stock import stock

pytestmark = pytest.mark.django_db


def path(address: str) -> str:
    return address.split("/api/v1")[1]


def selected(**fields) -> dict:
    return {"name": "Plumbing", "selection": {"labels": labels("Valve", "Tap"), **fields}}


def test_a_dataset_is_named_frozen_packed_and_fetched(ada, stocked):
    made = ada.post("/datasets", selected())
    assert (made.status_code, made["Location"]) == (201, made.json()["url"])
    ordered = ada.post(path(made.json()["versions"]))
    assert (ordered.status_code, ordered["Location"]) == (202, ordered.json()["job"])
    assert (ordered.json()["state"], ordered.json()["id"]) == ("queued", None)
    factories.work_off()
    version = ada.get(path(ada.get(path(ordered["Location"])).json()["about"])).json()
    assert (version["state"], version["images"]) == ("ready", 40)
    archive = ada.post(path(version["archives"]), {"format": "imagefolder", "size": "224"})
    assert (archive.status_code, archive.json()["link"]) == (202, None)
    factories.work_off()
    packed = ada.get(path(archive.json()["url"])).json()
    assert (packed["state"], packed["percent"]) == ("ready", 100)
    data = Client().get(packed["link"].removeprefix("http://testserver")).getvalue()
    assert hashlib.sha256(data).hexdigest() == packed["sha256"]
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None
    assert ada.post(path(version["archives"])).status_code == 200
    assert [one["id"] for one in ada.get(path(version["archives"])).json()] == [packed["id"]]


def test_the_manifest_is_the_id(ada, supplier, stocked):
    version = frozen(supplier)
    answer = ada.get(f"/versions/{version.digest}/manifest")
    assert hashlib.sha256(answer.data).hexdigest() == version.digest
    assert ada.get(f"/versions/{version.digest[:8]}").json()["id"] == version.digest
    for wrong in (version.digest[:7], version.digest.upper(), "0" * 64, "../../etc", version.digest + "0"):
        assert ada.get(f"/versions/{wrong}").status_code == 404


def test_a_short_id_of_two_versions_is_refused(ada, supplier, stocked):
    first, second = frozen(supplier), frozen(supplier, verified=False, split={"seed": 1})
    for number, version in enumerate((first, second)):
        DatasetVersion.objects.filter(pk=version.pk).update(digest=f"abcdabcd{number}" + "0" * 55)
    assert ada.get("/versions/abcdabcd").json()["code"] == "ambiguous_id"
    assert ada.get("/versions/abcdabcd0").status_code == 200


def test_members_come_in_pages_with_what_was_withdrawn(ada, supplier, stocked, monkeypatch):
    version = frozen(supplier)
    gone = Image.objects.first()
    catalogue.withdraw(gone)
    monkeypatch.setattr("hub.api.versions.PAGE", 15)
    first = ada.get(f"/versions/{version.digest}/members").json()
    second = ada.get(path(first["next"])).json()
    third = ada.get(path(second["next"])).json()
    assert [len(page["items"]) for page in (first, second, third)] == [15, 15, 10]
    assert third["next"] is None
    members = first["items"] + second["items"] + third["items"]
    assert {one["sha256"] for one in members} == set(Image.objects.values_list("sha256", flat=True))
    assert [one["sha256"] for one in members if one["withdrawn"]] == [gone.sha256]


def test_a_picture_of_a_version_is_had_until_it_is_withdrawn(ada, supplier, stocked):
    version = frozen(supplier)
    image = Image.objects.first()
    where = f"/versions/{version.digest}/files/{image.sha256}"
    assert ada.get(where).data.startswith(b"\xff\xd8")
    assert ada.get(where, size="100").json()["code"] == "unknown_side"
    assert ada.get(where, size="original").json()["code"] == "not_packed"
    [other] = stock(factories.label("Shoe"), 1)
    assert ada.get(f"/versions/{version.digest}/files/{other.sha256}").status_code == 404
    catalogue.withdraw(image)
    assert (ada.get(where).status_code, ada.get(where).json()["code"]) == (410, "gone")


def test_two_versions_are_told_apart(ada, supplier, stocked, monkeypatch):
    old = frozen(supplier)
    stock(factories.Label.objects.get(slug="tap"), 5, supplier)
    catalogue.withdraw(Image.objects.first())
    new = frozen(supplier)
    told = ada.get(f"/versions/{old.digest}/diff/{new.digest}").json()
    assert (told["added"], told["withdrawn"]) == (5, 1)
    monkeypatch.setattr("hub.api.versions.PAGE", 4)
    first = ada.get(path(told["changes"])).json()
    assert len(first["items"]) == 4
    assert first["items"][0]["change"] == "withdrawn"
    assert ada.get(path(first["next"])).json()["items"][0]["image"] > first["items"][-1]["image"]


def test_a_preview_counts_and_writes_nothing(ada, stocked):
    told = ada.post("/selections/preview", selected()["selection"]).json()
    assert (told["images"], told["obstacles"]) == (40, [])
    assert [(one["slug"], one["images"]) for one in told["classes"]] == [("valve", 20), ("tap", 20)]
    few = ada.post("/selections/preview", {"labels": stocked, "per_class": 2}).json()["obstacles"]
    assert few[0]["code"] == "too_few_groups"
    assert few[0]["words"].startswith("Valve has 2 distinct photos")
    assert Dataset.objects.count() == 0


REFUSED = {
    "unknown_filter": {"owner__password__startswith": "pbkdf2"},
    "bad_filter": {"verified": "yes"},
    "shares_do_not_sum": {"split": {"train": 0.5, "test": 0.4}},
    "no_labels": {"labels": []},
    "unknown_label": {"labels": [1, 10**9]},
}


@pytest.mark.parametrize(
    ("field", "code"),
    [({"labels": None}, "no_labels"), ({"labels": [{"id": 1, "owner__password": "x"}]}, "unknown_filter"),
     ({"since": []}, "bad_filter"), ({"until": 0}, "bad_filter")],
)  # fmt: skip
def test_empty_values_and_fields_of_a_label_are_checked_too(field, code, ada, stocked):
    answer = ada.post("/selections/preview", selected(**field)["selection"])
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("code", REFUSED)
def test_a_selection_that_makes_no_sense_is_refused_in_words(code, ada, stocked):
    for answer in (
        ada.post("/selections/preview", selected(**REFUSED[code])["selection"]),
        ada.post("/datasets", selected(**REFUSED[code])),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert answer.json()["title"].endswith(".")
    assert Dataset.objects.count() == 0


def test_a_selection_that_gives_no_dataset_is_not_frozen(ada, stocked):
    one = {"name": "One", "selection": {"labels": stocked[:1]}}
    answer = ada.post(path(ada.post("/datasets", one).json()["versions"]))
    assert (answer.status_code, answer.json()["code"]) == (422, "one_class")


def test_freezing_the_same_again_says_which_version_it_is(ada, stocked):
    versions = path(ada.post("/datasets", selected()).json()["versions"])
    for _ in range(2):
        ada.post(versions)
        factories.work_off()
    second, first = ada.get(versions).json()["items"]
    assert (second["state"], second["reason"], second["about"]) == ("failed", "nothing_changed", {"number": 1})
    assert "since version 1" in second["words"]
    assert first["state"] == "ready"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"format": "tar"}, "unknown_format"),
        ({"size": "100"}, "unknown_side"),
        ({"size": 224}, "bad_request"),
        ({"side": "224"}, "bad_request"),
    ],
)
def test_an_archive_there_is_not_is_refused(body, code, ada, supplier, stocked):
    answer = ada.post(f"/versions/{frozen(supplier).digest}/archives", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert Archive.objects.count() == 0


def test_lists_show_public_datasets_and_ones_own(ada, bob, stranger, supplier, stocked):
    frozen(supplier), frozen(supplier, public=True)

    def names(script, **query):
        return [item["public"] for item in script.get("/datasets", **query).json()["items"]]

    assert (names(ada), names(bob), names(stranger)) == ([True, False], [True], [True])
    assert (names(ada, mine=True), names(bob, mine=True), names(stranger, mine=True)) == ([True, False], [], [])


def test_a_withdrawal_makes_an_archive_stale_and_the_next_one_names_it(ada, supplier, stocked):
    version = frozen(supplier)
    first = ada.post(f"/versions/{version.digest}/archives").json()
    factories.work_off()
    catalogue.withdraw(Image.objects.first())
    assert ada.get(path(first["url"])).json()["state"] == "stale"
    ada.post(f"/versions/{version.digest}/archives")
    factories.work_off()
    [newest] = ada.get(f"/versions/{version.digest}/archives").json()
    assert (newest["state"], newest["tombstones"]) == ("ready", 1)
    assert newest["sha256"] != first["sha256"]


def test_the_reference_describes_every_address_and_asks_nobody_else(stranger):
    schema = stranger.get("/openapi.json").json()
    assert schema["info"]["title"] == "Deep Images Hub"
    for methods in schema["paths"].values():
        assert all(one["description"].endswith((".", "`")) for one in methods.values())
    page = stranger.get("/docs")
    html = page.content.decode()
    assert "https://" not in html
    assert "<style" not in html
    settings = html.split('id="swagger-settings">')[1].split("</script>")[0]
    assert json.loads(settings)["validatorUrl"] is None
    assert "script-src 'self';" in page["Content-Security-Policy"] + ";"
