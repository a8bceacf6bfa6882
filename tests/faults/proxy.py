"""A wall in front of the object store: it passes requests on, or answers as a store does that is ill."""

import http.client
import socket
import struct
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODES = ("pass", "500", "503", "403", "slow", "cut", "wrong", "refuse")
SLOW = 3.0  # seconds before an answer
HOP = {"connection", "keep-alive", "transfer-encoding", "expect", "content-length"}


class Wall(ThreadingHTTPServer):
    """Listens for the hub; `mode` is how it answers, `met` counts the requests it spoilt."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, store: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.store, self.mode, self.met = store, "pass", 0
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address) -> None:
        """A client that went away is no news here."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Wall

    def answer(self) -> None:
        mode = self.server.mode
        self.server.met += mode != "pass"
        if mode == "refuse":
            return self.slam()
        if mode == "cut" and self.command == "PUT":
            self.rfile.read(self.length() // 2)
            return self.slam()
        sent = self.rfile.read(self.length())
        if mode.isdigit():
            return self.refuse(int(mode))
        if mode == "slow":
            time.sleep(SLOW)
        return self.pass_on(sent, mode)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer  # noqa: N815

    def length(self) -> int:
        return int(self.headers.get("Content-Length") or 0)

    def slam(self) -> None:
        """Reset the connection in the middle of whatever it was."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def refuse(self, status: int) -> None:
        body = b"" if self.command == "HEAD" else b"<Error><Code>Injected</Code><Message>A fault.</Message></Error>"
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def pass_on(self, sent: bytes, mode: str) -> None:
        store = http.client.HTTPConnection("127.0.0.1", self.server.store, timeout=60)
        with suppress(BrokenPipeError, ConnectionResetError):
            try:
                headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
                if sent or self.command in ("PUT", "POST"):
                    headers["Content-Length"] = str(len(sent))
                store.request(self.command, self.path, sent or None, headers)
                found = store.getresponse()
                self.give_back(found, found.read(), mode)
            except (ConnectionRefusedError, http.client.HTTPException, TimeoutError):
                self.slam()  # the store itself is away
            finally:
                store.close()

    def give_back(self, found: http.client.HTTPResponse, body: bytes, mode: str) -> None:
        spoilt = self.command == "GET" and found.status in (200, 206) and body
        if mode == "wrong" and spoilt:
            body = spoil(body)
        self.send_response_only(found.status, found.reason)
        for name, value in found.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        # The length of a HEAD is that of the body it does not have.
        length = found.getheader("Content-Length") if self.command == "HEAD" else str(len(body))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        if mode == "cut" and spoilt:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            return self.slam()
        return self.wfile.write(body) and None

    def log_message(self, *_) -> None:
        pass


def spoil(body: bytes) -> bytes:
    """As many bytes, a tenth of them others: what a broken disk or cache gives under a good status."""
    middle, many = len(body) // 2, max(1, len(body) // 10)
    return body[:middle] + bytes(byte ^ 0x5A for byte in body[middle : middle + many]) + body[middle + many :]
