"""Labels and images, as anybody may read them."""

import pytest

from hub import catalogue
from hub.models import Image, Place
from tests import factories, images
from tests.stock import alike, placed, stock

pytestmark = pytest.mark.django_db


def slugs(answer) -> list[str]:
    return [item["slug"] for item in answer.json()["items"]]


def all_of(script, path: str, **query) -> list[dict]:
    """Every item of a list, page after page."""
    found, page = [], script.get(path, **query).json()
    while True:
        found += page["items"]
        if page["next"] is None:
            return found
        page = script.get(page["next"].split("/api/v1")[1]).json()


def test_labels_are_found_browsed_and_shown(stranger):
    valve = factories.label("Valve", factories.label("Plumbing"))
    stock(valve, 3)
    assert slugs(stranger.get("/labels", q="valv")) == ["valve"]
    assert slugs(stranger.get("/labels")) == ["plumbing", "valve"]
    assert slugs(stranger.get("/labels", under="plumbing")) == ["valve"]
    whole = stranger.get("/labels/valve").json()
    assert (whole["images"], whole["direct"], whole["path"]) == (3, 3, ["plumbing", "valve"])
    assert whole["licences"] == {"CC-BY-4.0": 3}
    assert [kind["slug"] for kind in stranger.get("/labels/plumbing").json()["kinds"]] == ["valve"]


def test_every_label_comes_once_however_many_pages_there_are(stranger):
    for number in range(100):
        factories.label(f"Label {number}")
    found = [item["slug"] for item in all_of(stranger, "/labels")]
    assert len(found) == len(set(found)) == 100


@pytest.mark.parametrize("slug", ["Valve", "valv", "vàlve", "-", "x" * 300, "%00", "valve%00"])
def test_a_label_is_named_exactly(slug, stranger):
    factories.label("Valve")
    answer = stranger.get(f"/labels/{slug}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_label")
    if "%" not in slug:
        assert stranger.get("/labels", under=slug).json()["code"] == "unknown_label"
        assert stranger.get("/images", label=slug).json()["code"] == "unknown_label"


def test_images_are_filtered_and_paged(stranger):
    valve, tap = factories.label("Valve"), factories.label("Tap")
    stock(valve, 70)
    free = stock(tap, 2, licence="CC0-1.0")
    dark = stock(tap, 1, flags=["dark"])
    assert len(all_of(stranger, "/images")) == 73
    assert len(all_of(stranger, "/images", label="valve")) == 70
    found = all_of(stranger, "/images", label="tap", licence="CC0-1.0")
    assert [item["sha256"] for item in found] == [image.sha256 for image in reversed(free)]
    assert [item["sha256"] for item in all_of(stranger, "/images", flag="dark")] == [dark[0].sha256]
    assert found[0]["labels"] == [{"slug": "tap", "name": "Tap"}]


def test_a_filter_nobody_knows_is_refused(stranger):
    for name in ("owner__password__startswith", "labels", "supplier__password"):
        answer = stranger.get("/images", **{name: "x"})
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_filter")
        assert answer.json()["about"]["field"] == name
    for name, value in (("supplier", "x"), ("drawn", "perhaps")):
        assert stranger.get("/images", **{name: value}).json()["code"] == "bad_filter"
    assert stranger.get("/datasets", owner="ada").json()["code"] == "unknown_filter"
    assert stranger.get("/labels", name="x").json()["code"] == "unknown_filter"


def test_an_image_says_what_its_page_says(stranger):
    valve = factories.label("Valve")
    first, second = stock(valve, 2, credit="Ada L.")
    alike(first, second)
    told = stranger.get(f"/images/{first.sha256}").json()
    assert (told["credit"], told["licence"], told["format"]) == ("Ada L.", "CC-BY-4.0", "JPEG")
    votes = {"yes": 1, "no": 0, "unsure": 0, "conflicting": False, "state": "asking"}
    assert told["labels"] == [{"slug": "valve", "name": "Valve", **votes}]
    assert told["twins"] == {second.sha256: 40}
    assert told["renditions"]["224"] == f"http://testserver/images/{first.sha256}/224.jpg"


@pytest.mark.parametrize(
    ("precision", "shown", "country"),
    [("open", "Porto, Portugal", "PT"), ("region", "Norte, Portugal", "PT"), ("hidden", "", "")],
)
def test_a_place_is_as_exact_as_its_supplier_allows(precision, shown, country, stranger):
    place = placed("PT", "porto")
    Place.objects.filter(pk=place.pk).update(country="Portugal", region="Norte", city="Porto", row=655, column=857)
    kept = None if precision == "hidden" else place
    stock(factories.label("Valve"), 1, precision=precision, place=kept)
    answer = stranger.get("/images")
    [told] = answer.json()["items"]
    assert (told["place"], told["country"]) == (shown, country)
    for finer in ("41.1", "-8.5", "655", "857", *(["Porto"] if precision != "open" else [])):
        assert finer not in answer.content.decode().replace(told["sha256"], "").replace(shown, "")


def test_a_withdrawn_image_is_gone_and_one_that_never_was_is_not_found(stranger, supplier):
    submission = factories.checked(images.photo(seed=1), factories.batch(supplier))
    assert stranger.get(f"/images/{submission.sha256}").status_code == 200
    catalogue.withdraw(Image.objects.get())
    assert stranger.get(f"/images/{submission.sha256}").json()["code"] == "gone"
    for never in ("0" * 64, submission.sha256[:12], submission.sha256.upper(), "x%00"):
        assert stranger.get(f"/images/{never}").status_code == 404
    assert stranger.get("/images").json() == {"items": [], "next": None}
