"""What several tests need: threads with connections of their own, and empty storage."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

# Naming the apps lets the flush after the test cascade to the tables that only SQL knows (fingerprints).
committed = pytest.mark.django_db(transaction=True, available_apps=settings.INSTALLED_APPS)


def in_threads(count: int, act):
    """What `count` threads get from `act(number)` at once; each has, and closes, a connection of its own."""

    def one(number):
        try:
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def empty_storage(settings, folder: Path) -> None:
    """Give this test folders of its own instead of those the session shares."""
    aliases = ("originals", "renditions", "artifacts", "incoming", "features")
    folders = {
        alias: {
            "BACKEND": "hub.storage.FolderStorage",
            "OPTIONS": {"location": folder / alias, "alias": alias},
        }
        for alias in aliases
    }
    settings.STORAGES = {**settings.STORAGES, **folders}


def broken(*, deep: bool = False) -> dict[str, list[str]]:
    """The rules the audit finds broken, with their first breaches."""
    from hub import audit

    return {finding.name: finding.first for finding in audit.run(deep=deep) if finding.count}


def only(rule: str, *, deep: bool = False) -> list[str]:
    """The breaches, all of which are of this rule."""
    found = broken(deep=deep)
    assert set(found) == {rule}
    return found[rule]
