"""A real Chromium, a real server, and a hub with something of everything in it."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from hub import outcomes
from hub.models import Job, LabelProposal, Submission
from hub.models.submission import Licence
from tests import factories, images

CHROMIUM = os.environ.get("HUB_CHROMIUM", "/usr/bin/chromium")
# It must ask nobody but our server.
QUIET = ["background-networking", "quic", "component-update", "sync", "gpu"]
ARGUMENTS = ["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in QUIET)]


@pytest.fixture(scope="session")
def chromium():
    """The browser of the session."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"There is no Chromium at {CHROMIUM}; install it, or name yours in HUB_CHROMIUM.")
    from playwright.sync_api import sync_playwright

    # Playwright's loop lives in this thread; Django would refuse to query beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """One visitor's page, with what went wrong on it."""

    page: object
    wrong: list[str]


@pytest.fixture
def visit(chromium, live_server):
    """Open a page as an account, or as nobody: `visit(account, width=360, dark=True)`."""
    contexts = []

    def open_page(account=None, *, width=1280, dark=False, **options) -> Visit:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            **options,
        )
        contexts.append(context)
        if account:
            client = Client()
            client.force_login(account)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page, wrong = context.new_page(), []
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.set_default_timeout(10_000)
        return Visit(page, wrong)

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def photos(tmp_path):
    """Write pictures as files to choose: `photos(**{"a.jpg": bytes})` gives their paths."""

    def write(**files: bytes) -> list[str]:
        paths = [tmp_path / name for name in files]
        for path, data in zip(paths, files.values(), strict=True):
            path.write_bytes(data)
        return [str(path) for path in paths]

    return write


@pytest.fixture
def valve(transactional_db):
    """A label with kinds, to give under."""
    plumbing = factories.label("Plumbing")
    found = factories.label("Valve", plumbing)
    factories.label("Gate valve", found)
    return found


@pytest.fixture
def world(valve):
    """Accounts by name, and what they gave: accepted, refused, already here, in doubt."""
    ada = factories.account(username="ada", email="ada@example.org")
    operator = factories.account(username="operator", is_superuser=True, is_staff=True)
    batch = factories.batch(ada, valve, place_text="41.15, -8.61", licence=Licence.CC_BY)
    factories.work_off()
    for seed in range(1, 5):
        factories.given(images.photo(seed=seed), batch, f"valve {seed}.jpg")
    factories.given(images.truncated(images.photo(seed=8)), batch, "cut.jpg")
    factories.work_off()
    doubtful = factories.given(images.photo(seed=9), batch, "again.jpg")
    Job.objects.filter(subject=doubtful.pk, state="queued").delete()
    first = Submission.objects.filter(state="accepted").first()
    outcomes.decide(doubtful.pk, "review", "near_duplicate", twin=first.image)
    LabelProposal.objects.create(name="Ball valve", parent=valve, proposer=ada, why="We have many.")
    return {"ada": ada, "operator": operator, "nobody": None, "new": factories.account(), "batch": batch}
