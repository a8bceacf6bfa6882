"""Tokens: shown once, kept as a digest, good for their scopes until taken back."""

import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone

from hub import tokens
from hub.models import Token
from hub.problems import Refused
from tests import factories
from tests.hub.conftest import logged_in

pytestmark = pytest.mark.django_db
ALL = ["read", "give", "datasets"]


def code(act, *args) -> str:
    with pytest.raises(Refused) as refused:
        act(*args)
    return refused.value.code


def test_the_secret_is_nowhere_in_the_database(supplier):
    token, secret = tokens.make(supplier, "laptop", ALL)
    kept = Token.objects.filter(pk=token.pk).values().get()
    assert secret.startswith("dih_")
    assert len(secret) >= 36
    assert secret not in str(kept)
    assert kept["sha256"] == hashlib.sha256(secret.encode()).hexdigest()


def test_a_secret_finds_its_token_and_nothing_else_does(supplier):
    token, secret = tokens.make(supplier, "laptop", ["read"])
    assert tokens.find(secret) == token
    for wrong in ("", "dih_", secret[:-1], secret.upper(), token.sha256, f"{secret}\n", "dih_\ud800"):
        assert tokens.find(wrong) is None


def test_being_used_is_noted_once_a_minute(supplier):
    token, secret = tokens.make(supplier, "laptop", ["read"])
    tokens.find(secret)
    first = Token.objects.get(pk=token.pk).used_at
    tokens.find(secret)
    assert Token.objects.get(pk=token.pk).used_at == first
    Token.objects.update(used_at=timezone.now() - timedelta(hours=1))
    tokens.find(secret)
    assert Token.objects.get(pk=token.pk).used_at > first


def test_the_token_of_a_closed_account_opens_nothing(supplier):
    _, secret = tokens.make(supplier, "laptop", ["read"])
    supplier.is_active = False
    supplier.save()
    assert tokens.find(secret) is None


def test_a_token_needs_a_name_and_a_scope(supplier):
    assert code(tokens.make, supplier, "  ", ALL) == "token_name"
    assert code(tokens.make, supplier, "x" * 61, ALL) == "token_name"
    assert code(tokens.make, supplier, "a\0b", ALL) == "token_name"
    assert code(tokens.make, supplier, "laptop", ["root"]) == "no_scope"
    tokens.make(supplier, "laptop", ALL)
    assert code(tokens.make, supplier, " laptop ", ALL) == "token_name_taken"
    tokens.make(factories.account(), "laptop", ALL)


def test_nobody_hoards_tokens(supplier, monkeypatch):
    monkeypatch.setattr(tokens, "MAX_TOKENS", 1)
    tokens.make(supplier, "one", ALL)
    assert code(tokens.make, supplier, "two", ALL) == "too_many_tokens"


def test_the_account_page_shows_a_new_token_once(supplier, browser):
    answer = browser.post("/account/tokens/", {"name": "laptop", "scopes": ["read", "give"]})
    secret = answer.context["secret"]
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    assert secret in answer.content.decode()
    assert tokens.find(secret).scopes == ["read", "give"]
    again = browser.get("/account/").content.decode()
    assert secret not in again
    assert "<strong>laptop</strong>" in again
    assert secret[:10] in again


def test_the_account_page_says_what_is_wrong_with_a_token(supplier, browser):
    tokens.make(supplier, "laptop", ALL)
    for fields, words in (
        ({"name": "laptop", "scopes": ["read"]}, "You have a token of this name"),
        ({"name": "other", "scopes": ["root"]}, "not one of the available choices"),
        ({"name": "other"}, "This field is required"),
    ):
        answer = browser.post("/account/tokens/", fields)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert Token.objects.count() == 1


def test_a_token_is_taken_back_by_its_owner_only(supplier, browser):
    token, secret = tokens.make(supplier, "laptop", ALL)
    assert logged_in(factories.account()).post(f"/account/tokens/{token.pk}/take-back/").status_code == 404
    assert tokens.find(secret)
    browser.post(f"/account/tokens/{token.pk}/take-back/")
    assert tokens.find(secret) is None
    assert token.hint not in browser.get("/account/").content.decode()
