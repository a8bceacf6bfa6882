"""A Nominatim on loopback that says what a test tells it, and remembers what it was asked and when."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LISBON = {
    "lat": "38.7077507",
    "lon": "-9.1365919",
    "display_name": "Lisbon, Portugal",
    "address": {"city": "Lisbon", "state": "Lisboa", "country": "Portugal", "country_code": "pt"},
}


class Nominatim(ThreadingHTTPServer):
    """Answers /reverse with `answer` and /search with a list of it, or with `body` as it is."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.answer: object = LISBON
        self.body: bytes | None = None
        self.status, self.delay = 200, 0.0
        self.asked: list[tuple[str, dict[str, str], str, float]] = []

    @property
    def queries(self) -> list[dict[str, str]]:
        return [query for _, query, _, _ in self.asked]


class Handler(BaseHTTPRequestHandler):
    server: Nominatim

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.server.asked.append((parts.path, query, self.headers["User-Agent"], time.monotonic()))
        time.sleep(self.server.delay)
        answer = self.server.answer if parts.path.endswith("/reverse") else [self.server.answer]
        body = json.dumps(answer).encode() if self.server.body is None else self.server.body
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


@contextmanager
def serving():
    """Run one for the block."""
    with Nominatim() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
