"""Nothing planted in a photo, or typed about where it was taken, leaves by any page, answer, archive, mail or log."""

import itertools
import logging
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client

from hub import archives, datasets, storage
from hub.api import api
from hub.models import Account, Archive, DatasetVersion, Job, Notice, Rendition, Submission
from hub.moderation import queues
from hub.selections import read
from tests import factories, leaks, shelves
from tests.hub.addresses import Address, addresses, house
from tests.hub.api.conftest import Script
from tests.hub.conftest import logged_in
from tests.hub.deciding import people
from tests.parts import empty_storage
from tests.stock import stock
from workers import upkeep

pytestmark = pytest.mark.django_db
LABELS = {"open": "Valve", "region": "Tap", "hidden": "Ball"}
# What only its supplier gets: the file as it was given, and everything the hub keeps of them.
THEIRS = {"original", "export"}
# What is the same whatever the hub holds: all countries there are.
CONSTANT = {"borders"}


@dataclass
class House:
    """Three planted photos of one supplier, frozen, packed, modelled; and everybody who may come by."""

    owner: Account
    everybody: dict[str, Account | None]
    given: dict[str, Submission]
    version: DatasetVersion
    filled: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def planted(supplier, settings, tmp_path) -> House:
    """The house, each of whose photos fills the addresses once."""
    empty_storage(settings, tmp_path)
    everything = house(supplier)
    given = {precision: give(supplier, precision) for precision in LABELS}
    version = shelves.again(datasets.create(owner=supplier, name="Planted", selection=selection(), public=True))
    filled = [everything | of_one(submission, version) for submission in given.values()]
    return House(supplier, people(supplier), given, version, filled)


def give(supplier: Account, precision: str) -> Submission:
    """A planted photo under a label that has some others; its place is typed as exactly as it was taken."""
    label = factories.Label.objects.filter(name=LABELS[precision]).first() or factories.label(LABELS[precision])
    stock(label, 12, supplier)
    where = leaks.POSITIONS[precision]
    batch = factories.batch(
        supplier, label, precision=precision, use_photo_place=True, place_text="{}, {}".format(*where)
    )
    seed = 40 + list(LABELS).index(precision)
    submission = factories.checked(leaks.planted(precision, seed), batch, filename=leaks.filename(where))
    assert submission.state == "accepted", submission.reason
    return submission


def selection():
    return read({"labels": [factories.Label.objects.get(name=name).pk for name in LABELS.values()], "overlap": "first"})


def of_one(submission: Submission, version: DatasetVersion) -> dict[str, Any]:
    """What fills the addresses of one photo and of the version it is in."""
    return {
        "slug": submission.label.slug,
        "images/sha256": submission.sha256,
        "files/sha256": submission.sha256,
        "batches/pk": submission.batch_id,
        "submissions/pk": submission.pk,
        "datasets/pk": version.dataset_id,
        "versions/digest": version.digest,
        "versions/id": version.digest,
        "versions/old": version.digest,
        "diff/new": version.digest,
        "jobs/pk": Job.objects.get(kind="ingest", subject=submission.pk).pk,
    }


def told(answer) -> bytes:
    """All an answer says: its headers and its body."""
    return str(answer.headers).encode() + b"\n" + answer.getvalue()


def kept_from(role: str) -> dict:
    """What must not be told: a supplier's own pages may name the files as they came."""
    return leaks.OF_PHOTOS if role == "owner" else leaks.EVERYTHING


@pytest.fixture(autouse=True)
def _without_a_log_of_refusals(monkeypatch):
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)


def test_the_search_finds_what_was_planted():
    for seed, (precision, where) in enumerate(leaks.POSITIONS.items()):
        seen = leaks.found(leaks.planted(precision, seed))
        assert {f"position ({precision})", "name", "serial number"} <= seen
        assert leaks.found(leaks.filename(where).encode()) == set(leaks.OF_FILE_NAMES)


def test_no_page_tells_anybody_what_a_photo_held(planted):
    browsers = {role: logged_in(who) if who else Client() for role, who in planted.everybody.items()}
    leaked, seen = set(), set()
    for one, filled in itertools.product(addresses(), planted.filled):
        path = one.path(filled)
        for role, browser in browsers.items():
            if path in seen or not shown(one.name, role):
                continue
            cache.clear()
            browser.raise_request_exception = False
            answer = told(browser.get(path, one.asked_with(filled)))
            leaked |= {f"{one.name} tells {role} the {what}" for what in leaks.found(answer, kept_from(role))}
        seen.add(path)
    assert not leaked, "\n".join(sorted(leaked))


def test_no_queue_tells_moderators_how_files_were_called(planted):
    twin, batch = planted.given["open"].image, planted.given["open"].batch
    for number, reason in enumerate(("near_duplicate", "conflicting_label", "new_account")):
        facts = {"sha256": f"{number}" * 64, "size": 1, "state": "review", "reason": reason, "twin": twin}
        name = leaks.filename(leaks.POSITIONS["open"])
        batch.submissions.create(label=batch.label, filename=name, decided_at=batch.created_at, **facts)
    browser = logged_in(planted.everybody["moderator"])
    for name in (*queues.QUEUES, "people", "log"):
        assert leaks.found(told(browser.get(f"/moderation/{name}/"))) == set(), name


def shown(name: str, role: str) -> bool:
    """Whether this role is shown more here than a page to log in, and less than what is all theirs."""
    if name in CONSTANT:
        return False
    if role == "owner":
        return name not in THEIRS and not name.startswith(("admin:", "account_"))
    return role == "staff" if name.startswith("admin:") else role == "stranger" or not name.startswith("account_")


def test_its_supplier_gets_the_photo_back_as_it_was_given(planted):
    browser = logged_in(planted.owner)
    for precision, submission in planted.given.items():
        answer = told(browser.get(f"/images/{submission.sha256}/original"))
        assert f"position ({precision})" in leaks.found(answer)


def test_no_answer_of_the_api_tells_scripts_what_a_photo_held(planted):
    scripts = {role: Script(who) for role, who in planted.everybody.items()}
    leaked, seen = set(), set()
    for address, filled in itertools.product(answers(), planted.filled):
        path = address.path(filled)
        for role, script in scripts.items():
            if path not in seen:
                answer = told(script.get(path))
                leaked |= {f"{path} tells {role} the {what}" for what in leaks.found(answer, kept_from(role))}
        seen.add(path)
    assert not leaked, "\n".join(sorted(leaked))


def answers() -> list[Address]:
    """Every address of the API that is read."""
    paths = api.get_openapi_schema()["paths"]
    found = [path.removeprefix("/api/v1/") for path, methods in paths.items() if "get" in methods]
    return [Address(path, path.replace("{", "%(").replace("}", ")s")) for path in found]


def test_no_archive_holds_what_a_photo_held(planted, settings):
    settings.MIN_SIDE = 16  # the stock's pictures, which are packed as well, have no more
    leaked = set()
    for format, side in itertools.product(Archive.Format.values, archives.sides().values()):
        archive = shelves.packed(planted.version, format, side)
        assert archive.state == "ready", archive.reason
        data = storage.get("artifacts", archives.key(archive))
        leaked |= {f"{format} at {side} holds the {what}" for what in leaks.found(data)}
    assert not leaked, "\n".join(sorted(leaked))


def test_no_rendition_holds_what_a_photo_held(planted):
    for rendition in Rendition.objects.filter(image__submission__in=planted.given.values()):
        data = storage.get("renditions", storage.rendition_key(rendition.sha256))
        assert leaks.found(data) == set()


def test_no_notice_mail_or_log_tells_what_a_photo_held(supplier, settings, tmp_path, caplog, capfd):
    empty_storage(settings, tmp_path)
    caplog.set_level(logging.INFO)  # as the hub's settings have it
    factories.label("Valve")
    given = [give(supplier, precision) for precision in LABELS]
    again = factories.checked(leaks.planted("open", 40), given[0].batch, filename=leaks.filename((0, 0), "jpeg"))
    factories.checked(leaks.planted("open", 49)[:-2000], given[0].batch, filename="cut " + leaks.filename((0, 0)))
    assert again.state == "duplicate"
    upkeep.announce()
    factories.work_off()
    mails = "".join(str(one.message()) for one in mail.outbox)
    said = [caplog.text, *capfd.readouterr(), mails, *(str(one.about) for one in Notice.objects.all())]
    assert leaks.found("\n".join(said).encode()) == set()


def telling_columns() -> list[tuple[str, str]]:
    """Every column that can hold words or fractions; whole numbers beside each other may look like anything."""
    kinds = ["text", "_text", "varchar", "_varchar", "json", "jsonb", "bytea", "float4", "float8", "numeric"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns c JOIN information_schema.tables t"
            " USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            " AND udt_name = ANY (%s)",
            [kinds],
        )
        return cursor.fetchall()


def test_the_database_keeps_nothing_of_what_a_photo_held(planted):
    leaked = {}
    for table, column in telling_columns():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT "{column}"::text FROM "{table}" WHERE "{column}" IS NOT NULL')
            rows = "\n".join(row for (row,) in cursor)
        patterns = {name: some for name, some in leaks.OF_PHOTOS.items() if name not in leaks.WITHHELD}
        if seen := leaks.found(rows.encode(), patterns):
            leaked[table, column] = seen
    assert not leaked


def test_no_filter_by_country_finds_a_hidden_photo(planted, supplier):
    hidden = planted.given["hidden"]
    assert Script().get("/images", label="ball", country="IS").json()["items"] == []
    assert hidden.sha256.encode() not in told(Client().get("/labels/ball/", {"country": "IS"}))
    asked = Script(supplier).post("/selections/preview", {"labels": [hidden.label_id], "countries": ["IS"]}).json()
    assert leaks.found(str(asked).encode()) == set() or asked.get("images", 0) == 0
