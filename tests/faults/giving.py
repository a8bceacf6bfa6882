"""Suppliers who give over HTTP as scripts and browsers do, and write down what the hub acknowledged."""

import re
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

# What a script does when it hears nothing, or "later".
AGAIN = (500, 502, 503, 504)
PER_BATCH = 10
PASSWORD = "secret-enough"


def status(url: str) -> int:
    """What an address answers; 0 when nobody does."""
    try:
        return httpx.get(url, timeout=15).status_code
    except httpx.TransportError:
        return 0


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The hub said it has this file."""

    id: int
    sha256: str
    supplier: str
    seconds: float


@dataclass
class Ledger:
    """All that was acknowledged, and how requests were answered: a status, or 0 for a broken connection."""

    given: list[Acknowledged] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    hurt: list[tuple[int, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answer: httpx.Response | None) -> None:
        """One more answer; a 500, or a 503 that does not say when to come back, is a fault of the hub's."""
        with self.lock:
            self.answers[answer.status_code if answer else 0] += 1
            if answer is not None and (answer.status_code == 500 or (answer.status_code == 503 and not _later(answer))):
                self.hurt.append((answer.status_code, f"{answer.request.method} {answer.request.url.path}"))


def _later(answer: httpx.Response) -> bool:
    return answer.headers.get("Retry-After", "").isdigit()


class Supplier:
    """Somebody with a token. One of them is used by one thread at a time."""

    def __init__(self, url: str, name: str, token: str, ledger: Ledger) -> None:
        self.url, self.name, self.ledger = url, name, ledger
        self.client = httpx.Client(base_url=url, timeout=60, headers={"Authorization": f"Bearer {token}"})
        self.batch: dict[str, Any] = {}
        self.room, self.label = 0, ""

    def ask(self, method: str, path: str, *, patience: float = 300, **options: Any) -> httpx.Response:
        """Ask until there is an answer that is neither an outage nor a broken connection."""
        until = time.monotonic() + patience
        while True:
            answer = None
            with suppress(httpx.TransportError):
                answer = self.client.request(method, path, **options)
            self.ledger.note(answer)
            if answer is not None and answer.status_code not in AGAIN:
                return answer
            assert time.monotonic() < until, f"{method} {path}: nothing but {answer} for {patience} s"
            time.sleep(0.3)

    def open(self, label: str = "ball", room: int = PER_BATCH, **said: Any) -> None:
        """Open a batch for so many files."""
        wish = {"label": label, "licence": "CC-BY-4.0", **said}
        while True:
            # Under one key however often it is sent; a key whose request died is only free again in two minutes.
            asked = {"json": wish, "headers": {"Idempotency-Key": uuid4().hex}}
            answer = self.ask("POST", "/api/v1/batches", **asked)
            if answer.status_code == 201:
                self.batch, self.room = answer.json(), room
                return
            assert answer.status_code == 409, answer.text

    def give(self, data: bytes, filename: str, label: str = "ball", **said: Any) -> Acknowledged:
        """Give one file, again and again until the hub says that it has it."""
        if not self.room or label != self.label:
            self.open(label, **said)
            self.label = label
        self.room -= 1
        begun = time.monotonic()
        answer = self.send(data, filename)
        assert answer.status_code in (200, 201, 202), (answer.status_code, answer.text)
        row = answer.json()
        given = Acknowledged(row["id"], row["sha256"], self.name, time.monotonic() - begun)
        with self.ledger.lock:
            self.ledger.given.append(given)
        return given

    def send(self, data: bytes, filename: str) -> httpx.Response:
        """The request that gives a file."""
        path = httpx.URL(self.batch["files"]).path
        return self.ask("POST", path, files={"file": (filename, data, "image/jpeg")})


class Visitor(Supplier):
    """The same person in a browser: logs in, and gives on the site's own pages."""

    def __init__(self, other: Supplier) -> None:
        super().__init__(other.url, other.name, "", other.ledger)
        self.client = httpx.Client(base_url=self.url, timeout=60, headers={"Referer": self.url})

    def log_in(self) -> "Visitor":
        """With name and password, as a form does."""
        page = self.ask("GET", "/accounts/login/")
        hidden = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert hidden, page.text
        form = {"login": self.name, "password": PASSWORD, "csrfmiddlewaretoken": hidden[1]}
        assert self.ask("POST", "/accounts/login/", data=form).status_code == 302
        return self

    def ours(self) -> dict[str, str]:
        return {"X-CSRFToken": self.client.cookies["csrftoken"], "Accept": "application/json"}

    def open(self, label: str = "ball", room: int = PER_BATCH, **said: Any) -> None:
        wish = {"label": label, "licence": "CC-BY-4.0", "precision": "open", **said}
        answer = self.ask("POST", "/give/", data=wish, headers=self.ours())
        assert answer.status_code == 201, answer.text
        self.batch, self.room = answer.json(), room

    def send(self, data: bytes, filename: str) -> httpx.Response:
        sent = {"file": (filename, data, "image/jpeg")}
        return self.ask("POST", self.batch["files"], files=sent, headers=self.ours())
