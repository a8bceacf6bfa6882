"""Every address of the URLconf, tried by everybody (tests/hub/deciding.py); tests/hub/decisions.py says who may."""

import logging
from http.cookies import SimpleCookie

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from tests import factories
from tests.hub.addresses import addresses, house
from tests.hub.conftest import logged_in
from tests.hub.deciding import people
from tests.hub.decisions import ACCOUNTS, ADMIN, DECISIONS, PAGES, POSTED
from tests.parts import empty_storage

JSON = {"HTTP_ACCEPT": "application/json"}


def test_no_address_is_without_a_decision():
    assert sorted({one.name for one in addresses()}) == sorted(DECISIONS)


@pytest.fixture
def visitors(supplier) -> dict[str, SimpleCookie]:
    """What everybody's browser holds."""
    everybody: dict = people(supplier) | {"operator": factories.operator()}
    return {role: (logged_in(who) if who else Client()).cookies for role, who in everybody.items()}


@pytest.fixture(autouse=True)
def _without_a_log(monkeypatch):
    """A traceback of each refusal would take most of the time."""
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)


@pytest.mark.parametrize("decisions", [PAGES, POSTED, ACCOUNTS | ADMIN], ids=["pages", "posts", "of others"])
def test_each_address_lets_in_whom_it_should(decisions, supplier, visitors, settings, tmp_path):
    empty_storage(settings, tmp_path)
    filled = house(supplier)
    wrong = [
        f"{one.name} ({one.path(filled)}) answers {role} with {got}, not {expected}"
        for one in addresses()
        if one.name in decisions
        for role, expected in decisions[one.name].statuses.items()
        if (got := asked(visitors[role], decisions[one.name].method, one, filled)) != expected
    ]
    assert not wrong, "\n".join(wrong)


def asked(cookies: SimpleCookie, method: str, address, filled: dict) -> int:
    """The status of an answer; what was done for it is undone."""
    cache.clear()
    browser = Client(raise_request_exception=False)
    browser.cookies = SimpleCookie(cookies)
    with transaction.atomic():
        answer = getattr(browser, method)(address.path(filled), address.asked_with(filled))
        answer.getvalue()  # to its end, which closes its file
        transaction.set_rollback(True)
    return answer.status_code


def test_a_stranger_is_led_to_the_log_in_page_and_back():
    answer = Client().get("/mine/")
    assert answer["Location"] == "/accounts/login/?next=/mine/"


def test_a_post_without_its_token_is_refused(supplier):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(supplier)
    answer = browser.post("/give/", {}, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
