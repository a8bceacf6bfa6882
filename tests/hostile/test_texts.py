"""What people type is text on every page, in every mail, card and table; nothing runs, computes or leads elsewhere."""

import csv
import dataclasses
import io
import logging
import re
from zipfile import ZipFile

import pytest
from django.core.cache import cache
from django.test import Client
from ruamel.yaml import YAML

from hub import datasets, storage, submissions
from hub.archives import key
from hub.models import Account, Archive, Batch, DatasetVersion, Image, Job, Label, Notice, Pause, Place
from hub.moderation import queues
from hub.people import notices, takeout
from hub.selections import read
from tests import factories, shelves, trained
from tests.hostile import texts
from tests.hostile.texts import PLANT, TAG, Reader
from tests.hub.addresses import addresses, house
from tests.hub.conftest import logged_in
from tests.hub.test_notices import EACH
from tests.parts import empty_storage
from tests.workers.backbones.test_card import FACTS, FILES, GAPS, METRICS
from workers.backbones.card import card

pytestmark = pytest.mark.django_db
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# Pages of the admin that show nothing of what was typed; the forms of its changes do.
PLAIN = {"admin:hub_*_add", "admin:hub_*_history", "admin:jsi18n", "admin:hub_*", "admin:auth_user_password_change"}
# Pages that say again what they were asked, and by which names.
ECHOES = {
    "/labels/": ("q", "after"), "/datasets/new/": ("label", "since", "train", "seed", "country", "add", TAG),
    "/wanted/": ("under", "after"), "/give/": ("label",), "/labels/propose/": ("name",), "/accounts/login/": ("next",),
    "/models/": ("label",), "/trainings/new/": ("label", "backbone", "version"), "/labels/valve/watch/": ("wanted",),
    "/labels.json": ("q",), "/moderation/people/": ("q",), "/notices/stop/x": ("next",), "/review/grid/": ("label",),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _surroundings(settings, tmp_path, monkeypatch):
    empty_storage(settings, tmp_path)
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)


@pytest.fixture
def ada(db) -> Account:
    return factories.account(username="ada", email="ada@example.org", plan="premium")


@pytest.fixture
def planted(ada) -> dict:
    """One of everything of ada's, PLANT in all of it, a version and a model of labels so called; and every notice."""
    filled = house(ada)
    somewhere = Place.objects.create(query="somewhere", source="nominatim", country_code="DE", row=1, column=1)
    for model in (Batch, Image):
        model.objects.update(place=somewhere)
    Job.objects.filter(kind="ingest").update(state="failed")
    texts.plant()
    chosen = read({"labels": [Label.objects.get(slug=slug).pk for slug in ("ball", "cube")]})
    version = shelves.again(datasets.create(owner=ada, name=PLANT, description=PLANT, selection=chosen, public=True))
    for kind, (about, _) in EACH.items():
        notices.tell(ada, kind, "planted", texts.told(about), mail=False)
    model = trained.model(version)
    asked = trained.asked(model, ada, state="failed", reason="our_failure")
    of_version = {
        "datasets/pk": version.dataset_id,
        "versions/number": version.number,
        "versions/digest": version.digest,
    }
    return (
        filled
        | of_version
        | {"models/pk": model.pk, "trainings/pk": asked.pk, "heat/sha256": trained.heated(model).image.sha256}
    )


def test_every_text_of_the_database_is_typed_by_people_or_made_by_us():
    assert set(texts.fields()) == texts.TYPED | texts.OURS
    assert not texts.TYPED & texts.OURS


def test_the_reader_finds_what_took_effect():
    for page in (f"<p>{PLANT}", f'<a title="{PLANT}">', f"<a href=' JavaScript:{TAG}'>", f"<script>{TAG}</script>"):
        assert Reader(page).found, page
    assert Reader(f'<script type="application/json">"{TAG}"</script><p title="&lt;{TAG}&gt;">{TAG}').found == []


def test_no_page_runs_what_people_typed(planted, ada):
    moderator, staff = factories.moderator(), factories.account(is_staff=True, is_superuser=True)
    browsers = {"owner": logged_in(ada), "moderator": logged_in(moderator), "staff": logged_in(staff)}
    Pause.objects.bulk_create(Pause(what=what, by=staff, why=PLANT) for what in Pause.What)
    wrong, seen = [], 0
    asked = [(one.name, one.path(planted), one.asked_with(planted)) for one in addresses() if one.name not in PLAIN]
    asked += [("moderation_queue", f"/moderation/{name}/", {}) for name in (*queues.QUEUES, "people", "log")]
    asked += [("echo", path, dict.fromkeys(names, PLANT)) for path, names in ECHOES.items()]
    for name, path, query in asked:
        cache.clear()
        role = "staff" if name.startswith("admin:") else "moderator" if "moderation" in name else "owner"
        browser = Client() if "/login" in path else browsers[role]
        browser.raise_request_exception = False
        answer = browser.get(path, query)
        page = answer.getvalue()
        seen += TAG.encode() in page
        wrong += [(path, answer.status_code)] if answer.status_code >= 500 else []
        wrong += [(path, name) for name, value in answer.items() if TAG in value and name not in ("Location", "Vary")]
        if answer["Content-Type"].startswith("text/html"):
            wrong += [(path, found) for found in Reader(page.decode()).found]
        assert answer["X-Content-Type-Options"] == "nosniff"
    assert wrong == []
    assert seen > 40  # it stands on these pages, or nothing was shown


def test_no_mail_runs_what_people_typed_or_gets_a_header_from_it(ada):
    for kind, (about, _) in EACH.items():
        wicked = texts.told(about)
        if "label" in wicked:
            wicked["label"]["name"] = f"{PLANT}\r\nBcc: everybody@example.org"
        notices.tell(ada, kind, "planted", wicked)
    for notice in Notice.objects.all():
        message = notices.mail(notice)
        raw = message.message()
        assert (raw["Bcc"], raw["Cc"], raw["To"]) == (None, None, "ada@example.org")
        assert "\n" not in message.subject
        assert Reader(message.alternatives[0][0]).found == [], notice.kind
        assert "{{" + TAG not in message.body.replace(PLANT, "")


def test_no_card_or_table_that_people_download_runs_or_computes_what_people_typed(planted, ada, settings):
    settings.MIN_SIDE = 16  # the stock's pictures have no more
    version = DatasetVersion.objects.get(digest=planted["versions/digest"])
    packed = {format: shelves.packed(version, format) for format in Archive.Format.values}
    zips = {format: storage.get("artifacts", key(archive)) for format, archive in packed.items()}
    for name, data in (zips | {"takeout": b"".join(takeout.chunks(ada))}).items():
        files = unpacked(data)
        tables = {table: data for table, data in files.items() if table.endswith(".csv")}
        papers = [data.decode() for paper, data in files.items() if paper.endswith(".md")]
        assert [one for one in files if not re.fullmatch(r"[A-Za-z0-9][-A-Za-z0-9._/]*", one) or ".." in one] == []
        assert any(TAG.encode() in data for data in tables.values()), name
        assert [cell for table, data in tables.items() for cell in computed(table, data)] == []
        assert [text for text in papers if re.search(rf"(?<!\\)<{TAG}", text.split("---\n", 2)[-1])] == []


def test_no_card_of_a_model_runs_what_people_typed():
    facts = dataclasses.replace(FACTS, title=PLANT, labels=[PLANT, PLANT], data=PLANT, split=PLANT)
    rows = [{**METRICS["per_class"][0], "label": PLANT}]
    _, head, body = card(facts, METRICS | {"per_class": rows}, FILES, GAPS).split("---\n", 2)
    assert body.count(f"<{TAG}") == body.count(f"\\<{TAG}") == 6
    assert PLANT in YAML(typ="safe").load(head)["model-index"][0].values()


def unpacked(data: bytes) -> dict[str, bytes]:
    """Name → bytes of every file of a zip."""
    with ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def computed(table: str, data: bytes) -> list[str]:
    """Cells of a CSV that a spreadsheet would compute; a number below zero is none."""
    rows = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
    told = [cell for row in rows for cell in row if cell.startswith(FORMULA)]
    return [f"{table}: {cell}" for cell in told if not re.fullmatch(r"-[0-9.e-]+", cell)]


@pytest.mark.parametrize(
    ("name", "shown"),
    {
        "../../etc/passwd": "passwd",
        "..\\..\\boot.ini": "boot.ini",
        "/": "",
        "a\r\nSet-Cookie: x=1.jpg": "aSet-Cookie: x=1.jpg",
        "\0.jpg": ".jpg",
        "photo\u202egpj.exe": "photogpj.exe",
        "zero\u200bwidth\ufeff.jpg": "zerowidth.jpg",
        "lone\ud800.jpg": "lone.jpg",
        "e\u0301.jpg": "é.jpg",
        "😀🏴‍☠️.jpg": "😀🏴☠️.jpg",
        "CON": "CON",
        "aux.jpg": "aux.jpg",
        "a" * 500 + ".jpg": "a" * 90 + "…" + "a" * 25 + ".jpg",
        "=cmd|' /C calc'!A0.jpg": " C calc'!A0.jpg".strip(),
    }.items(),
)  # fmt: skip
def test_a_file_name_is_kept_fit_to_show(name, shown):
    assert submissions.tidy_name(name) == shown
    given = factories.given(b"x" * 100, filename=name)
    given.refresh_from_db()
    assert given.filename == shown


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("999, 999", None), ("90.01, 0", None), ("-91 0", None), ("", None), ("\0\u202e\u200b", None),
        ("NaN, NaN", "nan, nan"), ("1e999, 1", "1e999, 1"), ("' OR 1=1 --", "' or 1=1 --"), ("a\r\nBcc: x", "a bcc: x"),
        ("a" * 5000, "a" * 120), ("<b>Bonn</b>", "<b>bonn</b>"), ("\ud800Bonn", "bonn"),
    ],
)  # fmt: skip
def test_a_place_is_none_or_one_line_of_text(typed, kept):
    batch = factories.batch(place_text=typed)
    assert (batch.place and batch.place.query) == kept
