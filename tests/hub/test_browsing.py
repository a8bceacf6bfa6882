import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hub import places
from hub.models import Image, Job, Place
from tests import factories, images


@pytest.fixture
def client(db):
    return Client()


def give(n: int, **fields):
    """Batches of one photo each, accepted."""
    first = Image.objects.count() + 1
    for seed in range(first, first + n):
        factories.checked(images.photo(seed=seed, size=(300, 240)), factories.batch(**fields))


def queries(client, address: str) -> int:
    """How many queries a page needs once everything is warm."""
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("address", ["/", "/labels/", "/labels/?view=tree", "/labels/valve/", "/labels.json?q=va"])
def test_a_page_needs_as_many_queries_for_many_images_as_for_few(client, address):
    factories.label("Mug", factories.label("Kitchen"))  # a tree asks once a level
    give(2)
    few = queries(client, address)
    give(4)
    factories.label("Gate valve", factories.label("Plumbing"))
    assert queries(client, address) <= few


def test_my_photos_and_a_batch_need_constant_queries(browser, supplier):
    batch = factories.batch(supplier)
    counts = []
    for seeds in ((1, 2), (3, 4, 5, 6)):
        for seed in seeds:
            factories.checked(images.photo(seed=seed, size=(300, 240)), batch)
        counts.append(
            [
                queries(browser, where)
                for where in ("/mine/", f"/batches/{batch.pk}/", f"/batches/{batch.pk}/status.json")
            ]
        )
    assert counts[0] == counts[1]


@pytest.mark.parametrize("address", ["/", "/labels/", "/labels/?view=tree", "/labels/valve/", "/licences/"])
def test_an_empty_hub_has_every_page(client, address):
    factories.label()
    assert client.get(address).status_code == 200


def test_a_label_counts_the_images_of_its_descendants_once(client):
    tool, toy = factories.label("Tool"), factories.label("Toy")
    both = factories.label("Hammer", tool, toy)
    everything = factories.label("Everything")
    for parent in (tool, toy):
        parent.up.create(parent=everything)
    factories.checked(images.photo(seed=1), factories.batch(under=both))
    for label, own in ((both, 1), (tool, 0), (toy, 0), (everything, 0)):
        page = client.get(label.get_absolute_url()).context
        assert (page["images"], page["direct"]) == (1, own)


def test_a_label_is_paged_by_keyset_newest_first(client, monkeypatch):
    monkeypatch.setattr("hub.browse.PAGE", 2)
    monkeypatch.setattr("hub.browse.keyset.__defaults__", (2,))
    give(5)
    seen, address = [], "/labels/valve/"
    while address:
        page = client.get(address).context
        seen += [image.pk for image in page["page"]]
        address = page["next_url"]
    assert seen == list(Image.objects.order_by("-id").values_list("pk", flat=True))


@pytest.mark.parametrize("address", ["/labels/valve/?before=2", "/api/v1/images?label=valve&before=2"])
def test_a_deep_page_of_a_label_reads_its_rows_from_the_cursor_on(client, address):
    give(1)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    assert any('"hub_imagelabel"."image_id" < 2' in query["sql"] for query in captured)


def test_a_label_is_filtered_by_what_its_facets_offer(client):
    give(1, licence="CC0-1.0")
    give(2)
    page = client.get("/labels/valve/").context
    licences = next(facet for facet in page["facets"] if facet["name"] == "licence")
    assert {option["value"]: option["n"] for option in licences["options"]} == {"CC0-1.0": 1, "CC-BY-4.0": 2}
    option = next(option for option in licences["options"] if option["value"] == "CC0-1.0")
    assert len(client.get(option["url"]).context["page"]) == option["n"]


@pytest.mark.parametrize(
    "query",
    [
        "before=abc",
        "before=9999999999999999999999",
        "before=-1",
        "before=٣",
        "supplier=x",
        "drawn=maybe",
        "scope=%27",
        "flag={a}",
        "licence=" + "x" * 4000,
        "owner__password__startswith=a",
    ],
)
def test_an_address_somebody_played_with_never_breaks_the_page(client, query):
    give(1)
    assert client.get(f"/labels/valve/?{query}").status_code == 200


@pytest.mark.parametrize("q", ["", "%25", "_", "'", "\\", "😀", "x" * 10_000, "{{7*7}}", "<script>"])
def test_any_search_is_answered(client, q):
    factories.label()
    assert client.get(f"/labels.json?q={q}").status_code == 200
    assert "<script>alert" not in client.get(f"/labels/?q={q}").content.decode()


def test_a_page_that_is_not_there_is_404_in_words(client):
    for address in ("/labels/no-such/", f"/images/{'0' * 64}/", "/labels/?under=no-such", "/nothing"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "There is nothing here." in answer.content.decode()


def test_a_withdrawn_photo_is_gone_from_pages_counts_and_pictures(browser, client, supplier):
    submission = factories.checked(images.photo(seed=1), factories.batch(supplier))
    browser.post(f"/images/{submission.sha256}/withdraw/")
    assert client.get(f"/images/{submission.sha256}/").status_code == 410
    assert client.get(f"/images/{submission.sha256}/224.jpg").status_code == 410
    assert client.get("/labels/valve/").context["images"] == 0
    assert client.get("/").context["numbers"]["images"] == 0
    submission.refresh_from_db()
    assert submission.state == "withdrawn"


def test_an_image_shows_its_neighbours_under_its_label(client):
    give(3)
    newest, middle, oldest = Image.objects.order_by("-id")
    page = client.get(middle.get_absolute_url()).context
    assert (page["previous"], page["following"]) == (newest, oldest)


def test_an_original_is_an_attachment_under_a_name_of_ours(browser, supplier):
    data = images.with_exif(images.photo(seed=1), comment="<script>alert(1)</script>")
    submission = factories.checked(data, factories.batch(supplier), filename="evil.html")
    answer = browser.get(f"/images/{submission.sha256}/original")
    assert answer["Content-Disposition"] == f'attachment; filename="{submission.sha256[:16]}.jpg"'
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert b"".join(answer.streaming_content) == data
    answer.close()


@pytest.mark.parametrize(
    ("precision", "seen", "unseen"),
    [("open", "Lyon", None), ("region", "Auvergne", "Lyon"), ("hidden", None, "France")],
)
def test_a_place_is_shown_no_finer_than_its_supplier_allows(client, precision, seen, unseen):
    batch = factories.batch(precision=precision, place_text="45.7597, 4.8422")
    submission = factories.checked(images.photo(seed=1), batch)
    names = {"country_code": "FR", "country": "France", "region": "Auvergne-Rhône-Alpes", "city": "Lyon"}
    Place.objects.update(source="nominatim", **names)
    for address in (f"/images/{submission.sha256}/", "/", "/labels/valve/"):
        text = client.get(address).content.decode()
        assert "45.7" not in text
        assert "4.84" not in text
    text = client.get(f"/images/{submission.sha256}/").content.decode()
    assert seen is None or seen in text
    assert unseen is None or unseen not in text


def test_a_place_found_later_is_counted_then(client):
    give(1, place_text="somewhere we know")
    place = Place.objects.get()
    place.source = ""
    place.save()
    from hub import jobs

    work = jobs.claim(jobs.open_job(Job.Kind.LOCATE, place.pk).pk)
    places.found(work, place, "nominatim", country_code="FR", country="France")
    assert client.get("/").context["numbers"]["countries"] == 1


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "{{ 7*7 }}", "{% now 'Y' %}", "=cmd|' /C calc'!A0", "&amp;", '"><b>']
)
def test_names_with_markup_are_shown_as_the_text_they_are(client, text):
    label = factories.label(text, slug="odd", description=text)
    supplier = factories.account(credit=text)
    submission = factories.checked(images.photo(seed=1), factories.batch(supplier, label))
    for address in ("/", "/labels/", "/labels/odd/", f"/images/{submission.sha256}/", "/labels/?q=cmd"):
        page = client.get(address).content.decode()
        assert "<script>alert" not in page
        assert '"><b>' not in page
        assert ">49<" not in page


def test_an_address_with_a_nul_is_refused_in_words(client):
    factories.label()
    for address in ("/labels/?q=%00", "/labels/valve/?country=%00", "/labels.json?q=%00"):
        answer = client.get(address)
        assert answer.status_code == 400
        assert "could not be read" in answer.content.decode()


def test_an_image_and_a_queue_of_moderators_need_constant_queries(browser, client, supplier):
    give(2)
    sha256 = Image.objects.first().sha256
    few = queries(client, f"/images/{sha256}/")
    give(4)
    assert queries(client, f"/images/{sha256}/") == few
    supplier.user_permissions.add(Permission.objects.get(codename="moderate"))
    counts = []
    for seed in (1, 2, 3):
        factories.checked(
            images.photo(seed=seed, size=(300, 240)), factories.batch(under=factories.label(f"Odd {seed}"))
        )
        counts.append(queries(browser, "/moderation/conflicts/"))
    assert counts[1] == counts[2]


def test_pages_of_an_account_are_kept_by_no_cache(browser, client):
    assert browser.get("/mine/")["Cache-Control"] == "private, no-cache"
