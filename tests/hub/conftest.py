import pytest
from django.test import Client

from tests import factories


@pytest.fixture(autouse=True)
def _empty_cache():
    """Throttles of one test must not slow the next."""
    from django.core.cache import cache

    cache.clear()


def logged_in(account) -> Client:
    """A browser of this account."""
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def supplier(db):
    """Somebody who gives photos."""
    return factories.account(username="ada", email="ada@example.org")


@pytest.fixture
def browser(supplier) -> Client:
    """The supplier's browser."""
    return logged_in(supplier)
