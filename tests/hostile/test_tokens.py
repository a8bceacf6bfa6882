"""A token does what its scopes say in every route of the API, and nothing anywhere else."""

import pytest
from django.test import Client
from django.utils import timezone

from hub import tokens
from hub.models import Account, Batch, Dataset, Token
from tests import factories
from tests.hub.addresses import addresses, house
from tests.hub.api.test_access import addresses as routes
from tests.parts import empty_storage

pytestmark = pytest.mark.django_db
ANYBODY, LOOKING, GIVING = {"read", "give", "datasets"}, {"read", "datasets"}, {"give"}
# Which scopes open each route; routes that strangers may ask are opened by these alone to whoever shows a token.
SCOPES = {
    "labels": ANYBODY, "images": ANYBODY, "wanted": ANYBODY, "jobs": ANYBODY, "quotas": ANYBODY,
    "batches": {"give", "read"}, "files": GIVING, "POST batches": GIVING,
    "selections": LOOKING, "datasets": LOOKING, "versions": LOOKING, "archives": LOOKING, "models": LOOKING,
    "trainings": LOOKING, "POST datasets": {"datasets"}, "POST versions": {"datasets"}, "POST trainings": {"datasets"},
    "DELETE trainings": {"datasets"},
}  # fmt: skip
PUBLIC = {"labels", "images", "wanted", "datasets", "versions", "archives", "models"}
BODIES = {
    "/batches": {"label": "valve", "licence": "CC0-1.0"}, "/files/known": {"label": "valve", "sha256": []},
    "/selections/preview": {}, "/datasets": {"name": "x", "selection": {}}, "/trainings": {},
    "/versions/{id}/archives": {},
}  # fmt: skip
ROUTES = [(method.upper(), path) for path, method in routes()]


def opens(method: str, path: str) -> set[str]:
    """The scopes that open a route."""
    noun = path.split("/")[1]
    return SCOPES.get(f"{method} {noun}", SCOPES[noun])


def ask(method: str, path: str, secret: str = "", **headers):
    """The answer to a script that asks a route about things that are not there."""
    filled = path
    for name in ("pk", "number", "old", "new", "id", "sha256", "slug", "name"):
        filled = filled.replace(f"{{{name}}}", "0" * 8 if name in ("old", "new", "id") else "0")
    told = headers | ({"authorization": f"Bearer {secret}"} if secret else {})
    body = {"data": BODIES.get(path, {}), "content_type": "application/json"} if method == "POST" else {}
    return getattr(Client(), method.lower())(f"/api/v1{filled}", headers=told, **body)


def made(account: Account, *scopes: str) -> str:
    return tokens.make(account, f"token {account.tokens.count()}", list(scopes))[1]


def code(answer) -> str:
    return (
        answer.json().get("code", "") if answer["Content-Type"].endswith("json") and answer.status_code >= 400 else ""
    )


@pytest.fixture
def valve(db):
    return factories.label("Valve")


@pytest.mark.parametrize("scope", sorted(ANYBODY))
def test_each_route_opens_to_its_scopes_alone(valve, scope):
    secret = made(factories.account(), scope)
    wrong = [
        f"{method} {path}: {answer.status_code} {code(answer)}"
        for method, path in ROUTES
        for answer in [ask(method, path, secret)]
        if (code(answer) == "scope_needed") == (scope in opens(method, path))
    ]
    assert not wrong, "\n".join(wrong)


def test_each_route_asks_for_a_token_unless_it_is_everybodys(valve):
    wrong = [
        f"{method} {path}: {answer.status_code} {code(answer)}"
        for method, path in ROUTES
        for answer in [ask(method, path)]
        if (code(answer) == "token_needed") == (path.split("/")[1] in PUBLIC and (method == "GET" or "predict" in path))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("what", ["taken back", "of a closed account", "of one who left", "made up", "cut short"])
def test_a_token_that_is_not_good_opens_no_route_at_all(valve, what):
    account = factories.account()
    secret = made(account, *ANYBODY)
    if what == "taken back":
        account.tokens.all().delete()
    elif what == "of a closed account":
        Account.objects.filter(pk=account.pk).update(is_active=False)
    elif what == "of one who left":
        Account.objects.filter(pk=account.pk).update(is_active=False, gone_at=timezone.now())
    secret = {"made up": "dih_" + "a" * 43, "cut short": secret[:-1]}.get(what, secret)
    answers = {(method, path): ask(method, path, secret) for method, path in ROUTES}
    assert {(answer.status_code, code(answer)) for answer in answers.values()} == {(401, "unknown_token")}


def test_a_suspended_account_changes_nothing_by_any_route(valve):
    account = factories.account(suspended_at=timezone.now(), suspended_for="spam")
    secret = made(account, *ANYBODY)
    for method, path in ROUTES:
        answer = ask(method, path, secret)
        if method != "GET":
            assert (answer.status_code, code(answer)) == (403, "suspended"), path
        else:
            assert answer.status_code in (200, 404), path
    assert not Batch.objects.exists()
    assert not Dataset.objects.exists()


def test_a_token_in_an_address_a_form_or_a_cookie_is_no_token(valve):
    account = factories.account()
    secret = made(account, *ANYBODY)
    for name in ("token", "access_token", "authorization", "Authorization", "api_key"):
        assert Client().get("/api/v1/trainings", {name: secret}).status_code == 401
        assert Client().post("/api/v1/batches", {name: secret, "label": "valve"}).status_code == 401
        browser = Client()
        browser.cookies[name] = secret
        assert browser.get("/api/v1/trainings").status_code == 401
    assert Client().get("/api/v1/trainings", headers={"x-api-key": secret}).status_code == 401
    assert Token.objects.get().used_at is None


def test_a_token_is_a_stranger_on_every_page_of_the_site(supplier, settings, tmp_path):
    """So it makes no tokens, takes none back, changes no password and no address, and deletes no account."""
    empty_storage(settings, tmp_path)
    filled = house(supplier)
    secret = made(supplier, *ANYBODY)
    before = Token.objects.count(), supplier.password
    own = [one for one in addresses() if one.name.startswith(("account_", "admin:")) or "account/" in one.template]
    for one in own:
        for ask_page in (Client().get, Client().post):
            answer = ask_page(one.path(filled), headers={"authorization": f"Bearer {secret}"})
            assert not answer.wsgi_request.user.is_authenticated, one.name
    supplier.refresh_from_db()
    assert (Token.objects.count(), supplier.password) == before
    assert supplier.gone_at is None


def test_no_route_of_the_api_is_about_tokens_passwords_or_accounts():
    nouns = {path.split("/")[1] for _, path in ROUTES}
    assert not nouns & {"tokens", "account", "accounts", "password", "users", "me", "sessions"}
    assert {noun for key in SCOPES for noun in key.split()[-1:]} == nouns


def test_a_secret_is_shown_once_and_stands_nowhere_afterwards(browser, supplier, caplog):
    secret = browser.post("/account/tokens/", {"name": "laptop", "scopes": ["read"]}).context["secret"]
    for path in ("/account/", "/notices/", "/mine/"):
        assert secret not in browser.get(path).content.decode()
    exported = b"".join(browser.get("/account/export/").streaming_content)
    assert secret.encode() not in exported
    boss = Client()
    boss.force_login(factories.account(is_staff=True, is_superuser=True))
    assert secret not in boss.get(f"/admin/hub/account/{supplier.pk}/change/").content.decode()
    assert secret not in caplog.text


@pytest.mark.parametrize(
    "header", ["Bearer  ", "bearer\t", "BEARER ", "Bearer\u00a0", "Token ", "Basic ", "Bearer Bearer "]
)
def test_a_header_is_read_one_way(supplier, header):
    secret = made(supplier, "read")
    answer = Client().get("/api/v1/trainings", headers={"authorization": f"{header}{secret}"})
    assert answer.status_code == (200 if header.strip().lower() == "bearer" and " " in header else 401)
