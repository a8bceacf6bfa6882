"""Every page of the URLconf, for everybody: accessible in light and dark at three widths, silent, light, ours alone."""

import gzip
import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.db import OperationalError
from django.test import Client

from hub import labels
from hub.moderation import queues
from hub.views import operations
from tests import factories
from tests.browser import filled, marks
from tests.hub.addresses import Address, addresses
from tests.hub.decisions import ADMIN, DECISIONS

pytest.importorskip("playwright.sync_api")
pytestmark = marks.browser

WIDTHS = (1440, 768, 360)
WEIGHT = 60 * 1024
# What the last word of an address chooses among.
TABS = [f"/moderation/{name}/" for name in (*queues.QUEUES, "people", "log")]
TABS += [f"/operations/{name}/" for name, _ in operations.TABS if name != "overview"]
MAIN = re.compile(r"<main.*?</main>", re.DOTALL)
SECRETS = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|/review/[^/"]+/(1024|299)\.jpg|value="[\w-]{40,}"')
# Colours are all that differs between light and dark, so that the second asks for these alone.
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
AXE = "options => axe.run(document, {resultTypes: ['violations'], ...options})"


@pytest.fixture
def hub(transactional_db):
    """A hub with something of everything."""
    return filled.fill()


def paths(hub: filled.Hub) -> Iterator[str]:
    """Every path a person may ask for: each address of the URLconf, filled, and asked in other ways."""
    for one in addresses():
        if one.name in ADMIN or DECISIONS[one.name].method != "get":
            continue
        yield from asked(one, hub)
    yield from TABS


def asked(one: Address, hub: filled.Hub) -> Iterator[str]:
    path = one.path(hub.house)
    said = one.asked_with(hub.house)
    yield path + ("?" + "&".join(f"{name}={value}" for name, value in said.items()) if said else "")
    for other in hub.more.get(one.name, []):
        yield path + other if other.startswith("?") else other


class Seen:
    """Which pages were looked at: a page is another where its content, or the masthead around it, is."""

    def __init__(self) -> None:
        self.parts: set[str] = set()

    def anew(self, html: str, role: str) -> bool:
        """Whether the content, or a role's masthead, was not seen before."""
        main = "".join(MAIN.findall(SECRETS.sub("", html)))
        new = {main, f"masthead of {role}"} - self.parts
        self.parts |= new
        return bool(new)


def tour(visit: Any, hub: filled.Hub) -> Iterator[tuple[str, Any]]:
    """Every page that differs, opened in a browser by whom it is for: (role and path, visit)."""
    seen = Seen()
    for role, account in hub.people.items():
        visitor, client = visit(account, reduced_motion="reduce"), Client()
        if account:
            client.force_login(account)
        visitor.page.add_init_script(AXE_SCRIPT)
        for path in paths(hub):
            answer = client.get(path)
            if not answer.get("Content-Type", "").startswith("text/html") or 300 <= answer.status_code < 400:
                answer.close()
                continue
            if seen.anew(answer.content.decode(), role):
                visitor.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
                visitor.wrong.clear()
                status = visitor.page.goto(path).status
                assert status == answer.status_code, path
                if status >= 400:
                    visitor.wrong.clear()  # a browser says of every such page that it failed
                yield f"{role} {path}", visitor


def complaints(page: Any) -> Iterator[str]:
    """What is wrong with the page that is open, with everything on it unfolded: in each theme, at each width."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme, options in (("light", {}), ("dark", COLOURS)):
            page.emulate_media(color_scheme=scheme)
            for one in page.evaluate(AXE, options)["violations"]:
                node = one["nodes"][0]
                yield f"{one['id']} at {width}, {scheme}: {node['target']} {node['failureSummary']}"
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            yield f"{wide - width} pixels wider than a screen of {width}"


class Weights:
    """What the text of pages weighs on its way: HTML, styles and scripts, compressed."""

    def __init__(self) -> None:
        self.files: dict[str, int] = {}

    def of(self, page: Any) -> int:
        named = "performance.getEntriesByType('resource').map(one => one.name).filter(one => /\\.(css|js)$/.test(one))"
        files = set(page.evaluate(named))
        return self._packed(page, page.url) + sum(self._file(page, one) for one in files)

    def _file(self, page: Any, address: str) -> int:
        if address not in self.files:
            self.files[address] = self._packed(page, address)
        return self.files[address]

    def _packed(self, page: Any, address: str) -> int:
        return len(gzip.compress(page.request.get(address).body()))


def test_every_page_is_accessible_silent_within_the_screen_light_and_ours_alone(visit, hub, live_server):
    found, weights, pages = [], Weights(), 0
    for name, visitor in tour(visit, hub):
        page, pages = visitor.page, pages + 1
        strange = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
        said = [f"asks {one}" for one in strange if not one.startswith((live_server.url, "blob:", "data:"))]
        said += [f"weighs {weight} bytes" for weight in [weights.of(page)] if weight > WEIGHT]
        said += [*complaints(page), *visitor.wrong]
        found += [f"{name}: {one}" for one in said]
    print(f"{pages} pages in {2 * len(WIDTHS)} states each")
    assert found == []
    assert pages > 100


def failing(error: Exception):
    def fail(*_, **__):
        raise error

    return fail


@pytest.mark.parametrize(
    ("status", "words"), [(500, "went wrong"), (503, "away"), (413, "larger")], ids=["failed", "away", "too large"]
)
def test_a_failure_is_a_page_too(visit, transactional_db, settings, monkeypatch, status, words):
    if status == 413:
        settings.MAX_FILE_BYTES = -(1 << 20)  # so that an empty request is too large
    else:
        error = OperationalError("gone") if status == 503 else ZeroDivisionError()
        monkeypatch.setattr(labels, "tiles", failing(error))
    page = visit(factories.account(), reduced_motion="reduce").page
    page.add_init_script(AXE_SCRIPT)
    assert page.goto("/labels/").status == status
    assert page.locator("h1").count() == 1
    assert [*complaints(page)] == []
