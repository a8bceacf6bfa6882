"""Every page: accessible, light, within the screen, and silent in the console."""

import gzip

import pytest
from django.db.models.functions import Now

from hub import archives, datasets
from hub.demand import watches
from hub.models import Audit, Image, Job, Label, Notice
from hub.moderation import queues
from hub.people import notices
from hub.views.operations import TABS
from tests import factories, shelves
from tests.browser import marks
from tests.stock import stock

pytest.importorskip("playwright.sync_api")
pytestmark = marks.browser

WEIGHT = 60 * 1024
QUEUES = [f"/moderation/{name}/" for name in (*queues.QUEUES, "people", "log")]
OPERATIONS = ["/operations/", *(f"/operations/{name}/" for name, _ in TABS[1:])]
PAGES = {
    "nobody": [
        "/",
        "/labels/",
        "/labels/?view=tree",
        "/labels/?q=valve",
        "/labels/?q=zzz",
        "/labels/?under=valve",
        "/labels/plumbing/",
        "/labels/valve/",
        "/labels/valve/?licence=CC0-1.0",
        "/labels/gate-valve/",
        "/wanted/",
        "/wanted/?under=ball",
        "/review/grid/",
        "IMAGE",
        "REPORT",
        "/suppliers/ada/",
        "/licences/",
        "/datasets/",
        "/datasets/new/",
        "/datasets/new/?label=ball&label=cube",
        "DATASET",
        "VERSION",
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
    ],
    "ada": [
        "/give/",
        "/give/?label=valve",
        "BATCH",
        "TAKE_BACK",
        "RELABEL",
        "/mine/",
        "/suppliers/ada/",
        "IMAGE",
        "/labels/propose/",
        "/labels/gate-valve/watch/",
        "/wanted/?mine=1",
        "/review/",
        "/review/grid/",
        "/review/mine/",
        "/account/",
        "/account/delete/",
        "/notices/",
        "STOP",
        "/datasets/",
        "/datasets/new/?label=ball&label=valve&label=gate-valve",
        "DATASET",
        "VERSION",
        "WAITING",
        "FAILED",
        "DIFF",
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/logout/",
    ],
    "new": ["/mine/", "NO_PHOTOS", "/notices/"],
    "operator": [
        "/review/",
        "/review/grid/",
        "/review/grid/?label=valve",
        "/review/mine/",
        "/moderation/",
        *QUEUES,
        *OPERATIONS,
    ],
}


@pytest.fixture
def world(world):
    """And a public dataset of ada's: two versions frozen, one that changed nothing, one that waits; two archives."""
    first = shelves.frozen(world["ada"], public=True)
    stock(first.dataset.versions.get().members.first().image.batch.label, 2)
    second = shelves.again(first.dataset)
    shelves.packed(second)
    archives.order(second, "coco", 224)
    failed = shelves.again(first.dataset)
    waiting, _ = datasets.order_version(first.dataset)
    diff = f"{first.dataset.get_absolute_url()}diff/?old=1&new=2"
    for slug, note in (("gate-valve", "in the rain"), ("valve", "")):
        watches.watch(world["ada"], [Label.objects.get(slug=slug)], note=note)
    notices.tell(world["ada"], "moderated", "decision:1", {"what": "photo_refused", "reason": "private"})
    Job.objects.create(kind="mail", subject=1, state="failed", attempt=11, error="Traceback …\nOSError: no route " * 9)
    Audit.objects.create(finished_at=Now(), breaches={"labels count their images": {"count": 12, "first": ["label 1"]}})
    stop = f"/notices/stop/{notices.stop_token(Notice(account=world['ada'], kind='training_ready'))}/"
    own = Image.objects.filter(supplier=world["ada"]).first()
    shown = {
        "TAKE_BACK": f"/batches/{world['batch'].pk}/withdraw/",
        "NO_PHOTOS": f"/suppliers/{world['new'].username}/",
        "REPORT": f"{own.get_absolute_url()}report/",
        "RELABEL": f"{own.get_absolute_url()}relabel/",
        "STOP": stop,
        "DATASET": first.dataset,
        "VERSION": second,
        "WAITING": waiting,
        "FAILED": failed,
        "DIFF": diff,
    }
    return world | shown


def address(path, world):
    return {"IMAGE": Image.objects.first(), "BATCH": world["batch"], **world}.get(path, path)


def tour(visit, world, **options):
    """Every page as the one it is for: (path, page, what went wrong on it)."""
    for who, paths in PAGES.items():
        visitor = visit(world[who], **options)
        for path in paths:
            found = address(path, world)
            visitor.page.goto(found if isinstance(found, str) else found.get_absolute_url())
            yield f"{who} {path}", visitor.page, visitor.wrong


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_is_accessible_silent_and_within_the_screen(visit, world, width, dark):
    from axe_playwright_python.sync_playwright import Axe

    found = []
    for name, page, wrong in tour(visit, world, width=width, dark=dark):
        violations = Axe().run(page).response["violations"]
        found += [f"{name}: {one['id']} {one['nodes'][0]['target']}" for one in violations]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{name}: wider than the screen")
        found += [f"{name}: {said}" for said in wrong]
        wrong.clear()
    assert found == []


def test_the_empty_hub_is_accessible_too(visit, transactional_db):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(factories.account()).page
    for path in ("/", "/labels/", "/labels/?view=tree", "/give/", "/mine/", "/datasets/", "/datasets/new/"):
        page.goto(path)
        assert Axe().run(page).response["violations"] == [], path


def test_every_page_is_light(visit, world):
    heavy = []
    for name, page, _ in tour(visit, world):
        bodies = []

        def keep(response, bodies=bodies):
            if response.ok and response.request.resource_type in ("document", "stylesheet", "script"):
                bodies.append(response)

        page.on("response", keep)
        page.reload()
        page.remove_listener("response", keep)
        weight = sum(len(gzip.compress(response.body())) for response in bodies)
        print(f"{weight / 1024:6.1f} KB  {name}")
        if weight > WEIGHT:
            heavy.append(name)
    assert heavy == []


def test_a_problem_is_a_page_too(visit, world):
    from axe_playwright_python.sync_playwright import Axe

    page = visit().page
    page.goto("/images/" + "0" * 64 + "/")
    assert page.get_by_role("heading", level=1).text_content() == "There is nothing here."
    assert Axe().run(page).response["violations"] == []


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
