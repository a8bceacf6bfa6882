"""A hub in which nothing is empty: every queue, every state of a file, a version and a training, and long names."""

from typing import Any, NamedTuple

from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from hub import archives, catalogue, datasets, outcomes, progress
from hub.demand import shortfalls, subscriptions, watches
from hub.models import (
    Account,
    Annotation,
    Audit,
    Backbone,
    Batch,
    Image,
    Job,
    Label,
    LabelProposal,
    Submission,
    TrainingRequest,
)
from hub.moderation import appeals, moderating, reporting, standing
from hub.people import notices
from hub.selections import read
from tests import factories, images, shelves, trained
from tests.hub.addresses import house
from tests.hub.test_notices import EACH
from tests.stock import stock, verified

LONG = "Counterrotating electroencephalographically calibrated thermohydraulic overpressure reliefvalve"


class Hub(NamedTuple):
    """Who comes by, by role; what fills each address; and more addresses of the same views, by name."""

    people: dict[str, Account | None]
    house: dict[str, Any]
    more: dict[str, list[str]]


def fill() -> Hub:
    """One of everything, of ada's, and whatever else there is to see."""
    ada = factories.account(username="ada", email="ada@example.org", credit="Ada of the Lovelace Valve Collection")
    people = {
        "stranger": None,
        "owner": ada,
        "premium": factories.account(username="grace", plan="premium", email="grace@example.org"),
        "moderator": factories.moderator(username="mo"),
        "operator": factories.account(username="operator", is_superuser=True, is_staff=True),
    }
    valve, gate = _labels()
    found = house(ada)
    _files(ada, valve, gate)
    _questions(ada, people["moderator"], valve, gate)
    _people(people["moderator"])
    _operations()
    _wishes(ada, people["premium"], gate)
    more = _versions(ada, found) | _trainings(ada, people["premium"], found)
    for kind, (about, _) in EACH.items():
        notices.tell(ada, kind, f"{kind}:filled", about, mail=False)
    return Hub(people, found, _with(more, found))


def _labels() -> tuple[Label, Label]:
    plumbing = factories.label("Plumbing")
    valve = factories.label("Valve", plumbing)
    stock(factories.label(LONG, valve, slug="long"), 3, factories.account(username=f"person-{'m' * 120}"))
    return valve, factories.label("Gate valve", valve)


def _files(ada: Account, valve: Label, gate: Label) -> None:
    """A batch with a file in each state, one of them called by a long name."""
    batch = factories.batch(ada, valve, place_text="41.15, -8.61")
    good = [factories.checked(images.photo(seed), batch, filename=f"{seed}.jpg") for seed in (21, 22, 23)]
    factories.checked(images.photo(21), batch, filename="again.jpg")
    factories.checked(images.truncated(images.photo(24)), batch, filename=f"{'cut' * 38}.jpg")
    _decided(batch, 25, "failed", "our_failure")
    _decided(batch, 26, "review", "near_duplicate", twin=good[0].image, preview_sha256=_preview(good[0].image))
    catalogue.withdraw(good[2].image)
    factories.checked(images.photo(22), factories.batch(factories.account(username="bob"), gate))
    Job.objects.filter(subject=factories.given(images.photo(27), batch).pk, state="queued").update(attempt=1)


def _preview(image: Image) -> str:
    """The rendition by which people compare it."""
    return image.renditions.get(side=299).sha256


def _decided(batch: Batch, seed: int, state: str, reason: str, **fields: Any) -> None:
    row = factories.given(images.photo(seed), batch, f"{reason}.jpg")
    Job.objects.filter(subject=row.pk, state="queued").delete()
    outcomes.decide(row.pk, state, reason, **fields)


def _questions(ada: Account, moderator: Account, valve: Label, gate: Label) -> None:
    """What each queue of the moderators asks."""
    new = factories.batch(factories.account(username="newcomer", trusted_at=None), gate)
    down, up = (factories.checked(images.photo(seed), factories.batch(ada, valve)) for seed in (31, 32))
    moderating.take_down(down.image, moderator, "private", "A face can be seen.")
    for seed in (33, 34, 31):
        factories.checked(images.photo(seed), new, filename=f"{seed}.jpg")
    down.refresh_from_db()
    appeals.appeal(down, "It is a statue, and the statue is mine. " * 6)
    reporting.report(up.image, None, "not_theirs", "This is from a catalogue. " * 8)
    reporting.report(up.image, factories.account(), "private", "My garden", None)
    stock(gate, 2, flags=["dark", "blurry"])
    contested, refuted = stock(valve, 2)
    verified(valve, contested, yes=2, no=2)
    verified(valve, refuted, yes=0, no=3)
    Annotation.objects.filter(image=refuted, verdict="no").update(instead=gate)
    LabelProposal.objects.create(name=LONG, parent=valve, proposer=ada, why="We have many of them. " * 10)


def _people(moderator: Account) -> None:
    standing.suspend(factories.account(username="spammer"), moderator, "spam")
    factories.account(username="paused", paused_at=timezone.now())


def _operations() -> None:
    """A job that failed for good, and an audit that found something."""
    Job.objects.create(kind="mail", subject=1, state="failed", attempt=11, error="Traceback …\nOSError: no route " * 9)
    Audit.objects.create(finished_at=Now(), breaches={"labels count their images": {"count": 12, "first": ["label 1"]}})


def _wishes(ada: Account, grace: Account, gate: Label) -> None:
    ball = Label.objects.get(slug="ball")
    watches.watch(grace, [gate], note="in the rain, and with rust on it " * 4)
    watches.watch(ada, [ball])
    subscriptions.subscribe(ada, gate, pinned=True)
    shortfalls.of_selection(grace, read({"labels": [gate.pk, ball.pk]}))


def _versions(ada: Account, found: dict[str, Any]) -> dict[str, list[str]]:
    """A public dataset with a long name: a version that is ready, one that changed nothing, one that waits."""
    named = shelves.named(ada, public=True, description="What rolls, and what does not. " * 12)
    type(named).objects.filter(pk=named.pk).update(name=LONG)
    first = shelves.again(named)
    stock(Label.objects.get(slug="ball"), 2)
    second = shelves.again(named)
    shelves.packed(second, "webdataset")
    archives.order(second, "coco", 224)
    for version in (first, second):
        shelves.packed(version)
    failed = shelves.again(named)
    waiting, _ = datasets.order_version(named)
    one = named.get_absolute_url()
    return {
        "dataset": [one],
        "version": [row.get_absolute_url() for row in (first, second, failed, waiting)],
        "diff": [f"{one}diff/?old=1&new=2"],
    }


def _trainings(ada: Account, grace: Account, found: dict[str, Any]) -> dict[str, list[str]]:
    """Trainings that run, failed, were cancelled and ended well, and the model that came of it."""
    progress.report_backbones(
        [
            Backbone(name="scratch", title="From scratch", side=128, available=True),
            Backbone(name="vgg16", title="VGG16", side=224, available=False, reason="weights_missing"),
        ]
    )
    made = trained.TrainedModel.objects.get(pk=found["models/pk"])
    told = {"phase": "tune", "total": 20, "done": 3, "early": {"accuracy": 0.8, "n": 8}, "resumed_at": 4}
    begun = {"model": None, "finished_at": None, "started_at": timezone.now(), "estimate": 600}
    queued = trained.asked(made, grace, state="queued", model=None, finished_at=None)
    running = TrainingRequest.objects.get(pk=found["trainings/pk"])  # one at a time, and hers waits already
    TrainingRequest.objects.filter(pk=running.pk).update(state="running", **begun, **told)
    ready = trained.asked(made, ada)
    refused = {"reason": "loss_not_finite", "detail": {"epoch": 7}, "phase": "tune"}
    failed = trained.asked(made, ada, state="failed", model=None, **refused)
    cancelled = trained.asked(made, ada, state="cancelled", model=None)
    for request, count in ((running, 6), (ready, 8)):
        _epochs(request, count)
    wrong = made.predictions.exclude(truth=F("guess")).first()
    return {
        "training": [one.get_absolute_url() for one in (queued, ready, failed, cancelled)],
        "model": [trained.model(owner=ada, public=True).get_absolute_url()],
        "model_cell": [f"/models/{made.pk}/errors/?truth={wrong.truth}&guess={wrong.guess}"],
    }


def _epochs(request: Any, count: int) -> None:
    for n in range(1, count + 1):
        figures = {"loss": 1 / n, "accuracy": 1 - 0.5 / n, "val_loss": 1.2 / n, "val_accuracy": 0.9 - 0.5 / n}
        request.epochs.create(number=n, phase="head" if n < 5 else "tune", seconds=2, **figures)


def _with(more: dict[str, list[str]], found: dict[str, Any]) -> dict[str, list[str]]:
    """And what a view shows when it is asked otherwise."""
    batch = Batch.objects.filter(place__isnull=False).latest("id")
    refused = Submission.objects.filter(appealed_at=None, state="rejected").first()
    newest = Image.objects.filter(withdrawn_at=None).latest("id")
    asked = {
        "labels": ["?view=tree", "?q=valve", "?q=zzz", "?under=valve", "?view=tree&under=plumbing"],
        "label": ["/labels/long/", "/labels/plumbing/", "/labels/gate-valve/?licence=CC0-1.0", "/labels/ball/"],
        "image": [newest.get_absolute_url()],
        "batch": [batch.get_absolute_url()],
        "withdraw_batch": [f"{batch.get_absolute_url()}withdraw/"],
        "appeal": [f"/submissions/{refused.pk}/appeal/"],
        "give": ["?label=gate-valve"],
        "wanted": ["?under=plumbing", "?mine=1"],
        "watch_label": ["/labels/gate-valve/watch/"],
        "supplier": [f"/suppliers/{name}/" for name in ("bob", "newcomer", f"person-{'m' * 120}")],
        "build": ["?label=ball&label=cube", "?label=ball&label=valve&label=gate-valve", "?label=long"],
        "request_model": ["?label=ball&label=cube", "?label=ball&label=long", f"?version={found['versions/digest']}"],
        "models": ["?label=ball", "?label=long"],
        "review_grid": ["?label=valve"],
        "account_reset_password_done": ["/accounts/password/reset/done/"],
    }
    return {name: [*asked.get(name, []), *more.get(name, [])] for name in asked.keys() | more.keys()}
