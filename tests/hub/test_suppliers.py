"""A supplier's page, what their photos went into, and where their name stands."""

import pytest
from django.utils import timezone

from hub import catalogue
from hub.models import Account, Contribution, Image
from hub.people import suppliers
from tests import factories, shelves, trained
from tests.hub.api.conftest import Script
from tests.hub.conftest import logged_in
from tests.stock import placed, stock, verified

pytestmark = pytest.mark.django_db
PAGE = "/suppliers/ada/"


def text(client, path: str) -> str:
    return client.get(path).content.decode()


def giver(version):
    """Who gave the first photo of a version."""
    return version.members.order_by("image").first().image.supplier


def test_a_supplier_has_a_page_that_says_what_they_give(client, supplier):
    stock(factories.label(), 3, supplier=supplier)
    other = stock(factories.label("Cube"), 1)[0]
    verified(other.batch.label, other, yes=0)
    page = text(client, PAGE)
    assert suppliers.figures(supplier)["photos"] == 3
    assert "Valve" in page
    assert page.count('class="shot"') == 3
    assert other.sha256 not in page


def test_verdicts_on_photos_of_others_are_counted_and_claims_are_not(supplier):
    valve = factories.label()
    own, other = stock(valve, 1, supplier=supplier)[0], stock(valve, 1)[0]
    other.annotations.create(label=valve, account=supplier, verdict="no")
    assert own.annotations.filter(account=supplier).exists()
    assert suppliers.figures(supplier)["verdicts"] == 1


def test_the_page_of_a_supplier_names_public_datasets_and_models_and_only_counts_private_ones(client):
    version = shelves.frozen(public=True)
    ada = giver(version)
    private = shelves.frozen()
    private.dataset.name = "Secret plans"
    private.dataset.save()
    trained.model(version)
    found = suppliers.impact(ada)
    assert (found.photos, found.datasets, found.models) == (20, 2, 1)
    page = text(client, f"/suppliers/{ada.username}/")
    assert "20 photos are in 2 datasets and 1 model" in page
    assert "Balls and cubes" in page
    assert "Ball or Cube" in page
    assert "Secret plans" not in page


def test_impact_equals_what_the_members_of_versions_say():
    version = shelves.frozen()
    shelves.again(version.dataset)
    ada = giver(version)
    said = Contribution.objects.get(supplier=ada, version=version).images
    assert said == version.members.filter(image__supplier=ada).count() == suppliers.impact(ada).photos
    assert suppliers.impact(ada).datasets == suppliers.reach(Image.objects.filter(supplier=ada)).datasets == 1


def test_a_photo_taken_back_leaves_the_page_and_stays_in_the_impact(client):
    version = shelves.frozen(public=True)
    ada = giver(version)
    gone = Image.objects.filter(supplier=ada).first()
    catalogue.withdraw(gone)
    assert gone.sha256 not in text(client, f"/suppliers/{ada.username}/")
    assert suppliers.impact(ada).photos == 20


@pytest.mark.parametrize("state", [{"gone_at": timezone.now()}, {"suspended_at": timezone.now()}, {"is_active": False}])
def test_who_left_or_is_suspended_has_no_page_and_no_name(client, state):
    ada = factories.account(username="ada")
    shot = stock(factories.label(), 1, ada)[0]
    Account.objects.filter(pk=ada.pk).update(**state)
    assert client.get(PAGE).status_code == 404
    for path in (shot.get_absolute_url(), "/", "/labels/valve/"):
        page = text(client, path)
        assert PAGE not in page
        assert "anonymous" in page
    assert Script().get(f"/images/{shot.sha256}").json()["supplier"] == "anonymous"


def test_a_suppliers_name_leads_to_their_page(client, supplier):
    shot = stock(factories.label(), 1, supplier)[0]
    for path in (shot.get_absolute_url(), "/", "/labels/valve/"):
        assert f'href="{PAGE}"' in text(client, path)


def test_who_gave_nothing_has_a_page_for_themselves_alone(client, browser):
    assert client.get(PAGE).status_code == 404
    assert "This will be your page" in text(browser, PAGE)
    assert client.get("/suppliers/no%00body/").status_code == 404
    assert client.get("/suppliers/nobody/").status_code == 404


def test_the_page_of_a_supplier_tells_no_place_however_exact(client, supplier):
    for precision in ("open", "region"):
        stock(factories.label(precision), 1, supplier, place=placed("PT", f"porto {precision}"), precision=precision)
    page = text(client, PAGE)
    assert "porto" not in page
    assert "PT" not in page


def test_an_old_page_of_photos_is_reached_by_its_cursor(client, supplier):
    stock(factories.label(), 61, supplier)
    assert "before=" in text(client, PAGE)
    oldest = Image.objects.order_by("id").first()
    assert oldest.sha256 not in text(client, PAGE)
    assert oldest.sha256 in text(client, f"{PAGE}?before={oldest.pk + 1}")


def test_the_page_of_a_supplier_asks_the_same_however_much_they_gave(client, supplier, django_assert_max_num_queries):
    stock(factories.label(), 2, supplier)
    client.get(PAGE)
    stock(factories.label("Cube"), 30, supplier)
    with django_assert_max_num_queries(14):
        client.get(PAGE)


def test_my_photos_say_where_they_went():
    version = shelves.frozen(public=True)
    page = text(logged_in(giver(version)), "/mine/")
    assert "20 photos are in 1 dataset." in page
    assert "Balls and cubes" in page


def test_my_photos_say_so_when_they_went_nowhere(browser, supplier):
    stock(factories.label(), 1, supplier)
    assert "No dataset has taken your photos yet." in text(browser, "/mine/")


def test_a_model_says_which_share_of_its_photos_is_gone(client):
    model = trained.model(public=True)
    catalogue.withdraw(Image.objects.filter(memberships__version__digest=model.digest).first())
    said = "1 of the 40 photos it was made with (2.5 %) was taken back"
    assert said in text(client, model.get_absolute_url())
    answer = Script().get(f"/models/{model.pk}").json()
    assert (answer["withdrawn"], answer["lost"]) == (1, 0.025)
