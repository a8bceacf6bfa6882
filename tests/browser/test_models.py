"""The pages of models and trainings in a browser: alive, by keyboard, and without JavaScript."""

import pytest
from django.db.models import F
from django.utils import timezone

from hub import progress
from hub.models import Backbone, TrainingRequest
from tests import factories, shelves, trained
from tests.browser import marks

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = marks.browser
NEW = "/trainings/new/"


@pytest.fixture
def grace(transactional_db):
    """Who may ask for models, on a hub that can train one network."""
    progress.report_backbones(
        [
            Backbone(name="scratch", title="From scratch", side=128, available=True),
            Backbone(name="vgg16", title="VGG16", side=224, available=False, reason="weights_missing"),
        ]
    )
    return factories.account(username="grace", plan="premium", email="grace@example.org")


@pytest.fixture
def model(grace):
    """A model of hers with two mistakes, and where it looked in one of them."""
    shelves.label("Ball", 40), shelves.label("Cube", 40), shelves.label("Kite", 5)
    made = trained.model(owner=grace, public=True)
    trained.heated(made, mistakes(made)[0])
    ended = trained.asked(made, grace)
    epochs(ended, 8)
    return made


def mistakes(model):
    return model.predictions.exclude(truth=F("guess")).select_related("image").order_by("image")


def epochs(request, count):
    for n in range(1, count + 1):
        figures = {"loss": 1 / n, "accuracy": 1 - 0.5 / n, "val_loss": 1.2 / n, "val_accuracy": 0.9 - 0.5 / n}
        request.epochs.create(number=n, phase="head" if n < 5 else "tune", seconds=2, **figures)


def running(model, owner):
    begun = {"model": None, "finished_at": None, "started_at": timezone.now(), "estimate": 600}
    told = {"phase": "tune", "total": 20, "done": 3, "early": {"accuracy": 0.8, "n": 8}, "resumed_at": 4}
    request = trained.asked(model, owner, state="running", **begun, **told)
    epochs(request, 6)
    return request


def test_the_page_of_a_training_follows_by_itself(visit, model, grace):
    request = running(model, grace)
    visitor = visit(grace)
    page = visitor.page
    page.goto(request.get_absolute_url())
    expect(page.locator(".epochs tbody tr")).to_have_count(6)
    TrainingRequest.objects.filter(pk=request.pk).update(done=9)
    expect(page.locator("[data-f=done]")).to_have_text("9")
    request.epochs.create(number=7, phase="tune", loss=0.1, accuracy=0.9, seconds=2)
    expect(page.locator(".epochs tbody tr")).to_have_count(7)
    TrainingRequest.objects.filter(pk=request.pk).update(state="ready", model=model, finished_at=timezone.now())
    page.get_by_role("link", name="Open the model").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ball or Cube")
    assert visitor.wrong == []


def test_a_model_is_asked_for_by_keyboard_from_labels_alone(visit, model, grace):
    page = visit(grace).page
    page.goto(NEW)
    for name in ("Ball", "Cube"):
        page.locator("#add").focus()
        page.keyboard.type(name)
        expect(page.get_by_role("option", name=name, exact=False).first).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=f"Remove {name}")).to_be_visible()
    expect(page.locator("#estimate")).to_have_text("about 3 minutes")
    page.get_by_role("button", name="Train it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("its photos are being frozen first")).to_be_visible()
    page.get_by_role("button", name="Cancel it").click()
    expect(page.get_by_role("heading", name="You cancelled it")).to_be_visible()


def test_without_javascript_a_model_is_asked_for_too(visit, model, grace):
    page = visit(grace, java_script_enabled=False).page
    page.goto(f"{NEW}?label=ball")
    page.locator("#add").fill("Cube")
    page.locator("#add").press("Enter")
    expect(page.get_by_role("button", name="Remove Cube")).to_be_visible()
    page.get_by_role("button", name="Train it").click()
    page.get_by_role("link", name="Reload to see how it stands").click()
    expect(page.get_by_role("heading", name="Phases")).to_be_visible()


def test_where_it_looked_is_laid_over_the_picture(visit, model, grace):
    page = visit(grace).page
    page.goto(model.get_absolute_url())
    heat, picture = page.locator(".mistakes .heat"), page.locator(".mistakes li:has(.heat) img").first
    expect(heat).to_be_hidden()
    page.get_by_label("Show where it looked").check()
    expect(heat).to_be_visible()
    assert heat.bounding_box() == picture.bounding_box()


def test_from_a_cell_a_label_is_doubted_and_the_page_comes_back(visit, model, grace):
    page = visit(grace).page
    page.goto(model.get_absolute_url())
    page.locator(".confusion td:not(.hit) a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("taken for")
    page.get_by_role("button", name="Label wrong?").first.click()
    expect(page.get_by_text("A moderator looks at the label.").first).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("taken for")
