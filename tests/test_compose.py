"""docker-compose.yml without Docker: it follows the schema, and everything it names exists."""

import re
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from hub import embedded

COMPOSE = embedded.REPO / "docker-compose.yml"
TEXT = COMPOSE.read_text()
FILE = YAML(typ="safe").load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
SCALED = {"ingest", "upkeep", "predict", "training"}


def names_in(path: str) -> dict[str, str]:
    lines = (line.split("=", 1) for line in (embedded.REPO / path).read_text().splitlines() if re.match(r"\w+=", line))
    return dict(lines)


def queues_of(service: dict[str, Any]) -> set[str]:
    command = service.get("command") or []
    return set(command[command.index("-Q") + 1].split(",")) if "-Q" in command else set()


def test_it_follows_the_compose_schema() -> None:
    checker = Path(sysconfig.get_path("scripts"), "check-jsonschema")
    checked = subprocess.run([checker, "--builtin-schema", "vendor.compose-spec", COMPOSE], capture_output=True)
    assert checked.returncode == 0, checked.stdout.decode()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_only_for_services_that_are_there_and_can_become_ready(name: str) -> None:
    for other, wait in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        if wait["condition"] == "service_healthy":
            assert "test" in SERVICES[other]["healthcheck"]
        else:
            assert SERVICES[other]["restart"] == "no"


@pytest.mark.parametrize("name", SERVICES)
def test_volumes_and_configs_are_declared_and_named(name: str) -> None:
    for mount in SERVICES[name].get("volumes", []):
        assert mount.split(":")[0] in FILE["volumes"]
    for config in SERVICES[name].get("configs", []):
        assert config["source"] in FILE["configs"]


def test_every_variable_it_reads_is_in_the_example_and_the_other_way_round() -> None:
    assert set(re.findall(r"(?<!\$)\$\{(\w+)", TEXT)) == set(names_in(".env.example"))


def test_every_variable_it_hands_on_is_one_the_settings_read() -> None:
    read = "".join((embedded.REPO / "hub" / f"{name}.py").read_text() for name in ("settings", "embedded", "serve"))
    for name in OURS["web"]["environment"]:
        assert f'"{name}"' in read


def test_what_operating_has_one_set_in_a_hurry_is_handed_on() -> None:
    from django.conf import settings

    handed = OURS["web"]["environment"]
    assert {f"HUB_QUOTA_{name.upper()}" for name in settings.QUOTAS} | {"HUB_NEW_ACCOUNT_PHOTOS"} <= set(handed)
    assert {f"HUB_RATE_{name.upper()}" for name in settings.RATES} | {"HUB_QUOTA_PREMIUM"} <= set(handed)


def test_defaults_in_the_file_are_those_of_the_example() -> None:
    example = names_in(".env.example")
    for name, default in re.findall(r"\$\{(\w+):-([^}]*)\}", TEXT):
        assert example[name] == default, name


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_lasting_service_has_a_health_check(name: str) -> None:
    ends_by_itself = SERVICES[name].get("restart") == "no"
    in_dockerfile = name == "web"
    assert ends_by_itself or in_dockerfile or SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", sorted(SCALED))
def test_a_service_that_scales_has_nothing_there_can_be_only_one_of(name: str) -> None:
    assert not SERVICES[name].keys() & {"container_name", "ports", "hostname"}


@pytest.mark.parametrize("name", OURS)
def test_our_processes_run_without_rights_they_do_not_need(name: str) -> None:
    assert OURS[name]["read_only"]
    assert OURS[name]["cap_drop"] == ["ALL"]
    assert "privileged" not in OURS[name]


def test_every_image_is_pinned() -> None:
    for name, service in SERVICES.items():
        assert re.fullmatch(r".+:(local|\d+\.\d+\S*)", service["image"]), name


def test_every_queue_has_workers_and_every_worker_a_queue() -> None:
    from workers.celery import app

    routed = {route["queue"] for route in app.conf.task_routes.values()} | {app.conf.task_default_queue}
    served = set().union(*(queues_of(service) for service in OURS.values()))
    assert routed == served


def test_make_run_serves_the_same_queues() -> None:
    from hub.management.commands.up import processes

    served = set().union(*(queues_of({"command": command}) for command in processes(8000).values()))
    assert served == set().union(*(queues_of(service) for service in OURS.values()))


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_that_exists(name: str) -> None:
    from django.core.management import get_commands

    command = " ".join(OURS[name].get("command", ["python"]))
    for managed in re.findall(r"manage\.py (\w+)", command):
        assert managed in get_commands()
    assert command.split()[0] in {"celery", "python", "sh"}


def test_the_stages_it_builds_are_in_the_dockerfile() -> None:
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", (embedded.REPO / "Dockerfile").read_text(), re.MULTILINE))
    assert {service["build"]["target"] for service in OURS.values()} <= stages
