"""Nobody gets in by guessing, by being sent somewhere, by an old session, or by an address that is not theirs."""

import html
import re
from http.cookies import Morsel
from urllib.parse import urljoin, urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.test import Client

from hub import tokens
from hub.models import Account, Notice
from hub.people import notices
from tests import factories
from tests.hub.addresses import addresses, house
from tests.hub.conftest import logged_in
from tests.parts import empty_storage

pytestmark = pytest.mark.django_db
LOGIN, RIGHT = "/accounts/login/", "secret-enough"
SIGN_UP = {"email": "bo@example.org", "username": "bo", "password1": "long-and-odd-7"}


@pytest.fixture(autouse=True)
def _quick_hashes(settings):
    """Hundreds of guesses are checked here; what a guess costs is not the question."""
    factories.hashed(RIGHT)  # kept for the session, so not by the quick one
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture
def ada(db) -> Account:
    account = factories.account(username="ada", email="ada@example.org")
    account.set_password(RIGHT)
    account.save()
    EmailAddress.objects.create(user=account, email=account.email, verified=True, primary=True)
    return account


def log_in(login: str = "ada", password: str = RIGHT, browser: Client | None = None, **extra):
    """The answer to the form of the log-in page."""
    return (browser or Client()).post(LOGIN, {"login": login, "password": password}, **extra)


def got_in(answer) -> bool:
    return answer.status_code == 302 and "sessionid" in answer.cookies


# --- Guessing ---


def from_elsewhere(n: int) -> dict:
    return {"REMOTE_ADDR": f"198.51.100.{n}"}


GUESSERS = {
    "by name": lambda n: ("ada", {}),
    "by address": lambda n: ("ada@example.org", {}),
    "by both in turn": lambda n: (("ada", "ada@example.org")[n % 2], from_elsewhere(n)),
    "written otherwise": lambda n: (("ada", "ADA", " Ada ", "aDa")[n % 4], from_elsewhere(n)),
    "from many addresses": lambda n: ("ada", from_elsewhere(n)),
    "by a forged X-Forwarded-For": lambda n: ("ada", {"HTTP_X_FORWARDED_FOR": f"203.0.113.{n}"}),
    "by a forged Forwarded": lambda n: (
        "ada",
        {"HTTP_FORWARDED": f"for=203.0.113.{n}", "HTTP_X_REAL_IP": f"203.0.113.{n}"},
    ),
    "under another port": lambda n: ("ada", {"HTTP_HOST": f"testserver:{8000 + n}", **from_elsewhere(n)}),
    "under another host": lambda n: (
        "ada",
        {"HTTP_HOST": ("testserver", "localhost", "127.0.0.1")[n % 3], **from_elsewhere(n)},
    ),
}


@pytest.mark.parametrize("how", GUESSERS)
def test_after_a_few_guesses_even_the_right_password_waits(ada, how):
    for n in range(10):
        login, extra = GUESSERS[how](n)
        assert not got_in(log_in(login, f"guess {n}", **extra))
    login, extra = GUESSERS[how](10)
    assert not got_in(log_in(login, **extra))


def test_guessing_at_many_accounts_from_one_address_is_throttled(ada):
    for n in range(12):
        log_in(f"somebody{n}", "guess")
    assert not got_in(log_in())
    assert got_in(log_in(**from_elsewhere(1)))


def test_guessing_at_one_account_does_not_lock_another_out(ada):
    for n in range(10):
        log_in("grace", f"guess {n}", **from_elsewhere(n))
    assert got_in(log_in(**from_elsewhere(77)))


def test_the_admins_own_log_in_lets_nobody_guess(ada):
    Account.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    for address in ("/admin/login/", "/admin/", "/admin/hub/job/"):
        browser = Client()
        answer = browser.post(address, {"username": "ada", "password": RIGHT}, follow=True)
        assert answer.request["PATH_INFO"] == LOGIN
        assert session(browser) is None


FORMS = {
    "resets of one address": (
        30,
        lambda n: ("/accounts/password/reset/", {"email": "ada@example.org"}, from_elsewhere(n)),
    ),
    "resets of many addresses": (30, lambda n: ("/accounts/password/reset/", {"email": f"{n}@example.org"}, {})),
    "sign-ups": (
        30,
        lambda n: ("/accounts/signup/", {"email": f"b{n}@example.org", "username": f"b{n}", "password1": "x"}, {}),
    ),
}


@pytest.mark.parametrize("what", FORMS)
def test_forms_that_send_mail_or_make_accounts_are_throttled(ada, what):
    times, form = FORMS[what]
    told = set()
    for n in range(times):
        path, fields, extra = form(n)
        told.add(Client().post(path, fields, **extra).status_code)
    assert 429 in told
    assert len(mail.outbox) <= 20


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/accounts/reauthenticate/", {"password": "guess"}),
        (
            "/accounts/password/change/",
            {"oldpassword": "guess", "password1": "another-odd-1", "password2": "another-odd-1"},
        ),
        ("/account/delete/", {"password": "guess", "photos": "withdraw", "sure": "on"}),
    ],
)
def test_who_found_an_open_browser_does_not_guess_the_password_either(ada, path, fields):
    thief = logged_in(ada)
    for _ in range(12):
        answer = thief.post(path, fields)
    assert answer.status_code == 429 or "Too many" in answer.content.decode()
    right = {name: RIGHT if value == "guess" else value for name, value in fields.items()}
    thief.post(path, right)
    ada.refresh_from_db()
    assert ada.gone_at is None
    assert ada.check_password(RIGHT)


# --- What is told of who has an account ---


def words(answer) -> str:
    """A page without what differs each time: tokens, and what was typed."""
    return re.sub(r'value="[^"]*"|nonce="[^"]*"', "", answer.content.decode())


def test_a_wrong_name_and_a_wrong_password_are_answered_alike(ada):
    assert words(log_in("ada", "wrong")) == words(log_in("nobody", "wrong"))
    assert words(log_in("ada@example.org", "wrong")) == words(log_in("nobody@example.org", "wrong"))


def test_a_closed_account_is_told_of_only_to_who_knows_its_password(ada):
    Account.objects.filter(pk=ada.pk).update(is_active=False)
    assert words(log_in("ada", "wrong")) == words(log_in("nobody", "wrong"))


def test_who_never_had_an_account_is_sent_no_mail_about_one(ada):
    Client().post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert not mail.outbox


# --- Where one is led ---

ELSEWHERE = [
    "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
    "https:evil.example", "http:///evil.example", "https://evil.example", "HtTpS://evil.example",
    "//evil.example@testserver",
    "http://testserver@evil.example/", "http://testserver.evil.example/", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)", " javascript:alert(1)", "data:text/html,x", "\t//evil.example", "\x01//evil.example",
    "/%09/evil.example", "%2f%2fevil.example", "//evil%E3%80%82example", "ftp://testserver/", "//[::1", "https://[evil",
    "/\r\nLocation: https://evil.example",
]  # fmt: skip
LEADS = {
    "log-in": ("/accounts/login/", {"login": "ada", "password": RIGHT}, False),
    "log-out": ("/accounts/logout/", {}, True),
    "reauthentication": ("/accounts/reauthenticate/", {"password": RIGHT}, True),
    "watching": ("/labels/valve/watch/", {"stop": "1"}, True),
    "hearing": ("/labels/valve/subscribe/", {"do": "hear"}, True),
}


def leads_away(where: str) -> bool:
    """Whether a browser that is led there leaves the site: it takes backslashes for slashes, and skips blanks."""
    seen = re.sub(r"[\x00-\x20]", "", where).replace("\\", "/")
    found = urlsplit(urljoin("http://testserver/somewhere/", seen))
    return (found.scheme, found.netloc) != ("http", "testserver")


@pytest.mark.parametrize("what", LEADS)
def test_nobody_is_led_to_another_site(ada, what):
    path, fields, inside = LEADS[what]
    factories.label("Valve")
    for where in ELSEWHERE:
        browser = logged_in(ada) if inside else Client()
        for answer in (
            browser.post(path, fields | {"next": where}),
            (logged_in(ada) if inside else Client()).post(
                path, fields | {"next": where}, QUERY_STRING=f"next={where!s}"
            ),
        ):
            if answer.status_code == 302:
                assert not leads_away(answer["Location"]), where
                assert "\n" not in answer["Location"]


def test_who_is_logged_in_already_is_led_nowhere_else_either(ada):
    for where in ELSEWHERE:
        for path in ("/accounts/login/", "/accounts/signup/"):
            answer = logged_in(ada).get(path, {"next": where})
            assert answer.status_code == 302
            assert not leads_away(answer["Location"]), where


def test_pages_write_no_address_of_another_site_into_their_links(ada):
    for where in ELSEWHERE:
        page = Client().get("/accounts/login/", {"next": where}).content.decode()
        written = [html.unescape(one) for one in re.findall(r'(?:href|action|src)="([^"]*)"', page)]
        assert not [one for one in written if leads_away(one)], where


# --- Sessions and cookies ---


def session(browser: Client) -> Morsel | None:
    return browser.cookies.get("sessionid")


def test_a_session_that_was_planted_is_not_the_one_that_is_logged_in(ada):
    browser = Client()
    browser.get("/review/grid/")
    browser.cookies["sessionid"] = "planted-by-somebody-else-0000000"
    log_in(browser=browser)
    assert session(browser).value != "planted-by-somebody-else-0000000"
    thief = Client()
    thief.cookies["sessionid"] = "planted-by-somebody-else-0000000"
    assert thief.get("/mine/").status_code == 302


def test_logging_in_changes_the_key_of_a_session_and_of_its_forms(ada):
    browser = Client(enforce_csrf_checks=True)
    before = browser.get(LOGIN).cookies["csrftoken"].value
    browser.post(LOGIN, {"login": "ada", "password": RIGHT, "csrfmiddlewaretoken": before})
    assert session(browser)
    assert browser.cookies["csrftoken"].value != before


def test_logging_out_ends_the_session_and_not_only_the_cookie(ada):
    browser = Client()
    log_in(browser=browser)
    kept = session(browser).value
    browser.post("/accounts/logout/")
    thief = Client()
    thief.cookies["sessionid"] = kept
    assert thief.get("/mine/").status_code == 302


def test_a_link_logs_nobody_out(ada):
    browser = logged_in(ada)
    browser.get("/accounts/logout/")
    assert browser.get("/mine/").status_code == 200


def test_a_new_password_ends_every_other_session(ada):
    own, other = Client(), Client()
    log_in(browser=own)
    log_in(browser=other)
    new = {"oldpassword": RIGHT, "password1": "another-odd-one-8", "password2": "another-odd-one-8"}
    assert own.post("/accounts/password/change/", new).status_code == 302
    assert other.get("/mine/").status_code == 302


def test_cookies_are_kept_from_scripts_and_other_sites(ada, settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    browser = Client()
    log_in(browser=browser)
    browser.get("/account/")
    for name in ("sessionid", "csrftoken"):
        cookie = browser.cookies[name]
        assert cookie["samesite"] == "Lax"
        assert cookie["secure"]
        assert not cookie["domain"]
    assert session(browser)["httponly"]


# --- Forms of other sites ---

# Answered by the token of a mail program (RFC 8058), and by a bearer's token, which no browser sends by itself.
WITHOUT_COOKIES = {"stop_mails"}


def test_no_address_takes_a_form_or_json_of_another_site(ada, settings, tmp_path):
    empty_storage(settings, tmp_path)
    filled = house(ada)
    Account.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    taken = {}
    for one in addresses():
        kind = "text/plain" if one.template.endswith(".json") else "application/x-www-form-urlencoded"
        answer = browser.post(one.path(filled), "{}", content_type=kind, headers={"origin": "https://evil.example"})
        if answer.status_code not in (403, 404, 405):
            taken[one.name] = answer.status_code
    assert set(taken) <= WITHOUT_COOKIES


def test_a_session_does_nothing_in_the_api(ada):
    browser = logged_in(ada)
    assert browser.post("/api/v1/batches", {"label": "valve"}, content_type="application/json").status_code == 401


# --- Addresses that are not one's own ---


def sign_up(**fields) -> Client:
    browser = Client()
    assert browser.post("/accounts/signup/", SIGN_UP | fields).status_code == 302
    return browser


def reset(email: str, password: str) -> None:
    """Reset the password as the owner of the mailbox does."""
    mail.outbox.clear()
    Client().post("/accounts/password/reset/", {"email": email})
    link = re.search(r"/accounts/password/reset/key/\S+", mail.outbox[0].body)[0]
    browser = Client()
    form = browser.get(link, follow=True)
    browser.post(form.redirect_chain[-1][0], {"password1": password, "password2": password})


def test_who_signed_up_with_the_address_of_another_loses_all_when_its_owner_comes(db):
    thief = sign_up(email="victim@example.org", username="thief")
    account = Account.objects.get(username="thief")
    _, secret = tokens.make(account, "kept", ["read"])
    reset("victim@example.org", "mine-now-odd-9")
    assert thief.get("/mine/").status_code == 302
    assert tokens.find(secret) is None
    assert not got_in(log_in("thief", "long-and-odd-7"))
    assert got_in(log_in("victim@example.org", "mine-now-odd-9", **from_elsewhere(1)))


def test_an_address_of_another_account_gives_no_way_into_it(ada):
    thief = sign_up(username="thief", email="thief@example.org")
    thief.post("/accounts/email/", {"action_add": "", "email": "ada@example.org"})
    assert log_in("ada@example.org").wsgi_request.user == ada
    assert not got_in(log_in("ada@example.org", "long-and-odd-7", **from_elsewhere(1)))
    thief.post("/accounts/email/", {"action_primary": "", "email": "ada@example.org"})
    account = Account.objects.get(username="thief")
    assert notices.tell(account, "labels_ready", "valve", {"labels": []}) is None


def test_an_address_that_has_an_account_cannot_sign_up_again(ada):
    for email in ("ada@example.org", "ADA@example.org", "Ada@EXAMPLE.org"):
        assert Client().post("/accounts/signup/", SIGN_UP | {"email": email}).status_code == 200
    assert Account.objects.count() == 1


@pytest.mark.parametrize(
    "username", ["ada", "ADA", "admin", "Operator", "MODERATOR", "ada@example.org", "a\u0501a b", "x"]
)
def test_a_name_that_is_taken_or_means_somebody_else_is_refused(ada, username):
    Client().post("/accounts/signup/", SIGN_UP | {"username": username})
    assert not Account.objects.exclude(pk=ada.pk).exists()


def test_nobody_is_mailed_at_an_address_that_was_not_confirmed(ada):
    sign_up(email="victim@example.org")
    account = Account.objects.get(username="bo")
    about = {"labels": [{"name": "Buy now", "slug": "valve", "images": 1}]}
    assert notices.tell(account, "labels_ready", "valve", about) is None
    assert Notice.objects.filter(account=account).exists()
    assert notices.tell(ada, "labels_ready", "valve", about) is not None


def test_a_link_of_a_mail_works_once_and_for_its_account_alone(ada):
    sign_up(email="victim@example.org")
    link = re.search(r"/accounts/confirm-email/\S+", mail.outbox[0].body)[0]
    key = link.rstrip("/").rsplit("/", 1)[-1]
    assert Client().post(link.replace(key, f"{key[:-2]}xx")).status_code == 404
    Client().get(link)
    assert not EmailAddress.objects.get(email="victim@example.org").verified
    Client().post(link)
    assert EmailAddress.objects.get(email="victim@example.org").verified


def test_a_link_to_reset_a_password_works_once(ada):
    reset("ada@example.org", "another-odd-one-8")
    link = re.search(r"/accounts/password/reset/key/\S+", mail.outbox[0].body)[0]
    answer = Client().get(link, follow=True)
    assert "password1" not in answer.content.decode()
    assert str(settings.SECRET_KEY) not in mail.outbox[0].body


def test_mails_lead_to_the_site_and_nowhere_else(ada):
    answer = Client().post("/accounts/password/reset/", {"email": "ada@example.org"}, HTTP_HOST="evil.example")
    assert answer.status_code == 400
    headers = {"HTTP_X_FORWARDED_HOST": "evil.example", "HTTP_X_HOST": "evil.example"}
    Client().post("/accounts/password/reset/", {"email": "ada@example.org"}, **headers)
    assert "evil.example" not in mail.outbox[0].body
