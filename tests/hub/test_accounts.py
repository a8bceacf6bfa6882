import re

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client

from hub import audit
from hub.models import Account, Label
from tests import factories, images
from tests.hub.conftest import logged_in

SIGNUP = {"email": "bo@example.org", "username": "bo", "password1": "long-and-odd-7", "password2": "long-and-odd-7"}


@pytest.mark.django_db
def test_a_visitor_signs_up_verifies_the_address_and_logs_in_and_out(client, mailoutbox):
    assert client.post("/accounts/signup/", SIGNUP).status_code == 302
    assert client.get("/mine/").status_code == 200
    link = re.search(r"/accounts/confirm-email/\S+", mailoutbox[0].body)[0]
    client.post(link)
    assert Account.objects.get().emailaddress_set.get().verified
    client.post("/accounts/logout/")
    assert client.get("/mine/").status_code == 302
    assert client.post("/accounts/login/", {"login": "bo", "password": "long-and-odd-7"}).status_code == 302
    assert client.get("/mine/").status_code == 200


@pytest.mark.django_db
def test_a_forgotten_password_is_reset_by_mail(client, mailoutbox, supplier):
    client.post("/accounts/password/reset/", {"email": supplier.email})
    link = re.search(r"/accounts/password/reset/key/\S+", mailoutbox[0].body)[0]
    form = client.get(link, follow=True)
    new = {"password1": "another-odd-one-8", "password2": "another-odd-one-8"}
    client.post(form.redirect_chain[-1][0], new)
    supplier.refresh_from_db()
    assert supplier.check_password("another-odd-one-8")


@pytest.mark.django_db
def test_a_reset_does_not_tell_who_has_an_account(client, mailoutbox, supplier):
    answers = [client.post("/accounts/password/reset/", {"email": who}) for who in (supplier.email, "no@example.org")]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, "/accounts/password/reset/done/")}


@pytest.mark.django_db
def test_guessing_a_password_is_throttled(client, supplier):
    guesses = [client.post("/accounts/login/", {"login": "ada", "password": f"guess{n}"}) for n in range(12)]
    assert "Too many failed login attempts" in guesses[-1].content.decode() or guesses[-1].status_code == 429
    client.post("/accounts/login/", {"login": "ada", "password": "secret-enough"})
    assert client.get("/mine/").status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_logging_in_never_leads_to_another_site(client, supplier, where):
    answer = client.post("/accounts/login/", {"login": "ada", "password": "secret-enough", "next": where})
    assert answer["Location"] == "/"


def test_premium_is_granted_and_taken_back_by_an_operator(supplier):
    call_command("grant_premium", "ada")
    supplier.refresh_from_db()
    assert supplier.is_premium
    call_command("grant_premium", "ada", "--revoke")
    supplier.refresh_from_db()
    assert not supplier.is_premium
    with pytest.raises(CommandError, match="nobody"):
        call_command("grant_premium", "nobody")


def test_the_credit_line_is_the_suppliers_own(browser, supplier):
    browser.post("/account/", {"credit": "Ada L.", "plan": "premium", "is_staff": "on"})
    supplier.refresh_from_db()
    assert (supplier.credit_line, supplier.plan, supplier.is_staff) == ("Ada L.", "free", False)


def test_who_has_a_very_long_name_gives_photos_too(db):
    account = factories.account(username="m" * 150)
    assert factories.batch(account).credit == "m" * 80


@pytest.mark.parametrize("credit", ['=HYPERLINK("http://evil")', "+1", "-1", "@SUM(A1)"])
def test_a_credit_line_is_no_formula(browser, supplier, credit):
    assert browser.post("/account/", {"credit": f" {credit}"}).status_code == 422
    browser.post("/account/", {"credit": "Ada\u202e\r\nL."})
    supplier.refresh_from_db()
    assert supplier.credit == "Ada L."


@pytest.fixture
def staff(db):
    """A member of staff who may manage accounts, and is no superuser."""
    person = factories.account(username="sam", is_staff=True)
    person.user_permissions.add(*Permission.objects.filter(codename__in=["change_account", "view_account"]))
    return person


def test_staff_cannot_raise_its_own_rights(staff):
    form = {"username": "sam", "is_superuser": "on", "is_staff": "on", "is_active": "on", "plan": "free"}
    form |= {"user_permissions": [str(pk) for pk in Permission.objects.values_list("pk", flat=True)]}
    form |= {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    logged_in(staff).post(f"/admin/hub/account/{staff.pk}/change/", form)
    staff = Account.objects.get(pk=staff.pk)
    assert not staff.is_superuser
    assert staff.user_permissions.count() == 2


def test_staff_cannot_touch_a_superuser(staff):
    boss = factories.account(username="boss", is_staff=True, is_superuser=True)
    answer = logged_in(staff).post(f"/admin/hub/account/{boss.pk}/change/", {"username": "boss", "is_active": ""})
    assert answer.status_code == 403
    assert Account.objects.get(pk=boss.pk).is_active


def test_staff_grants_premium_in_the_admin(staff, supplier):
    form = {"action": "grant_premium", "_selected_action": [supplier.pk]}
    logged_in(staff).post("/admin/hub/account/", form)
    supplier.refresh_from_db()
    assert supplier.is_premium


def test_a_supplier_has_no_business_in_the_admin(browser):
    assert browser.get("/admin/hub/job/").status_code in (302, 403)


def test_every_page_of_the_admin_opens(db, django_assert_max_num_queries):
    boss = logged_in(factories.account(is_staff=True, is_superuser=True))
    for model in ("account", "label", "labelproposal", "batch", "submission", "job", "image", "place"):
        with django_assert_max_num_queries(15):
            assert boss.get(f"/admin/hub/{model}/").status_code == 200


def test_staff_cannot_take_the_place_of_a_moderator(staff):
    moderator = factories.account()
    moderator.user_permissions.add(Permission.objects.get(codename="moderate"))
    form = {"password1": "mine-now-odd-9", "password2": "mine-now-odd-9", "usable_password": "true"}
    assert logged_in(staff).post(f"/admin/hub/account/{moderator.pk}/password/", form).status_code == 403


def test_staff_cannot_grant_itself_premium(staff):
    logged_in(staff).post("/admin/hub/account/", {"action": "grant_premium", "_selected_action": [staff.pk]})
    staff.refresh_from_db()
    assert not staff.is_premium


def test_a_label_removed_in_the_admin_leaves_the_counts_right(db):
    root = factories.label("Root")
    middle = factories.label("Middle", root)
    factories.checked(images.photo(seed=1), factories.batch(under=factories.label("Leafy", middle)))
    boss = logged_in(factories.account(is_staff=True, is_superuser=True))
    boss.post(f"/admin/hub/label/{middle.pk}/delete/", {"post": "yes"})
    assert not Label.objects.filter(pk=middle.pk).exists()
    assert not [finding.first for finding in audit.run() if finding.count]


def test_a_cycle_of_labels_is_refused_in_words_in_the_admin(db):
    tool = factories.label("Tool")
    hammer = factories.label("Hammer", tool)
    form = {"name": "Tool", "slug": "tool", "mid": "", "description": ""}
    form |= {"names-TOTAL_FORMS": 0, "names-INITIAL_FORMS": 0, "up-TOTAL_FORMS": 1, "up-INITIAL_FORMS": 0}
    form |= {"up-0-parent": hammer.pk, "up-0-kind": "kind"}
    boss = logged_in(factories.account(is_staff=True, is_superuser=True))
    answer = boss.post(f"/admin/hub/label/{tool.pk}/change/", form, follow=True)
    assert "cannot stand below its own descendant" in answer.content.decode()
    assert not tool.up.exists()


def test_an_unknown_session_is_a_stranger(db):
    client = Client()
    client.cookies["sessionid"] = "0" * 32
    assert client.get("/mine/").status_code == 302
