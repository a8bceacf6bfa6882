"""`make drill`: lose a hub and get it back, with real processes; prints how long each step took.

A throw-away hub is started, given pictures it draws, and made to freeze and pack a dataset. It is backed up while it
runs, killed, and its home is removed. A new home is restored from the backup: the audit reads every byte, the password
and the token still open it, and the archive it packs has the SHA-256 of the one that was lost.
"""

import argparse
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
PATIENCE = 180

from hub.servers import die_with_parent  # noqa: E402  after the path to it


class Hub:
    """A hub of its own in a home, on a port."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.address, self.port = home, f"http://127.0.0.1:{port}", port
        elsewhere = ("DATABASE_URL", "REDIS_URL", "S3_ENDPOINT_URL", "S3_BUCKET", "DJANGO_SETTINGS_MODULE")
        kept = {name: value for name, value in os.environ.items() if name not in elsewhere}
        self.environment = kept | {"HUB_HOME": str(home), "DEMO": "0", "HUB_FETCH_WEIGHTS": "0"}

    def manage(self, *words: object) -> str:
        """What a command says. Ends the drill where it fails."""
        command = [sys.executable, "manage.py", *map(str, words)]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"manage.py {words[0]} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    @contextmanager
    def running(self, log: Path) -> Iterator[None]:
        """The hub runs in the block; it is killed without a word at its end."""
        command = [sys.executable, "manage.py", "up", "--port", str(self.port)]
        with log.open("ab") as out:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=out, stderr=out, preexec_fn=die_with_parent
            )
        try:
            wait_for(lambda: process.poll() is None and answers(f"{self.address}/readyz"), f"the site (see {log})")
            yield
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
            left = [self.home / "pg" / "postmaster.pid", self.home / "redis" / "redis.pid"]
            wait_for(lambda: not any(path.exists() for path in left), "its servers to end")

    def logged_in(self, name: str, password: str) -> httpx.Client:
        """A browser of this account. Ends the drill where it is not let in."""
        browser = httpx.Client(base_url=self.address, follow_redirects=True, timeout=60)
        submit(browser, "/accounts/login/", "/accounts/login/", login=name, password=password)
        if browser.get("/mine/").url.path != "/mine/":
            sys.exit(f"{name} cannot log in.")
        return browser


def answers(url: str) -> bool:
    """Whether it is answered 200."""
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def wait_for(condition: Callable[[], Any], what: str) -> None:
    """Until it is true. Ends the drill after three minutes."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"Waited {PATIENCE} s for {what}.")
        time.sleep(0.1)


def submit(browser: httpx.Client, page: str, address: str, **fields: Any) -> str:
    """Send a form as the page it stands on would; the page that answers."""
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(page).text)
    assert token, f"no form on {page}"
    sent = {"csrfmiddlewaretoken": token[1], **fields}
    return browser.post(address, data=sent, headers={"Referer": str(browser.base_url)}).text


def token(browser: httpx.Client) -> str:
    """A token for scripts, as the account page shows it once."""
    page = submit(browser, "/account/", "/account/tokens/", name="drill", scopes=["read", "datasets"])
    found = re.search(r"dih_[\w-]{43}", page)
    assert found, "no token on the page"
    return found[0]


def scripted(hub: Hub, secret: str) -> httpx.Client:
    """The API, with a token."""
    return httpx.Client(
        base_url=f"{hub.address}/api/v1",
        headers={"Authorization": f"Bearer {secret}"},
        timeout=60,
        follow_redirects=True,
    )


def packed(api: httpx.Client, version: str) -> str:
    """Have a version packed and download it; its SHA-256."""
    asked = api.post(f"/versions/{version}/archives", json={"format": "imagefolder", "size": "224"}).raise_for_status()
    archive = asked.json()["id"]
    wait_for(lambda: api.get(f"/archives/{archive}").json()["state"] == "ready", "the archive")
    ready = api.get(f"/archives/{archive}").json()
    sha256 = hashlib.sha256(api.get(ready["link"]).raise_for_status().content).hexdigest()
    assert sha256 == ready["sha256"], "what came is not what was promised"
    return sha256


def freeze(api: httpx.Client, labels: list[int]) -> str:
    """A frozen dataset of these labels; its version's id."""
    selection = {"labels": labels, "split": {"train": 1}}
    made = api.post("/datasets", json={"name": "Drill", "selection": selection}).raise_for_status().json()
    address = api.post(f"/datasets/{made['id']}/versions").raise_for_status().json()["url"]
    wait_for(lambda: api.get(address).json()["state"] != "queued", "the version")
    version = api.get(address).json()
    assert version["state"] == "ready", version["words"]
    return version["id"]


def draw(folder: Path, photos: int) -> list[str]:
    """So many drawings of two kinds, as a folder of folders; their labels."""
    from workers import drawings

    labels = list(drawings.TRAINABLE)[:2]
    for picture in [one for one in drawings.pictures() if one.label in labels][:photos]:
        path = folder / picture.label / picture.filename
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture.draw())
    return labels


@contextmanager
def timed(what: str, times: dict[str, float]) -> Iterator[None]:
    """Print and keep how long the block took."""
    start = time.monotonic()
    yield
    times[what] = time.monotonic() - start
    print(f"{times[what]:8.1f} s  {what}", flush=True)


def live(first: Hub, vault: Path, where: Path, photos: int, times: dict[str, float]) -> dict[str, str]:
    """What a hub's life leaves: a password, a token, a version, the SHA-256 of its archive; and a backup."""
    labels = draw(where / "photos", photos)
    with first.running(where / "first.log"):
        with timed(f"{photos} photos given, checked and related", times):
            first.manage("simulate", where / "photos", "--around", "48.86,2.35")
        password = re.findall(r"^ada\s+(\S+)", (first.home / "accounts.txt").read_text(), re.MULTILINE)[0]
        secret = token(first.logged_in("ada", password))
        api = scripted(first, secret)
        known = [api.get(f"/labels/{label.lower()}").raise_for_status().json()["id"] for label in labels]
        with timed("a dataset frozen, packed and downloaded", times):
            version = freeze(api, known)
            sha256 = packed(api, version)
        with timed("backup, while the hub runs", times):
            print(first.manage("backup", vault).strip())
        with timed("backup once more, of what is new", times):
            print(first.manage("backup", vault).strip())
        with timed("backup verified, every byte", times):
            print(first.manage("backup", vault, "--verify").strip())
    return {"password": password, "secret": secret, "version": version, "sha256": sha256}


def drill(where: Path, port: int, photos: int) -> None:
    """All of it, in a folder of its own."""
    times: dict[str, float] = {}
    first, second, vault = Hub(where / "first", port), Hub(where / "second", port), where / "backups"
    lost = live(first, vault, where, photos, times)
    shutil.rmtree(first.home)
    print("The hub was killed, and its home removed.")
    begin = time.monotonic()
    with timed("restore: rows, objects, renditions, deep audit", times):
        print(second.manage("restore", vault, "--deep").strip())
    with second.running(where / "second.log"):
        print(f"{time.monotonic() - begin:8.1f} s  from nothing to a site that answers (the time to recover)")
        second.logged_in("ada", lost["password"])
        with timed("the archive packed again and downloaded", times):
            sha256 = packed(scripted(second, lost["secret"]), lost["version"])
        print(second.manage("audit", "--deep").strip().splitlines()[-1])
    if sha256 != lost["sha256"]:
        sys.exit(f"The archive was {lost['sha256']} and is {sha256}.")
    print(f"The password and the token open it; the archive is the same: {sha256}")
    print("What a loss costs at most: what came in since the last backup began.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--port", type=int, default=8999)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # leave nothing behind
    folder = Path(tempfile.mkdtemp(prefix="hub-drill-"))
    folder.chmod(0o755)  # as root, the servers' account must come as far as the homes
    try:
        drill(folder, asked.port, asked.photos)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
