"""Moderators decide by keys: what is decided goes from the page, what somebody else decided is said."""

import pytest

from hub.models import Decision, Report
from hub.moderation import moderating, reporting
from tests import factories, images
from tests.browser import marks
from tests.parts import empty_storage

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = marks.browser


@pytest.fixture
def reported(transactional_db, settings, tmp_path):
    """Three photos somebody reported, the oldest first."""
    empty_storage(settings, tmp_path)
    into = factories.batch()
    photos = [factories.checked(images.photo(seed=seed), into, filename=f"{seed}.jpg").image for seed in (1, 2, 3)]
    for photo in photos:
        reporting.report(photo, None, "private")
    return photos


@pytest.fixture
def page(visit, reported):
    visitor = visit(factories.moderator(username="mo"))
    visitor.page.goto("/moderation/reports/")
    return visitor.page


def states() -> list[str]:
    return list(Report.objects.order_by("id").values_list("state", flat=True))


def test_a_key_decides_and_the_next_stands_there(page):
    page.keyboard.press("1")
    expect(page.locator("[data-item]")).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("3")
    expect(page.locator("[data-item]")).to_have_count(1)
    expect(page.get_by_text("The photo was taken down.")).to_be_visible()
    assert states() == ["kept", "removed", "open"]


def test_what_somebody_decided_meanwhile_is_said_and_nothing_is_done_twice(page, reported):
    moderating.keep_photo(reported[0], factories.moderator(username="eve"))
    page.keyboard.press("2")
    expect(page.locator("[data-item]")).to_have_count(2)
    expect(page.get_by_text("eve decided this meanwhile.")).to_be_visible()
    assert Decision.objects.count() == 1


def test_without_an_answer_the_photo_stays_to_be_decided(page):
    page.route("**/keep/", lambda route: route.abort())
    page.keyboard.press("1")
    expect(page.get_by_text("The hub did not answer.")).to_be_visible()
    page.unroute("**/keep/")
    page.keyboard.press("1")
    expect(page.locator("[data-item]")).to_have_count(2)
