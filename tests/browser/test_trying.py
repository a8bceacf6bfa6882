"""Trying a model on its page: photos chosen, taken or pasted, their bars, refusals in words, and without JavaScript."""

import pytest

from tests import images, trained
from tests.browser import marks
from tests.hub.test_trying import GREEN, RED, kept
from tests.parts import empty_storage

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = [*marks.browser, trained.celerys_own]


@pytest.fixture
def model(transactional_db, settings, tmp_path):
    """A public model, and a worker that answers."""
    empty_storage(settings, tmp_path)
    with trained.worker():
        yield trained.model(public=True)


def row(page, name):
    return page.locator(".tried .row", has_text=name)


def test_photos_get_bars_and_what_is_none_its_reason(visit, model, photos):
    seen = visit(width=360)
    page = seen.page
    page.goto(f"/models/{model.pk}/")
    paths = photos(**{"red.png": images.plain(RED), "notes.jpg": b"no picture", "green.png": images.plain(GREEN)})
    page.set_input_files("#id_file", paths)
    expect(row(page, "red.png").locator("tbody tr")).to_have_count(2)
    expect(row(page, "red.png").locator("tbody tr").first).to_have_text("Ball 99.6 %", use_inner_text=True)
    expect(row(page, "green.png").locator("tbody tr").first).to_have_text("Cube 99.6 %", use_inner_text=True)
    expect(row(page, "notes.jpg")).to_contain_text("This is not a picture we can read.")
    width = row(page, "red.png").locator("rect").nth(1).evaluate("bar => bar.getBoundingClientRect().width")
    track = row(page, "red.png").locator("rect").first.evaluate("bar => bar.getBoundingClientRect().width")
    assert width == pytest.approx(0.996 * track, rel=0.01)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert seen.wrong == []
    assert kept() == []


def test_a_photo_is_pasted(visit, model):
    page = visit().page
    page.goto(f"/models/{model.pk}/")
    page.evaluate(
        """async () => {
          const canvas = Object.assign(document.createElement("canvas"), { width: 80, height: 80 });
          const context = canvas.getContext("2d");
          context.fillStyle = "rgb(200 20 20)";
          context.fillRect(0, 0, 80, 80);
          const blob = await new Promise((done) => canvas.toBlob(done));
          const clipboardData = new DataTransfer();
          clipboardData.items.add(new File([blob], "pasted.png"));
          dispatchEvent(new ClipboardEvent("paste", { clipboardData }));
        }"""
    )
    expect(row(page, "pasted.png").locator("tbody tr").first).to_contain_text("Ball")


def test_without_the_worker_the_page_says_so(visit, model, photos, monkeypatch):
    monkeypatch.setattr("workers.predict._model", lambda _: 1 / 0)
    page = visit().page
    page.goto(f"/models/{model.pk}/")
    page.set_input_files("#id_file", photos(**{"red.png": images.plain(RED)}))
    expect(row(page, "red.png")).to_contain_text("The worker that tries pictures did not answer in time.")


def test_without_javascript_the_form_answers_with_a_page(visit, model, photos):
    page = visit(java_script_enabled=False).page
    page.goto(f"/models/{model.pk}/")
    page.set_input_files("#id_file", photos(**{"green.png": images.plain(GREEN)}))
    page.get_by_role("button", name="Ask the model").click()
    expect(page.get_by_role("heading", name="What it says")).to_be_visible()
    expect(row(page, "green.png").locator("tbody tr").first).to_contain_text("Cube")
