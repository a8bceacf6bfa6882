"""Scripts of several people, and a frozen dataset for them to ask about."""

import pytest
from django.test import Client

from hub import datasets, tokens
from hub.models import Account, DatasetVersion, Label, Token
from hub.selections import read
from tests import factories
from tests.parts import empty_storage
from tests.stock import stock


class Script:
    """A script with a token of an account, or with none."""

    def __init__(self, account: Account | None = None, scopes=tuple(Token.Scope.values)) -> None:
        self.secret = tokens.make(account, "script", scopes)[1] if account else ""
        self.headers = {"authorization": f"Bearer {self.secret}"} if account else {}

    def get(self, path: str, **query):
        """The answer to GET, read to its end."""
        answer = Client().get(f"/api/v1{path}", query, headers=self.headers)
        if answer.streaming:
            answer.data = answer.getvalue()
        return answer

    def post(self, path: str, data=None, key: str = "", **options):
        """The answer to POST of JSON; `key` is its Idempotency-Key."""
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        options.setdefault("content_type", "application/json")
        return Client().post(f"/api/v1{path}", {} if data is None else data, headers=headers, **options)

    def delete(self, path: str):
        """The answer to DELETE."""
        return Client().delete(f"/api/v1{path}", headers=self.headers)

    def send(self, path: str, key: str = "", **fields):
        """The answer to POST of a form with a file."""
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return Client().post(f"/api/v1{path}", fields, headers=headers)


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    empty_storage(settings, tmp_path)


@pytest.fixture
def ada(supplier) -> Script:
    """The owner's script."""
    return Script(supplier)


@pytest.fixture
def bob(db) -> Script:
    """Another user's script."""
    return Script(factories.account(username="bob"))


@pytest.fixture
def stranger(db) -> Script:
    """A script without a token."""
    return Script()


@pytest.fixture
def stocked(supplier) -> list[int]:
    """Twenty valves and twenty taps of ada's: the ids of the two labels."""
    for name in ("Valve", "Tap"):
        stock(factories.label(name), 20, supplier)
    return labels("Valve", "Tap")


def labels(*names: str) -> list[int]:
    """The ids of labels by name, in this order."""
    return [Label.objects.get(name=name).pk for name in names]


def frozen(owner: Account, *, public: bool = False, **fields) -> DatasetVersion:
    """A version of the valves and taps."""
    selection = read({"labels": labels("Valve", "Tap"), **fields})
    dataset = datasets.create(owner=owner, name="Plumbing", selection=selection, public=public)
    version, _ = datasets.order_version(dataset)
    factories.work_off()
    version.refresh_from_db()
    assert version.state == "ready"
    return version
