"""The real client against a real server, whose workers are a thread of the test."""

import json
import socket
import socketserver
import threading
import time
from dataclasses import dataclass
from typing import Any

import pytest
from dih.__main__ import main
from django.db import connection

from hub import datasets, tokens
from hub.models import Account, DatasetVersion, Token
from hub.selections import read
from tests import factories
from tests.hub.api.conftest import labels
from tests.parts import empty_storage
from tests.stock import stock


@dataclass
class Ran:
    """What a command came to."""

    exit: int
    told: Any
    stderr: str


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    empty_storage(settings, tmp_path / "stored")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in ("DIH_HUB", "DIH_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def ada(transactional_db) -> Account:
    """The owner."""
    return factories.account(username="ada")


@pytest.fixture
def dih(live_server, ada, capsys):
    """Run a command as ada, or as another (None: a stranger), and read what it told scripts."""

    def run(*arguments: object, account: Account | None = ada, hub: str = live_server.url) -> Ran:
        secret = tokens.make(account, f"token {Token.objects.count()}", list(Token.Scope.values))[1] if account else ""
        capsys.readouterr()
        exit = main([*map(str, arguments), "--json", "--hub", hub, "--token", secret])
        said = capsys.readouterr()
        return Ran(exit, json.loads(said.out) if said.out else None, said.err)

    return run


@pytest.fixture
def worker(transactional_db):
    """Somebody who does the jobs while the client waits."""
    over = threading.Event()

    def work() -> None:
        try:
            while not over.wait(0.05):
                factories.work_off()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()


def frozen(owner: Account, **fields) -> DatasetVersion:
    """A version of the valves and taps, whoever freezes it: this process, or a worker that was quicker."""
    selection = read({"labels": labels("Valve", "Tap"), **fields})
    version, _ = datasets.order_version(datasets.create(owner=owner, name="Plumbing", selection=selection))
    deadline = time.monotonic() + 30
    while version.state == "queued" and time.monotonic() < deadline:
        factories.work_off()
        version.refresh_from_db()
    assert version.state == "ready"
    return version


@pytest.fixture
def version(ada):
    """A frozen dataset of ada's: twenty valves and twenty taps."""
    for name in ("Valve", "Tap"):
        stock(factories.label(name), 20, ada)
    return frozen(ada)


class Cutting(socketserver.BaseRequestHandler):
    """Passes one connection on, and breaks it off after so many bytes of answer."""

    def handle(self) -> None:
        with socket.create_connection(self.server.behind) as hub:
            threading.Thread(target=self.forward, args=(hub,), daemon=True).start()
            self.answer(hub)

    def forward(self, hub: socket.socket) -> None:
        try:
            while data := self.request.recv(65536):
                hub.sendall(data)
            hub.shutdown(socket.SHUT_WR)  # or the hub would wait for more for ever
        except OSError:
            return

    def answer(self, hub: socket.socket) -> None:
        left = self.server.limit
        while left and (data := hub.recv(min(65536, left))):
            left -= len(data)
            self.server.passed += len(data)  # before whoever waits for it can look
            self.request.sendall(data)


class Cutter(socketserver.ThreadingTCPServer):
    """A server before the hub that breaks connections off: `limit` is how many bytes of answer it lets through."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, behind: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), Cutting)
        self.behind, self.limit, self.passed = behind, 1 << 40, 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def cutter(live_server):
    """A network that breaks."""
    with Cutter((live_server.thread.host, live_server.thread.port)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
