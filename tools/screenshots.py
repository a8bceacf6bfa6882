"""Take the pictures of the README from a hub that runs here, filled with what the hub draws: never with photographs.

`make run` in one terminal, then in another (with the same HUB_HOME): `.venv/bin/python -m tools.screenshots`.
"""

import argparse
import io
import os
from pathlib import Path
from typing import Any

import django

from hub import embedded

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "img"
CHROMIUM = os.environ.get("HUB_CHROMIUM", "/usr/bin/chromium")
MOST = 120 * 1024
WIDE = {"width": 1280, "height": 860}


def main() -> None:
    """Write one WebP for each of `shots`."""
    parser = argparse.ArgumentParser(prog="screenshots", description=__doc__)
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    address = parser.parse_args().address
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    os.environ.setdefault("HUB_SECRET_KEY", (embedded.home() / "secret_key").read_text())  # it signs sessions
    django.setup()
    refuse_photographs()
    taken = [(name, path, cookies(who, address), options) for name, path, who, options in shots()]
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, path, known, options in taken:
            write(FOLDER / f"{name}.webp", picture(browser, address, path, known, options))
        browser.close()


def refuse_photographs() -> None:
    """What is published with the code must belong to it."""
    from hub.models import Image

    if Image.objects.filter(batch__drawn=False, withdrawn_at=None).exists():
        raise SystemExit("This hub holds photographs. Take the pictures from a new one: HUB_HOME=… make run")


def shots() -> list[tuple[str, str, str, dict[str, Any]]]:
    """Each picture: its name, the path it shows, who looks, and how the browser stands."""
    from hub.models import Dataset

    light, dark = {"viewport": WIDE, "color_scheme": "light"}, {"viewport": WIDE, "color_scheme": "dark"}
    version = Dataset.objects.get(name="Drawn things").versions.latest("number").get_absolute_url()
    return [
        ("home", "/", "", light),
        ("label", "/labels/cat/", "", light),
        ("dataset", version, "", light),
        ("review", "/review/", "ada", dark),
    ]


def picture(browser: Any, address: str, path: str, known: list[dict[str, str]], options: dict[str, Any]) -> bytes:
    """A page as a PNG."""
    context = browser.new_context(base_url=address, reduced_motion="reduce", **options)
    context.add_cookies(known)
    page = context.new_page()
    page.goto(path)
    page.wait_for_load_state("networkidle")
    data = page.screenshot()
    context.close()
    return data


def cookies(username: str, address: str) -> list[dict[str, str]]:
    """What the browser of somebody who has logged in holds; nothing for a stranger, called ""."""
    from django.conf import settings
    from django.test import Client

    from hub.models import Account

    if not username:
        return []
    client = Client()
    client.force_login(Account.objects.get(username=username))
    name = settings.SESSION_COOKIE_NAME
    return [{"name": name, "value": client.cookies[name].value, "url": address}]


def write(path: Path, png: bytes) -> None:
    """Keep it as WebP, as good as fits."""
    from PIL import Image

    for quality in (85, 75, 60, 45):
        buffer = io.BytesIO()
        Image.open(io.BytesIO(png)).convert("RGB").save(buffer, "WEBP", quality=quality, method=6)
        if len(data := buffer.getvalue()) <= MOST:
            path.write_bytes(data)
            print(f"{path.name:24} {len(data) / 1024:5.0f} KB")
            return
    raise SystemExit(f"{path.name} does not fit into {MOST} bytes.")


if __name__ == "__main__":
    main()
