"""An empty hub, and pages by keyboard. What holds of every page is in test_every_page."""

import pytest

from hub.models import Image
from tests import factories
from tests.browser import marks

pytest.importorskip("playwright.sync_api")
pytestmark = marks.browser


def test_the_empty_hub_is_accessible_too(visit, transactional_db):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(factories.account()).page
    for path in ("/", "/labels/", "/labels/?view=tree", "/give/", "/mine/", "/datasets/", "/datasets/new/"):
        page.goto(path)
        assert Axe().run(page).response["violations"] == [], path


def test_arrow_keys_turn_the_page_of_an_image(visit, world):
    page = visit().page
    newest, older = Image.objects.order_by("-id")[:2]
    page.goto(newest.get_absolute_url())
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**{older.get_absolute_url()}")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**{newest.get_absolute_url()}")


def test_the_first_stop_of_the_keyboard_skips_to_the_content(visit, world):
    page = visit().page
    page.goto("/labels/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
