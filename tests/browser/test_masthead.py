"""The head of every page: a menu where the screen is narrow, the bell, and what waits under it."""

import pytest

from hub.people import notices
from tests.browser import marks

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = marks.browser
TRAINED = {"name": "vgg16 on Balls", "path": "/models/", "accuracy": 0.9}


def test_on_a_phone_the_keyboard_opens_the_menu_and_escape_closes_it(visit, world):
    page = visit(world["ada"], width=360).page
    page.goto("/labels/")
    menu, site = page.get_by_role("button", name="Menu"), page.get_by_role("navigation", name="Site")
    expect(site).to_be_hidden()
    menu.focus()
    page.keyboard.press("Enter")
    expect(site).to_be_visible()
    page.keyboard.press("Escape")
    expect(site).to_be_hidden()
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(site.get_by_role("link", name="Labels")).to_be_focused()
    site.get_by_role("link", name="Account: ada").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ada")


def test_the_menu_opens_without_a_script(visit, world):
    page = visit(width=360, java_script_enabled=False).page
    page.goto("/")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Site").get_by_role("link", name="Wanted").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_on_a_wide_screen_the_pages_stand_side_by_side_in_one_row(visit, world):
    page = visit(world["operator"], width=1280).page
    page.goto("/")
    links = page.get_by_role("navigation", name="Site").get_by_role("link")
    expect(links.first).to_be_visible()
    assert len({round(link.bounding_box()["y"]) for link in links.all()}) == 1
    expect(page.get_by_role("button", name="Menu")).to_be_hidden()


def test_the_bell_leads_to_what_is_new_and_then_is_silent(visit, world):
    for number in range(3):
        notices.tell(world["ada"], "training_ready", f"training:{number}", TRAINED)
    page = visit(world["ada"], width=360).page
    page.goto("/")
    page.get_by_role("link", name="Notices, 3 new").click()
    expect(page.get_by_role("link", name="Your model is ready: vgg16 on Balls")).to_have_count(3)
    expect(page.get_by_text("new", exact=True)).to_have_count(3)
    page.reload()
    expect(page.get_by_text("new", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="Notices", exact=True)).to_be_visible()
