"""Giving photos by the page: chips that end in verdicts, through reloads, lost networks and without JavaScript."""

import re

import pytest

from hub.models import Submission
from tests import factories, images
from tests.browser import marks

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = marks.browser


@pytest.fixture
def ada(valve):
    return factories.account(username="ada")


def chips(page):
    return page.locator("#rows .chip")


def choose(page, paths, label="Valve"):
    """Choose photos and their label, on the page that gives."""
    page.goto("/give/")
    page.set_input_files("#id_file", paths)
    page.get_by_label("What do they show?").fill(label)
    page.get_by_role("option", name=label, exact=False).first.click()


def give(page, paths, label="Valve"):
    choose(page, paths, label)
    page.locator("#go").click()
    page.wait_for_url("**/batches/*/")


def test_three_photos_get_three_verdicts(visit, ada, valve, photos):
    factories.checked(images.photo(seed=2), factories.batch(under=valve))
    page = visit(ada).page
    give(page, photos(**{"new.jpg": images.photo(seed=1), "known.jpg": images.photo(seed=2), "cut.gif": images.gif(3)}))
    row = {name: page.locator("#rows li", has_text=name) for name in ("new.jpg", "known.jpg", "cut.gif")}
    expect(row["known.jpg"].locator(".chip")).to_have_text("Already here")
    expect(row["new.jpg"].locator(".chip")).to_have_text("Checking")
    expect(row["cut.gif"].locator(".chip")).to_have_text("Checking")
    factories.work_off()
    expect(row["new.jpg"].locator(".chip")).to_have_text("Accepted")
    expect(row["cut.gif"].locator(".chip")).to_have_text("Not taken")
    expect(row["cut.gif"]).to_contain_text("is not taken")
    expect(row["known.jpg"].locator("[data-f=twin] img")).to_be_visible()
    expect(page.locator("#totals")).to_have_text("1 accepted, 1 already here, 1 not taken")
    expect(page.get_by_role("heading", name="All answered")).to_be_visible()
    expect(page.get_by_role("link", name="Give more")).to_be_visible()


def test_a_file_that_is_here_is_not_sent(visit, ada, valve, photos):
    factories.checked(images.photo(seed=2), factories.batch(under=valve))
    page = visit(ada).page
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("files.json") else None)
    give(page, photos(**{"known.jpg": images.photo(seed=2)}))
    expect(chips(page)).to_have_text("Already here")
    assert sent == []


def test_a_reload_shows_the_same_chips_and_goes_on(visit, ada, photos):
    page = visit(ada).page
    give(page, photos(**{"a.jpg": images.photo(seed=1), "b.jpg": images.photo(seed=2)}))
    expect(chips(page)).to_have_text(["Checking", "Checking"])
    page.reload()
    expect(chips(page)).to_have_text(["Checking", "Checking"])
    factories.work_off()
    expect(chips(page)).to_have_text(["Accepted", "Accepted"])
    expect(page.locator("#done")).to_be_visible()


def test_photos_are_added_to_a_batch_after_a_reload(visit, ada, photos):
    page = visit(ada).page
    first, second = photos(**{"a.jpg": images.photo(seed=1), "b.jpg": images.photo(seed=2)})
    give(page, [first])
    expect(chips(page)).to_have_text("Checking")
    page.reload()
    page.set_input_files("#id_file", [first, second])
    expect(chips(page)).to_have_text(["Checking", "Checking"])
    assert Submission.objects.count() == 2


def test_without_javascript_one_photo_goes_in(visit, ada, photos):
    page = visit(ada, java_script_enabled=False).page
    page.goto("/give/?label=valve")
    page.set_input_files("#id_file", photos(**{"a.jpg": images.photo(seed=1)}))
    page.locator("#go").click()
    expect(chips(page)).to_have_text("Checking")
    factories.work_off()
    page.reload()
    expect(chips(page)).to_have_text("Accepted")


def test_without_javascript_a_mistake_is_said(visit, ada):
    page = visit(ada, java_script_enabled=False).page
    page.goto("/give/")
    page.locator("#id_label").fill("no-such-thing")
    page.locator("#go").click()
    expect(page.locator("#id_label_error")).to_contain_text("There is no such label")


def test_a_lost_network_is_told_and_tried_again(visit, ada, photos):
    page = visit(ada).page
    page.route("**/files.json", lambda route: route.abort())
    give(page, photos(**{"a.jpg": images.photo(seed=1), "b.jpg": images.photo(seed=2)}))
    expect(chips(page)).to_have_text(["Not sent", "Not sent"])
    expect(page.locator("#rows li").first).to_contain_text("The network dropped out.")
    page.unroute("**/files.json")
    page.get_by_role("button", name="Try again").first.click()
    expect(chips(page)).to_have_text(["Checking", "Not sent"])
    page.get_by_role("button", name="Try again").click()
    factories.work_off()
    expect(chips(page)).to_have_text(["Accepted", "Accepted"])


def test_the_supplier_settles_a_near_duplicate(visit, world):
    page = visit(world["ada"]).page
    page.goto(world["batch"].get_absolute_url())
    page.get_by_role("button", name="It is another photo").click()
    row = page.locator("#rows li", has_text="again.jpg")
    expect(row.locator(".chip")).to_have_text("Checking")
    factories.work_off()
    expect(row.locator(".chip")).to_have_text("Accepted")


def test_a_photo_too_large_is_refused_before_it_is_sent(visit, ada, photos, settings):
    settings.MAX_FILE_BYTES = 1024 * 1024
    page = visit(ada).page
    choose(page, photos(**{"big.jpg": b"\xff" * (1024 * 1024 + 1), "fine.jpg": images.photo(seed=1)}))
    expect(page.locator("#rows li", has_text="big.jpg")).to_contain_text("larger than 1 MB")
    expect(page.locator("#go")).to_have_text("Give 1 photo")


def test_more_than_a_batch_holds_is_said(visit, ada, photos, settings):
    settings.MAX_BATCH_FILES = 2
    page = visit(ada).page
    choose(page, photos(**{f"{seed}.jpg": images.photo(seed=seed) for seed in (1, 2, 3)}))
    expect(page.locator("#trouble")).to_contain_text("A batch holds 2 photos. The first 2 of these 3 are taken")
    expect(page.locator("#go")).to_have_text("Give 2 photos")


def test_a_visitor_logs_in_first_and_comes_back(visit, valve):
    factories.account(username="mei")
    page = visit().page
    page.goto("/labels/valve/")
    page.get_by_role("link", name="Give photos of Valve").click()
    page.get_by_label("Username or e-mail").fill("mei")
    page.get_by_label("Password").fill("secret-enough")
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile(r"/give/\?label=valve$"))
    expect(page.get_by_label("What do they show?")).to_have_value("Valve")


def test_who_was_logged_out_meanwhile_loses_no_photo(visit, ada, photos):
    page = visit(ada).page
    choose(page, photos(**{"a.jpg": images.photo(seed=1)}))
    page.route("**/files.json", lambda route: route.fulfill(status=401, json={"title": "You need to log in first."}))
    page.locator("#go").click()
    expect(chips(page)).to_have_text("Not sent")
    expect(page.locator("#rows li")).to_contain_text("You need to log in first.")
    page.unroute("**/files.json")
    page.get_by_role("button", name="Try again").click()
    expect(chips(page)).to_have_text("Checking")
