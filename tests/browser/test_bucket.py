"""The page that gives, with a bucket behind it: bytes go from the browser straight to S3."""

import pytest

from hub.models import Image
from tests import factories, images
from tests.browser import marks
from tests.browser.test_giving import give

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = marks.browser


def test_photos_go_straight_to_the_bucket_and_come_back_as_pictures(bucket, visit, valve, photos):
    visitor = visit(factories.account(username="ada"))
    page, sent = visitor.page, []
    page.on("request", lambda request: sent.append(request.url) if request.method == "PUT" else None)
    give(page, photos(**{"one.jpg": images.photo(seed=1), "two.jpg": images.photo(seed=2)}))
    rows = page.locator("#rows li .chip")
    playwright.expect(rows).to_have_text(["Checking", "Checking"])
    factories.work_off()
    playwright.expect(rows).to_have_text(["Accepted", "Accepted"])
    assert len(sent) == 2
    assert all(url.startswith(f"{bucket.endpoint_url}/{bucket.name}/incoming/") for url in sent)
    page.goto(Image.objects.first().get_absolute_url())
    shown = page.locator("main img").first
    playwright.expect(shown).to_have_js_property("complete", True)
    assert shown.evaluate("picture => picture.naturalWidth") > 0
    assert visitor.wrong == []
