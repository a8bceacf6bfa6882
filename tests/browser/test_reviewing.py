"""Reviewing by keys: how fast the next picture stands there, undo, the straight question, a lost network, the grid."""

import statistics

import pytest

from hub.models import Annotation, Claim, Image
from hub.reviewing import gold
from tests import factories, images
from tests.browser import marks
from tests.parts import empty_storage
from tests.stock import stock

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = marks.browser

# From a key to the frame in which the next picture, decoded, stands in the page.
TIMED = """key => new Promise((done) => {
  const figure = document.querySelector("#judge figure");
  const start = performance.now();
  const watch = new MutationObserver(async () => {
    watch.disconnect();
    const image = figure.querySelector("img");
    if (!image.complete) await new Promise((loaded) => image.addEventListener("load", loaded));
    await image.decode();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
  });
  watch.observe(figure, { childList: true });
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
})"""


@pytest.fixture
def labels(transactional_db, settings, tmp_path, monkeypatch):
    """Four kinds of valve, and no hidden questions."""
    empty_storage(settings, tmp_path)
    monkeypatch.setattr(gold, "SHARE", 0)
    valve = factories.label("Valve")
    return [factories.label(f"{name} valve", valve) for name in ("Gate", "Ball", "Check", "Globe")]


@pytest.fixture
def kinds(labels):
    """A dozen small pictures of the first."""
    stock(labels[0], 12)
    return labels


@pytest.fixture
def large(labels):
    """A dozen photos of the first, as large as photos are."""
    into = factories.batch(under=labels[0])
    for seed in range(1, 13):
        factories.given(images.photo(seed=seed, size=(1600, 1200)), into, f"{seed}.jpg")
    factories.work_off()


@pytest.fixture
def bob(transactional_db):
    return factories.account(username="bob")


def key_of(page, name: str) -> str:
    return page.get_by_role("button", name=name).locator("kbd").inner_text()


def verdicts(bob) -> list[str]:
    return list(Annotation.objects.filter(account=bob).order_by("id").values_list("verdict", flat=True))


def arrived(page) -> None:
    """Wait until the hub has answered for every verdict."""
    page.wait_for_function("() => !Object.keys(localStorage).length")


def opened(visit, bob, **options):
    """The review page, with everything ahead loaded."""
    visitor = visit(bob, **options)
    visitor.page.goto("/review/")
    visitor.page.wait_for_load_state("networkidle")
    return visitor


def test_the_next_picture_stands_there_within_a_tenth_of_a_second(visit, large, bob):
    visitor = opened(visit, bob)
    page = visitor.page
    times = []
    for number in range(10):
        pick = key_of(page, "Gate valve") if number % 3 else "n"
        times.append(page.evaluate(TIMED, pick))
    print("next picture after", [round(time) for time in times], "ms; median", round(statistics.median(times)))
    assert statistics.median(times) <= 100
    arrived(page)
    assert verdicts(bob) == ["yes" if number % 3 else "no" for number in range(10)]
    assert visitor.wrong == []


def test_an_answer_is_taken_back_and_given_anew(visit, kinds, bob):
    page = opened(visit, bob).page
    first = page.locator("#judge img").get_attribute("src")
    page.keyboard.press("n")
    expect(page.locator("#judge img")).not_to_have_attribute("src", first)
    page.keyboard.press("z")
    expect(page.locator("#judge img")).to_have_attribute("src", first)
    page.keyboard.press(key_of(page, "Gate valve"))
    arrived(page)
    assert verdicts(bob) == ["yes"]


def test_what_an_earlier_page_said_is_taken_back_too(visit, kinds, bob):
    page = opened(visit, bob).page
    page.keyboard.press("n")
    arrived(page)
    page.reload()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("z")
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert verdicts(bob) == []


def test_who_picks_another_label_is_asked_straight_once_it_is_known(visit, kinds, bob):
    page = opened(visit, bob).page
    page.keyboard.press(key_of(page, "Ball valve"))
    arrived(page)
    page.keyboard.press("s")
    expect(page.get_by_role("heading", name="You say Ball valve. Somebody gave it as Gate valve")).to_be_visible()
    page.keyboard.press("n")
    arrived(page)
    assert Annotation.objects.filter(account=bob).values_list("verdict", "instead__slug").get() == ("no", "ball-valve")
    expect(page.get_by_role("heading", name="Which of these does it show?")).to_be_visible()


def test_without_a_network_answers_wait_and_arrive_in_order(visit, kinds, bob):
    page = opened(visit, bob).page
    page.context.set_offline(True)
    for pick in ("n", "u", "n"):
        page.keyboard.press(pick)
    expect(page.get_by_text("3 not sent yet")).to_be_visible()
    page.context.set_offline(False)
    arrived(page)
    expect(page.locator("[data-f=unsent]")).to_be_empty()
    assert verdicts(bob) == ["no", "unsure", "no"]


def test_what_was_not_sent_when_the_page_was_left_arrives_by_the_next_visit(visit, kinds, bob):
    page = opened(visit, bob).page
    page.context.set_offline(True)
    page.keyboard.press("n")
    page.keyboard.press("n")
    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto("/review/")
    arrived(page)
    assert verdicts(bob) == ["no", "no"]


def test_what_was_said_after_logging_out_arrives_by_the_next_visit(visit, kinds, bob):
    page = opened(visit, bob).page
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("n")
    expect(page.get_by_text("You need to log in first.")).to_be_visible()
    page.context.add_cookies(cookies)
    page.reload()
    arrived(page)
    assert verdicts(bob) == ["no"]


def test_all_are_judged_and_the_page_leads_on(visit, kinds, bob):
    page = opened(visit, bob, width=360).page
    for _ in range(12):
        page.keyboard.press("u")
    expect(page.get_by_role("heading", name="Nothing waits for your verdict")).to_be_visible()
    expect(page.locator("#nothing")).to_be_focused()
    arrived(page)
    assert verdicts(bob) == ["unsure"] * 12
    assert page.get_by_role("link", name="See what is wanted").get_attribute("href") == "/wanted/"


def test_a_grid_is_marked_by_arrows_and_space(visit, kinds, bob):
    visitor = visit(bob)
    page = visitor.page
    page.goto("/review/grid/?label=gate-valve")
    page.get_by_role("checkbox").first.focus()
    for press in ("ArrowRight", "ArrowRight", "Space", "ArrowDown", "Space"):
        page.keyboard.press(press)
    assert page.locator(":checked").count() == 2
    page.get_by_role("button", name="Keep: the others show it").click()
    expect(page.get_by_text("12 kept. Thank you.")).to_be_visible()
    assert sorted(verdicts(bob)) == ["no"] * 2 + ["yes"] * 10
    page.get_by_role("button", name="Take the last 12 back").click()
    expect(page.get_by_text("12 taken back.")).to_be_visible()
    assert Claim.objects.filter(yes=0, no=0).count() == Image.objects.count()
    assert visitor.wrong == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_pages_are_accessible_and_within_the_screen(visit, kinds, bob, width, dark):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(bob, width=width, dark=dark).page
    for path in ("/review/", "/review/grid/", "/review/grid/?label=gate-valve", "/review/mine/"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert Axe().run(page).response["violations"] == [], path
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), path
