"""What every kind of answer carries, whoever gives it: a page, JSON, a refusal, a file, the admin, apps of others."""

import logging
import re
from collections.abc import Callable

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client

from hub import archives, browse, tokens
from hub.models import Account
from tests import factories, images, shelves, trained
from tests.hub.addresses import addresses, house
from tests.hub.conftest import logged_in
from tests.parts import empty_storage

pytestmark = pytest.mark.django_db
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=()",
}
NOWHERE = ("Server", "X-Powered-By", "X-AspNet-Version", "Via", "Access-Control-Allow-Origin", "X-Debug")
# Pictures of live images, and what is the same for everybody, may be kept by caches on the way.
PUBLIC = {"labels_json", "rendition", "borders", "healthz", "readyz"}


def missing(answer: HttpResponse, path: str, status: int, public: bool = False) -> list[str]:
    """What an answer lacks, or says and should not."""
    wrong = [f"{name}: {answer.get(name)}" for name, said in EVERYWHERE.items() if answer.get(name) != said]
    wrong += [f"{name} is told" for name in NOWHERE if name in answer]
    policy = answer.get("Content-Security-Policy", "")
    if not ("default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy):
        wrong.append(f"policy: {policy}")
    if "unsafe" in policy or "*" in policy or "http:" in policy:
        wrong.append(f"lax policy: {policy}")
    kept = answer.get("Cache-Control", "")
    if not public and not re.search("private|no-store", kept):
        wrong.append(f"caches may keep it: {kept or 'nothing is said'}")
    for name in answer.cookies:
        if not answer.cookies[name]["samesite"]:
            wrong.append(f"cookie {name}")
    return [f"{path} ({status}): {one}" for one in wrong]


@pytest.fixture
def filled(supplier, settings, tmp_path) -> dict:
    empty_storage(settings, tmp_path)
    return house(supplier)


def test_every_address_carries_them_for_everybody(filled, supplier, monkeypatch):
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)
    Account.objects.filter(pk=supplier.pk).update(is_staff=True, is_superuser=True)
    owner, wrong = logged_in(supplier), []
    for one in {one.name: one for one in addresses()}.values():  # of the admin's, those of one model
        asked = [owner.get] if "hub_*" in one.name else [owner.get, owner.post, Client().get]
        for method in asked:
            answer = method(one.path(filled))
            if answer.streaming:
                answer.getvalue()
            wrong += missing(answer, f"{one.name} {method.__name__}", answer.status_code, one.name in PUBLIC)
    assert not wrong, "\n".join(sorted(set(wrong)))


def oversized(browser: Client) -> HttpResponse:
    return browser.post("/give/", b"", content_type="text/plain", CONTENT_LENGTH="999999999")


def unreadable(browser: Client) -> HttpResponse:
    secret = tokens.make(factories.account(), "a token", ["read"])[1]
    asked = {"content_type": "text/plain", "headers": {"authorization": f"Bearer {secret}"}}
    return browser.post("/api/v1/selections/preview", "{", **asked)


KINDS: dict[str, tuple[int, Callable[[Client], HttpResponse]]] = {
    "a page that is not there": (404, lambda browser: browser.get("/nothing")),
    "a route that is not there": (404, lambda browser: browser.get("/api/v1/nothing")),
    "a path without its slash": (301, lambda browser: browser.get("/labels")),
    "a wrong method": (405, lambda browser: browser.post("/licences/")),
    "a wrong method of the API": (405, lambda browser: browser.post("/api/v1/labels")),
    "another host": (400, lambda browser: browser.get("/", HTTP_HOST="evil.example")),
    "a body too large": (413, oversized),
    "a NUL": (400, lambda browser: browser.get("/labels/?q=%00")),
    "JSON that is none": (400, unreadable),
    "no token": (401, lambda browser: browser.get("/api/v1/batches")),
    "a route": (200, lambda browser: browser.get("/api/v1/labels")),
    "the description": (200, lambda browser: browser.get("/api/v1/openapi.json")),
    "the reference": (200, lambda browser: browser.get("/api/v1/docs")),
    "a member's JSON": (401, lambda browser: browser.get("/batches/1/status.json")),
    "a static file": (200, lambda browser: browser.get("/static/css/hub.css")),
    "a static file that is not there": (404, lambda browser: browser.get("/static/nothing.css")),
    "a forged form": (403, lambda browser: Client(enforce_csrf_checks=True).post("/accounts/login/", {})),
    "too many requests": (429, lambda browser: [browser.get("/api/v1/labels") for _ in range(2)][-1]),
}


@pytest.mark.parametrize("what", KINDS)
def test_every_kind_of_answer_carries_them(db, what, settings):
    if what == "too many requests":
        settings.RATES = settings.RATES | {"anonymous": 1}
    status, ask = KINDS[what]
    answer = ask(Client())
    if answer.streaming:
        answer.getvalue()
    assert answer.status_code == status
    public = "static" in what or status in (301, 400, 404, 405, 413) or what in ("the description", "the reference")
    wrong = missing(answer, what, answer.status_code, public)
    assert not wrong, wrong


@pytest.mark.parametrize(("trouble", "status"), [(ZeroDivisionError, 500), (OperationalError, 503)])
def test_failures_of_ours_carry_them_and_show_nothing_of_us(db, monkeypatch, trouble, status):
    def fail(*_):
        raise trouble("secret words")

    monkeypatch.setattr(browse, "stats", fail)
    for address in ("/", "/api/v1/labels/valve"):
        factories.label("Valve") if address == "/" else None
        answer = Client(raise_request_exception=False).get(address)
        assert answer.status_code == status
        assert not missing(answer, address, status, public=True)
        for word in (b"secret words", b"Traceback", b"site-packages", b"ZeroDivision", b"OperationalError"):
            assert word not in answer.content


def test_files_that_are_given_away_carry_them(supplier, settings, tmp_path):
    empty_storage(settings, tmp_path)
    image = factories.checked(images.photo(seed=1), factories.batch(supplier)).image
    version = shelves.frozen(supplier, public=True)
    archive, model = shelves.packed(version), trained.model(version)
    paths = [
        f"/fetch/{archives.link(archive, supplier)}", f"/models/{model.pk}/files/README.md",
        f"/api/v1/models/{model.pk}/files/labels.txt", f"/api/v1/versions/{version.digest}/manifest",
        f"/images/{image.sha256}/original", "/account/export/",
    ]  # fmt: skip
    for path in paths:
        for more in ({}, {"range": "bytes=0-3"}, {"range": "bytes=999999999-"}):
            answer = logged_in(supplier).get(path, headers=more)
            if answer.streaming:
                answer.getvalue()
            assert not missing(answer, path, answer.status_code, public=answer.status_code == 416)
            if answer.status_code < 400:
                assert answer["Content-Disposition"].startswith("attachment"), path


def test_behind_tls_a_browser_comes_by_tls_alone(db, settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31536000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    led = Client().get("/licences/")
    assert (led.status_code, led["Location"]) == (301, "https://testserver/licences/")
    for path in ("/licences/", "/nothing", "/api/v1/labels", "/static/css/hub.css"):
        answer = Client().get(path, secure=True)
        assert answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
        if answer.streaming:
            answer.getvalue()


def test_what_is_private_is_kept_by_no_cache_after_logging_out(filled, supplier):
    browser = logged_in(supplier)
    for path in ("/mine/", "/account/", "/notices/", f"/batches/{filled['batches/pk']}/", "/account/delete/"):
        kept = browser.get(path)["Cache-Control"]
        assert "private" in kept or "no-store" in kept, path
        assert "public" not in kept


def test_nobody_is_allowed_to_ask_from_another_site(db):
    asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    for path in ("/api/v1/labels", "/labels.json", "/"):
        answer = Client().options(path, headers=asked)
        assert not [name for name in answer.headers if name.startswith("Access-Control")]
    assert Account.objects.count() == 0
