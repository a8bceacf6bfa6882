"""Who asks too often is told when to come back; nobody else notices, and nobody is counted while Redis is away."""

from contextlib import suppress

import pytest
from django.core.cache import cache
from django.db.models.functions import Now
from django.test import Client
from redis.exceptions import ConnectionError

from hub import rates, tokens
from hub.models import Account
from hub.problems import Refused
from tests import factories
from tests.hub.conftest import logged_in

pytestmark = pytest.mark.django_db
LABELS, PREVIEW = "/api/v1/labels", "/api/v1/selections/preview"


@pytest.fixture(autouse=True)
def _two_a_minute(settings, monkeypatch):
    settings.RATES = {"anonymous": 2, "token": 3, "costly": 1}
    monkeypatch.setattr("hub.rates.time.time", lambda: 90.0)


def bearer(account, scope: str = "read") -> dict[str, str]:
    secret = tokens.make(account, f"token {account.tokens.count()}", [scope])[1]
    return {"authorization": f"Bearer {secret}"}


def statuses(times: int, path: str = LABELS, browser: Client | None = None, **options) -> list[int]:
    return [(browser or Client()).get(path, **options).status_code for _ in range(times)]


def test_a_stranger_who_asks_too_often_is_told_when_to_come_back():
    assert statuses(2) == [200, 200]
    refused = Client().get(LABELS)
    assert (refused.status_code, refused["Retry-After"]) == (429, "30")
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "too_many_requests"
    assert refused.json()["about"] == {"limit": 2, "seconds": 30}


def test_another_address_and_the_next_minute_are_counted_anew(monkeypatch):
    assert statuses(3) == [200, 200, 429]
    assert statuses(1, REMOTE_ADDR="198.51.100.7") == [200]
    monkeypatch.setattr("hub.rates.time.time", lambda: 120.0)
    assert statuses(1) == [200]


def test_a_forged_forwarding_header_makes_no_new_stranger():
    told = [Client().get(LABELS, headers={"x-forwarded-for": f"203.0.113.{n}"}).status_code for n in range(3)]
    assert told == [200, 200, 429]


def test_behind_a_proxy_of_ours_each_visitor_is_counted_alone(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    told = [Client().get(LABELS, headers={"x-forwarded-for": f"spoofed, 203.0.113.{n}"}).status_code for n in range(4)]
    assert told == [200] * 4
    again = [Client().get(LABELS, headers={"x-forwarded-for": f"{n}, 203.0.113.9"}).status_code for n in range(3)]
    assert again == [200, 200, 429]


def test_each_token_is_counted_alone(supplier):
    first, second = bearer(supplier), bearer(supplier)
    assert statuses(4, headers=first) == [200, 200, 200, 429]
    assert statuses(1, headers=second) == [200]


def test_guessing_tokens_is_counted_by_address(db):
    guesses = [statuses(1, headers={"authorization": f"Bearer dih_{n}"})[0] for n in range(3)]
    assert guesses == [401, 401, 429]


def test_who_is_not_let_in_is_counted_too(supplier):
    assert statuses(3, "/api/v1/trainings") == [401, 401, 429]
    assert statuses(4, "/api/v1/trainings", headers=bearer(supplier, "give")) == [403, 403, 403, 429]
    Account.objects.filter(pk=supplier.pk).update(suspended_at=Now(), suspended_for="spam")
    headers = bearer(supplier, "give")
    told = [Client().post("/api/v1/batches", headers=headers).status_code for _ in range(4)]
    assert told == [403, 403, 403, 429]


def test_what_costs_much_is_counted_by_account_wherever_it_asks(supplier):
    asked = {"content_type": "application/json", "headers": bearer(supplier)}
    told = [Client().post(PREVIEW, {"labels": []}, **asked).status_code for _ in range(2)]
    assert told == [422, 429]
    assert logged_in(supplier).get("/datasets/new/").status_code == 429
    assert logged_in(factories.account()).get("/datasets/new/").status_code == 200


def test_a_page_says_it_in_words(browser):
    statuses(1, "/account/export/", browser)
    refused = browser.get("/account/export/")
    assert (refused.status_code, refused["Retry-After"]) == (429, "30")
    assert "more than 1 requests of this kind" in refused.content.decode()


def test_a_limit_of_nought_limits_nothing(settings):
    settings.RATES = {"anonymous": 0}
    assert statuses(5) == [200] * 5


def test_without_redis_everybody_is_answered(monkeypatch):
    def away(*_):
        raise ConnectionError("gone")

    monkeypatch.setattr("hub.rates.cache.add", away)
    assert statuses(5) == [200] * 5


def test_a_redis_that_is_emptied_while_it_counts_is_as_one_that_is_away(monkeypatch):
    add = cache.add

    def added_and_emptied(*told):
        add(*told)
        cache.clear()

    monkeypatch.setattr("hub.rates.cache.add", added_and_emptied)
    assert statuses(5) == [200] * 5


def test_whoever_asks_too_often_stands_in_the_log_once(monkeypatch):
    said = []
    monkeypatch.setattr("hub.rates.log.warning", lambda *words, **about: said.append(about))
    for _ in range(6):
        with suppress(Refused):
            rates.count("costly", "account:1")
    assert said == [{"kind": "costly", "who": "account:1"}]
