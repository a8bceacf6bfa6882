"""Clients that take their time keep nobody waiting: against the web server as `manage.py up` starts it, over real TCP.

The bound of seconds is no measurement: a server that lets them block it answers after its timeout, a minute later.
"""

import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from tests.hostile.site import HOST, served

MANY, SOON = 100, 5
# Of headers so much is read and no more; what is left unread would have the answer lost on the way.
LONG = 32_768
PAGE = "/licences/"
HEAD, POST = (f"{method} {PAGE} HTTP/1.1\r\nHost: {HOST}\r\n" for method in ("GET", "POST"))


@pytest.fixture(scope="module")
def port(django_db_setup) -> Iterator[int]:
    with served() as found:
        yield found


def connect(port: int, first: bytes = b"") -> socket.socket:
    """A connection that has said this much."""
    made = socket.create_connection((HOST, port), timeout=SOON)
    made.sendall(first)
    return made


def ask(port: int, request: bytes) -> bytes:
    """All that is answered to raw bytes until the server closes, or says no more for a while."""
    with connect(port, request) as made:
        made.settimeout(SOON)
        answer = b""
        try:
            while piece := made.recv(65536):
                answer += piece
                made.settimeout(0.3)
        except TimeoutError:
            pass
        return answer


def status(port: int, request: bytes) -> int:
    return int(ask(port, request).split(b" ", 2)[1])


def is_answered(port: int) -> bool:
    """Whether somebody who comes by now is answered soon."""
    with urllib.request.urlopen(f"http://{HOST}:{port}{PAGE}", timeout=SOON) as answer:
        return answer.status == 200


@contextmanager
def dribbling(port: int, first: bytes) -> Iterator[None]:
    """Many clients that begin with this, and go on by a byte twice a second."""
    over = threading.Event()
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(port, first)) for _ in range(MANY)]

        def go_on() -> None:
            while not over.wait(0.5):
                for one in clients:
                    one.send(b"a")

        pool = stack.enter_context(ThreadPoolExecutor(1))
        stack.callback(over.set)
        going = pool.submit(go_on)
        yield
        over.set()
        going.result()


SLOW = {
    "headers": f"{HEAD}X-Slow: ".encode(),
    "a body": f"{POST}Content-Length: 100000\r\n\r\n".encode(),
    "a chunk": f"{POST}Transfer-Encoding: chunked\r\n\r\n400\r\n".encode(),
    "nothing": b"",
}


@pytest.mark.parametrize("what", SLOW)
def test_a_hundred_who_send_slowly_keep_nobody_waiting(port, what):
    with dribbling(port, SLOW[what]):
        for _ in range(3):
            assert is_answered(port)
            time.sleep(0.2)


def test_a_hundred_who_read_nothing_keep_nobody_waiting(port):
    asked = (f"GET /static/ninja/swagger-ui-bundle.js HTTP/1.1\r\nHost: {HOST}\r\n\r\n" * 5).encode()
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(connect(port, asked))
        assert is_answered(port)


def test_idle_connections_by_the_hundred_keep_nobody_waiting(port):
    with ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(connect(port))
        assert is_answered(port)


RAW = {
    "headers without an end": ((HEAD.encode() + b"X: ").ljust(LONG, b"a"), 431),
    "thousands of headers": ((HEAD.encode() + b"X: a\r\n" * LONG)[:LONG], 431),
    "an endless address": (b"GET /".ljust(LONG, b"a"), 431),
    "a body beyond measure": (f"{POST}Content-Length: 9{'0' * 12}\r\n\r\n".encode(), 413),
    "a length below nought": (f"{POST}Content-Length: -1\r\n\r\n".encode(), 400),
    "two lengths": (f"{POST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab".encode(), 400),
    "a length and chunks": (f"{POST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode(), 403),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n", 400),
    "another host": (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.0\r\n\r\n", 400),
    "a path that climbs": (HEAD.replace(PAGE, "/static/../../../../etc/passwd").encode() + b"\r\n", 404),
    "a climbing path, encoded": (HEAD.replace(PAGE, "/static/%2e%2e/%2e%2e/etc/passwd").encode() + b"\r\n", 404),
}  # fmt: skip


@pytest.mark.parametrize("what", RAW)
def test_what_no_browser_sends_is_refused(port, what):
    request, expected = RAW[what]
    assert status(port, request) == expected
    assert is_answered(port)


def test_no_answer_names_the_server_or_a_version(port):
    said = [ask(port, request) for request, _ in RAW.values()] + [
        ask(port, HEAD.encode() + b"Connection: close\r\n\r\n")
    ]
    for answer in said:
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert b"\r\nserver:" not in head
        assert b"waitress" not in answer.lower()
        assert b"python" not in head
        assert b"\r\nx-powered-by" not in head
