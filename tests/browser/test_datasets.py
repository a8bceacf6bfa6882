"""Building, freezing and downloading datasets in a browser: with the mouse, by keyboard, and without JavaScript."""

import hashlib
import re
from pathlib import Path

import pytest

from hub.models import Archive, Dataset, DatasetVersion, Image
from tests import factories, shelves
from tests.browser import marks
from tests.stock import also

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = marks.browser
NEW = "/datasets/new/"


@pytest.fixture
def toys(transactional_db):
    """Three labels with images: ball, cube, and dice, which are cubes."""
    cube = shelves.label("Cube")
    return shelves.label("Ball", 30), cube, shelves.label("Dice", 10, cube)


@pytest.fixture
def ada(toys):
    return factories.account(username="ada")


def rows(page):
    return page.locator("#live-rows > li")


def test_every_change_is_counted_at_once_and_kept_in_the_address(visit, ada):
    visitor = visit(ada)
    page = visitor.page
    page.goto(f"{NEW}?label=ball")
    expect(page.get_by_text("Only one label is chosen.")).to_be_visible()
    expect(page.get_by_role("button", name="Save and freeze")).to_be_disabled()
    page.get_by_label("Add a label").fill("Cub")
    page.get_by_role("option", name="Cube").click()
    expect(rows(page)).to_have_count(2)
    expect(rows(page).nth(1).locator("b")).to_have_text("30")
    page.get_by_label("without its kinds").check()
    expect(rows(page).nth(1).locator("b")).to_have_text("20")
    page.get_by_label("Of one label, at most").fill("12")
    expect(page.locator("#live-sum .stats dd").first).to_have_text("24")
    expect(page).to_have_url(re.compile(r"\?label=ball&label=cube&exact=cube&per_class=12$"))
    page.reload()
    expect(page.locator("#live-sum .stats dd").first).to_have_text("24")
    expect(page.get_by_label("without its kinds")).to_be_checked()
    expect(page.get_by_role("button", name="Save and freeze")).to_be_enabled()
    assert visitor.wrong == []


def test_a_mistake_is_said_while_typing_and_goes_when_mended(visit, ada):
    page = visit(ada).page
    page.goto(f"{NEW}?label=ball&label=cube")
    page.get_by_label("Validation").fill("30")
    expect(page.locator("#e-split")).to_contain_text("The shares 0.8 + 0.3 + 0.1 do not add up to 1.")
    expect(page.get_by_label("Train", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Train", exact=True).fill("60")
    expect(page.locator("#e-split")).to_be_empty()
    expect(page.get_by_label("Train", exact=True)).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("#live-sum")).to_contain_text("about 36")


def test_an_overlap_is_a_choice_and_the_order_decides(visit, ada, toys):
    ball, cube, _ = toys
    also(ball, *Image.objects.filter(image_labels__label=cube, image_labels__direct=True)[:4])
    page = visit(ada).page
    page.goto(f"{NEW}?label=ball&label=cube")
    expect(page.locator("#live-overlap")).to_contain_text("4 photos of Ball are also under Cube")
    page.get_by_label("Keep the first label").check()
    expect(rows(page).first.locator("b")).to_have_text("34")
    page.get_by_role("button", name="Move Cube up").click()
    expect(rows(page).first).to_contain_text("Cube")
    expect(rows(page).first.locator("b")).to_have_text("30")
    expect(page.get_by_role("button", name="Move Cube down")).to_be_focused()
    page.get_by_label("Leave them out").check()
    expect(rows(page).first.locator("b")).to_have_text("26")


def test_the_keyboard_alone_builds_a_dataset_and_downloads_it(visit, ada, tmp_path):
    page = visit(ada, accept_downloads=True).page
    page.goto(NEW)
    for name in ("Ball", "Cube"):
        page.locator("#add").focus()
        page.keyboard.type(name)
        expect(page.get_by_role("option", name=name, exact=False).first).to_be_visible()
        page.keyboard.press("Enter")
        expect(rows(page).last).to_contain_text(name)
    page.get_by_label("Name").focus()
    page.keyboard.type("Round or not")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Round or not, version 1")).to_be_visible()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    factories.work_off()
    pack = page.get_by_role("button", name="Pack it")
    expect(pack).to_be_visible()
    pack.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".archives .chip")).to_have_text("Waiting for a worker")
    factories.work_off()
    expect(page.locator(".archives .chip")).to_have_text("Ready")
    page.get_by_role("link", name="Download").focus()
    with page.expect_download() as waited:
        page.keyboard.press("Enter")
    waited.value.save_as(tmp_path / "got.zip")
    archive = Archive.objects.get()
    assert hashlib.sha256(Path(tmp_path / "got.zip").read_bytes()).hexdigest() == archive.sha256
    assert waited.value.suggested_filename.startswith("deep-images-hub-")


def test_without_javascript_the_same_form_builds_a_dataset(visit, ada):
    page = visit(ada, java_script_enabled=False).page
    page.goto("/labels/ball/")
    page.get_by_role("link", name="Add to dataset").click()
    page.locator("#add").fill("Cube")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(rows(page)).to_have_count(2)
    page.get_by_label("Of one label, at most").fill("15")
    page.get_by_role("button", name="Refresh the counts").click()
    expect(page.locator("#live-sum .stats dd").first).to_have_text("30")
    page.get_by_role("button", name="Move Cube up").click()
    expect(rows(page).first).to_contain_text("Cube")
    page.get_by_label("Name").fill("Boxes first")
    page.get_by_role("button", name="Save and freeze").click()
    expect(page.get_by_role("heading", name="Boxes first, version 1")).to_be_visible()
    made = Dataset.objects.get()
    assert made.selection["per_class"] == 15
    factories.work_off()
    page.get_by_role("link", name="Reload to see how it stands").click()
    expect(page.get_by_role("heading", name="Is the split honest?")).to_be_visible()


def test_a_stranger_logs_in_and_finds_the_selection_again(visit, ada):
    page = visit().page
    page.goto(f"{NEW}?label=ball&label=cube&seed=4")
    page.get_by_role("link", name="Log in to freeze it").click()
    page.get_by_label("Username or e-mail").fill("ada")
    page.get_by_label("Password").fill("secret-enough")
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile(r"\?label=ball&label=cube&seed=4$"))
    expect(rows(page)).to_have_count(2)


def test_a_hub_that_does_not_answer_is_told(visit, ada):
    page = visit(ada).page
    page.goto(f"{NEW}?label=ball&label=cube")
    page.route(f"**{NEW}?*", lambda route: route.abort())
    page.get_by_label("CC0 only").check()
    expect(page.locator("#trouble")).to_have_text("The hub did not answer: these counts are old.")
    page.unroute(f"**{NEW}?*")
    page.get_by_label("All licences").check()
    expect(page.locator("#trouble")).to_be_empty()


def test_a_version_that_changed_nothing_leads_to_the_one_there_is(visit, ada):
    version = shelves.frozen(ada)
    page = visit(ada).page
    page.goto(version.dataset.get_absolute_url())
    page.get_by_role("button", name="Freeze again").click()
    factories.work_off()
    expect(page.get_by_role("heading", name="Nothing has changed since version 1.")).to_be_visible()
    page.get_by_role("link", name="Open version 1").click()
    expect(page.locator("#digest")).to_have_text(DatasetVersion.objects.get(number=1).digest)
