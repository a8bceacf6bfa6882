"""Choosing labels by keyboard: one for all, and another for one photo."""

import pytest

from hub.models import Submission
from tests import factories, images
from tests.browser import marks

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = marks.browser


@pytest.fixture
def page(visit, valve):
    return visit(factories.account()).page


def test_the_keyboard_alone_finds_and_takes_a_label(page):
    page.goto("/give/")
    field = page.get_by_role("combobox", name="What do they show?")
    field.focus()
    page.keyboard.type("valv")
    expect(page.get_by_role("option", name="Gate valve Plumbing › Valve › Gate valve")).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    names = page.get_by_role("option").locator("span").all_text_contents()
    for _ in range(names.index("Gate valve") + 1):
        page.keyboard.press("ArrowDown")
    active = page.locator(f"#{field.get_attribute('aria-activedescendant')}")
    expect(active).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(field).to_have_value("Gate valve")
    expect(field).to_have_attribute("aria-expanded", "false")
    assert page.locator("input[type=hidden][name=label]").input_value() == "gate-valve"


def test_escape_closes_the_list_and_keeps_the_text(page):
    page.goto("/give/")
    field = page.get_by_role("combobox", name="What do they show?")
    field.press_sequentially("valv")
    expect(page.get_by_role("option").first).to_be_visible()
    field.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(field).to_have_value("valv")


def test_a_missing_label_can_be_proposed(page):
    page.goto("/give/")
    page.get_by_role("combobox", name="What do they show?").press_sequentially("flange")
    with page.context.expect_page() as opened:
        page.get_by_role("option", name="Propose “flange”").click()
    expect(opened.value.locator("#id_name")).to_have_value("flange")


def test_text_that_is_no_label_is_not_sent(page, photos):
    page.goto("/give/")
    page.set_input_files("#id_file", photos(**{"a.jpg": images.photo(seed=1)}))
    page.get_by_role("combobox", name="What do they show?").fill("gizmo")
    page.locator("#go").click()
    expect(page.locator("#id_label_error")).to_contain_text("Choose what they show")
    expect(page.get_by_role("combobox", name="What do they show?")).to_be_focused()


def test_one_photo_may_have_a_label_of_its_own(page, photos):
    page.goto("/give/?label=valve")
    page.set_input_files("#id_file", photos(**{"a.jpg": images.photo(seed=1), "b.jpg": images.photo(seed=2)}))
    page.get_by_role("button", name="Another label for b.jpg").click()
    field = page.get_by_role("combobox", name="Label of b.jpg")
    field.press_sequentially("gate")
    expect(page.get_by_role("option", name="Gate valve")).to_be_visible()
    field.press("Enter")
    expect(page.locator("#rows li", has_text="b.jpg").locator("[data-f=label]")).to_have_text("Gate valve")
    page.locator("#go").click()
    expect(page.locator("#rows .chip")).to_have_text(["Checking", "Checking"])
    given = Submission.objects.values_list("filename", "label__slug").order_by("filename")
    assert list(given) == [("a.jpg", "valve"), ("b.jpg", "gate-valve")]
