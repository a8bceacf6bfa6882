"""From a clone to the first accepted photo, as a newcomer lives it: `make run`, log in as it says, give one photo."""

import argparse
import io
import json
import os
import secrets
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

REPO = Path(__file__).resolve().parent.parent
GOAL = 180
Result = TypeVar("Result")
# What would lead the newcomer's hub to our servers, our data or our environment.
OURS = ("DATABASE_URL", "REDIS_URL", "HUB_HOME", "DJANGO_SETTINGS_MODULE", "VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL")


def run(argv: list[str]) -> None:
    """Print the seconds of each phase, and of all of them."""
    argparse.ArgumentParser(prog="bench firstrun", description=__doc__).parse_args(argv)
    phases: list[tuple[str, float]] = []
    with temporary_folder() as folder:
        timed(phases, "clone", lambda: clone(folder))
        with make_run(folder) as (address, log):
            timed(phases, "install", lambda: wait_for(lambda: (folder / ".venv/.synced").exists(), log))
            timed(phases, "start", lambda: wait_for(lambda: answers(f"{address}/healthz"), log))
            visitor = Visitor(address)
            timed(phases, "log in", lambda: visitor.log_in(folder / ".hub/accounts.txt"))
            batch = timed(phases, "give", visitor.give)
            timed(phases, "check", lambda: wait_for(lambda: visitor.is_accepted(batch), log))
    for name, seconds in phases:
        print(f"{name:<10} {seconds:7.1f} s")
    print(f"firstrun: {sum(seconds for _, seconds in phases):.0f} s (goal {GOAL})")


def timed(phases: list[tuple[str, float]], name: str, act: Callable[[], Result]) -> Result:
    start = time.monotonic()
    result = act()
    phases.append((name, time.monotonic() - start))
    return result


@contextmanager
def temporary_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hub-firstrun-") as made:
        Path(made).chmod(0o755)  # as root, the account of Postgres must come as far as the clone
        yield Path(made, "hub")


def clone(folder: Path) -> None:
    subprocess.run(["git", "clone", "--quiet", str(REPO), str(folder)], check=True)


@contextmanager
def make_run(folder: Path) -> Iterator[tuple[str, Path]]:
    """`make run` in the clone, on a free port; stopped by Ctrl-C at the end."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    environment |= {"PORT": str(port), "DEMO": "0"}
    log = folder.parent / "make-run.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            ["make", "run"], cwd=folder, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield f"http://127.0.0.1:{port}", log
    except BaseException:
        time.sleep(1)  # its last words are on their way through the supervisor
        print(log.read_text()[-5000:])
        raise
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)


def wait_for(condition: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + 600
    while not condition():
        if time.monotonic() > deadline or "CommandError" in log.read_text():
            raise SystemExit("It did not come to be: see the lines above.")
        time.sleep(0.1)


class Visitor:
    """A person with a browser: cookies, and forms sent with their token."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = CookieJar()
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def log_in(self, accounts: Path) -> None:
        """As the first of the accounts `make run` made: the photos of one who signed up would wait for a moderator."""
        name, password = accounts.read_text().split()[:2]
        self.send("/accounts/login/", {"login": name, "password": password})

    def give(self) -> str:
        """Give one photo by the form that needs no JavaScript. Answers the page of the batch."""
        fields = {"label": "cat", "licence": "CC0-1.0", "precision": "hidden"}
        return self.send("/give/", fields, photo())

    def is_accepted(self, batch: str) -> bool:
        with self.browser.open(f"{batch}status.json", timeout=10) as answer:
            (row,) = json.load(answer)["submissions"]
        if row["state"] not in {"received", "accepted"}:
            raise SystemExit(f"The photo was not accepted: {row}")
        return row["state"] == "accepted"

    def send(self, path: str, fields: dict[str, str], file: bytes | None = None) -> str:
        """Open a page, send its form, and answer where that led."""
        self.browser.open(f"{self.address}{path}", timeout=30).close()
        token = next(cookie.value or "" for cookie in self.cookies if cookie.name == "csrftoken")
        body, kind = multipart({**fields, "csrfmiddlewaretoken": token}, file)
        request = urllib.request.Request(f"{self.address}{path}", body, {"Content-Type": kind})
        with self.browser.open(request, timeout=30) as answer:
            if answer.url == request.full_url:
                raise SystemExit(f"The form of {path} came back:\n{answer.read().decode()}")
            return answer.url


def multipart(fields: dict[str, str], file: bytes | None) -> tuple[bytes, str]:
    edge = secrets.token_hex(16)
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if file is not None:
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="first.jpg"\r\n'
        parts.append(head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + file + b"\r\n")
    return b"".join(parts) + f"--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


def photo() -> bytes:
    """A JPEG of one megapixel that no rule objects to: blots of colour with some grain."""
    chance = np.random.default_rng()
    blots = Image.fromarray(chance.integers(0, 256, (9, 12, 3), dtype=np.uint8)).resize(
        (1200, 900), Image.Resampling.BICUBIC
    )
    grain = chance.normal(0, 6, (900, 1200, 3))
    made = Image.fromarray(np.clip(np.asarray(blots) + grain, 0, 255).astype(np.uint8))
    with io.BytesIO() as file:
        made.save(file, "JPEG", quality=90)
        return file.getvalue()


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
