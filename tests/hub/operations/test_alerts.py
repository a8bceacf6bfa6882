"""Alerts say what the metrics are called, and lead to a heading that tells what to do."""

import re
import shutil
import subprocess

import pytest
from django.core.cache import cache
from django.db.models.functions import Now
from django.test import Client
from ruamel.yaml import YAML

from hub import embedded
from hub.management.commands import backup, restore
from hub.models import Audit, Backup
from hub.operations import figures
from tests import factories
from workers import listening

DOCS = embedded.REPO / "docs"
RULES = [rule for group in YAML(typ="safe").load(DOCS / "alerts.yml")["groups"] for rule in group["rules"]]
OPERATING = (DOCS / "operating.md").read_text()


def anchor(heading: str) -> str:
    """What a heading is reached by, as forges make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


ANCHORS = {anchor(heading) for heading in re.findall(r"^#+ (.+)$", OPERATING, re.MULTILINE)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_says_how_grave_it_is_and_where_to_read_what_to_do(rule):
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"].endswith(".")
    page, _, where = rule["annotations"]["runbook"].partition("#")
    assert page == "docs/operating.md"
    assert where in ANCHORS


def test_every_metric_an_alert_asks_for_is_told(db, settings):
    settings.METRICS_TOKEN = "a-long-secret"
    cache.set(listening.KEY, dict.fromkeys(listening.NAMES, 2), 60)
    Audit.objects.create(finished_at=Now(), breaches={})
    Backup.objects.create(name="20261127T031500Z", seconds=1, objects_held=1, bytes_copied=1)
    factories.checked(b"no picture")
    figures.measure_storage()
    Client().get("/")
    page = Client().get("/metrics", headers={"authorization": "Bearer a-long-secret"}).content.decode()
    told = set(re.findall(r"^(hub_\w+)", page, re.MULTILINE))
    asked = {name for rule in RULES for name in re.findall(r"\bhub_\w+", rule["expr"])}
    assert len(asked) > 10
    assert asked - told == set()


def test_alerts_are_few_and_no_two_are_called_the_same():
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names) <= 20


def test_no_alert_adds_up_what_every_web_host_tells_alike():
    """All but what the web processes count themselves is read from Postgres, by each host that is scraped."""
    alike = r"\bsum(?: by \([\w, ]*\))? ?\((?:\w+\()?hub_(?!request_seconds)"
    assert [rule["alert"] for rule in RULES if re.search(alike, rule["expr"])] == []


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool (Debian: prometheus) is not here")
def test_prometheus_can_read_the_rules():
    checked = subprocess.run(["promtool", "check", "rules", DOCS / "alerts.yml"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_every_heading_that_operating_points_to_is_there():
    assert set(re.findall(r"\]\(#([\w-]+)\)", OPERATING)) <= ANCHORS
    for other in re.findall(r"\]\(([\w/]+\.(?:md|yml))[)#]", OPERATING):
        assert (DOCS / other).exists()


def test_every_command_that_operating_names_exists():
    from django.core.management import get_commands

    assert set(re.findall(r"manage\.py ([a-z_]+)", OPERATING)) <= set(get_commands())
    known = {option for command in (backup, restore) for option in re.findall(r'"(--[\w-]+)"', _source(command))}
    named = re.findall(r"manage\.py (?:backup|restore) [A-Z/\w]+ (--[\w-]+)", OPERATING)
    assert named
    assert set(named) <= known


def _source(module) -> str:
    return (embedded.REPO / module.__name__.replace(".", "/")).with_suffix(".py").read_text()
