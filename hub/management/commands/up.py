"""`make run`: the whole hub on this machine, until Ctrl-C."""

import os
import secrets
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connections
from django.utils import timezone

from hub import embedded, unprivileged
from hub.supervisor import Supervisor

FIRST_ACCOUNTS: dict[str, dict[str, Any]] = {
    "operator": {"is_staff": True, "is_superuser": True},
    "ada": {},
    "grace": {"plan": "premium"},
}
# Whitenoise misses a folder that only a deployment has: here files are found where they are written.
UNCOLLECTED = ["-W", "ignore:No directory at:UserWarning"]
# No cap on its memory, and the processor left to those who wait for an answer.
TRAINING = ["env", "HUB_INGEST_CHILD_BYTES=0", "nice", "-n", "10"]
# Two models of 230 MB stay warm, beside the hardest picture measured: a WebP of 50 megapixels takes 765 MB.
PREDICT = ["env", "HUB_INGEST_CHILD_BYTES=1610612736"]
WARM = ["--max-memory-per-child", "1000000"]
ROLES = {
    "operator": "runs and moderates the hub: /moderation/, /admin/",
    "ada": "gives photos",
    "grace": "premium: asks for models",
}


class Command(BaseCommand):
    help = "Start the hub on this machine: its servers, web, workers and schedule. Ctrl-C stops all of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
        parser.add_argument("--welcome", action="store_true", help="greet and fill a hub that is starting")

    def handle(self, *, port: int, welcome: bool, **options: Any) -> None:
        if welcome:
            greet(port)
            return
        try:
            run_hub(port)
        except unprivileged.CannotStart as reason:
            raise CommandError(str(reason)) from None
        except KeyboardInterrupt:
            print("Stopped.", flush=True)


def run_hub(port: int) -> None:
    """Run everything until Ctrl-C or SIGTERM; a process that ends by itself ends the hub with an error."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # also while preparing
    with embedded.running() as servers:
        refuse_taken(port)
        prepare()
        supervisor = Supervisor(errand="hub")
        for name, command in processes(port).items():
            supervisor.add(name, command, environment())
        ended = supervisor.run(servers)
    if ended:
        raise CommandError(f"{ended} ended by itself, so the hub was stopped. Its last lines above say why.")
    print("Stopped. Everything is kept: `make run` goes on from here.", flush=True)


def processes(port: int) -> dict[str, list[str]]:
    """Each process of the hub: the name its lines are prefixed with, and its command."""
    celery = [sys.executable, "-W", "ignore:You're running the worker with superuser", "-m", "celery", "--quiet"]
    celery += ["-A", "workers"]
    worker = [*celery, "worker", "--loglevel", "INFO", "--without-gossip", "--without-mingle"]
    return {
        "web": [sys.executable, *UNCOLLECTED, "-m", "hub.serve", f"--listen=127.0.0.1:{port}", "--threads=8"],
        "ingest": [*worker, "-Q", "ingest", "-c", "2", "-n", "ingest@%h"],
        "export": [*worker, "-Q", "export", "-c", "1", "-n", "export@%h"],
        "upkeep": [*worker, "-Q", "places,upkeep", "-c", "3", "-n", "upkeep@%h"],
        "predict": [*PREDICT, *worker, "-Q", "predict", "-c", "1", *WARM, "-n", "predict@%h"],
        "training": [
            *TRAINING,
            *worker,
            "-Q",
            "training",
            "-c",
            "1",
            "--max-tasks-per-child",
            "1",
            "-n",
            "training@%h",
        ],
        "beat": [*celery, "beat", "-s", str(embedded.home() / "beat-schedule")],
        "hub": [sys.executable, "manage.py", "up", "--welcome", "--port", str(port)],
    }


def environment() -> dict[str, str]:
    """What the processes are told; an embedded hub gets its own key, and answers to this machine alone."""
    given = {"PYTHONUNBUFFERED": "1", "HUB_HOME": str(embedded.home()), "TF_CPP_MIN_LOG_LEVEL": "3"}
    if is_embedded():
        # Not debug, whose pages tell too much; but no TLS, no collected files, and logs for a person.
        local = {"HUB_DEBUG": "0", "HUB_HTTP": "1", "HUB_FIND_STATIC": "1", "HUB_LOG": "text"}
        given |= local | {"HUB_HOSTS": "localhost,127.0.0.1"}
        given |= {name: os.environ[name] for name in given if name in os.environ}
        given["HUB_SECRET_KEY"] = os.environ.get("HUB_SECRET_KEY") or secret_key()
    return os.environ | given


def prepare() -> None:
    """Bring the database up to date, and give a new hub its labels and first accounts."""
    print("Preparing the database …", flush=True)
    call_command("migrate", verbosity=0)
    call_command("load_labels", if_empty=True)
    if is_embedded() and not accounts_file().exists():
        make_accounts()
    connections.close_all()  # the processes forked from here must not share ours


def make_accounts() -> None:
    """Make the first accounts, with passwords that only `accounts.txt` and the start-up lines tell."""
    passwords = {name: secrets.token_urlsafe(9) for name in FIRST_ACCOUNTS}
    accounts = get_user_model().objects
    for name, password in list(passwords.items()):
        if accounts.filter(username=name).exists():  # in a hub that was restored; its password is the old one
            passwords[name] = "(as it was)"
        else:
            email = f"{name}@example.org"
            user = accounts.create_user(name, email, password, trusted_at=timezone.now(), **FIRST_ACCOUNTS[name])
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    lines = [f"{name:<10} {password:<14} {ROLES[name]}" for name, password in passwords.items()]
    write_secret(accounts_file(), "\n".join(lines) + "\n")


def greet(port: int) -> None:
    """Once the site answers, say where it is and who may enter; give a new hub its first photos."""
    address = f"http://127.0.0.1:{port}"
    if not answers(f"{address}/healthz"):
        print(f"The site does not answer at {address}: see the lines of web.")
        return
    print(f"\nDeep Images Hub is at {address}\n")
    if accounts_file().exists():
        print("First accounts (name, first password, what for):")
        print("\n".join(f"  {line}" for line in accounts_file().read_text().splitlines()))
    print(f"\nPhotos and data are kept in {embedded.home()}. Ctrl-C stops the hub.\n")
    if is_embedded() and os.environ.get("DEMO") != "0":
        give_demo(demo_given())


def give_demo(done: Path) -> None:
    """Give a new hub a small crowd, once: pictures the project draws, or those of `PHOTOS`."""
    if not done.exists():
        print("A first crowd gives its photos: watch them arrive. (DEMO=0 leaves a hub empty.)")
        photos = os.environ.get("PHOTOS")
        call_command("demo", **({"photos": photos} if photos else {}))
        done.touch()


def demo_given() -> Path:
    """Where a hub notes that its first crowd has come."""
    return embedded.home() / "demo-given"


def no_demo() -> None:
    """Let no crowd come to a hub that has been restored."""
    if is_embedded():
        demo_given().touch()


def answers(url: str, seconds: int = 60) -> bool:
    """Whether a page of ours answers within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310  # nosec B310
            return True
        time.sleep(0.2)
    return False


def refuse_taken(port: int) -> None:
    """Say so in words when something else listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as reason:
            raise CommandError(
                f"Port {port} cannot be used ({reason.strerror}). Choose another: PORT={port + 1} make run"
            ) from None


def secret_key() -> str:
    """The secret key of an embedded hub, made at its first start."""
    path = embedded.home() / "secret_key"
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(50))
    return path.read_text()


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def accounts_file() -> Path:
    return embedded.home() / "accounts.txt"


def is_embedded() -> bool:
    return not os.environ.get("DATABASE_URL")
