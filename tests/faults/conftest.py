"""What every trial is measured by, and the table at the end."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import harness
from tests.faults.harness import Hub

# The processes of a hub, without those that learn and answer.
PARTS = ("web", "ingest", "export", "upkeep", "beat")
WITHIN = 300  # seconds a fault may take to recover from
found: list[dict] = []


class Table:
    """Notes, for the table of docs/reliability.md, what was injected and how long the hub took to be itself again."""

    def note(self, injected: str, seconds: float, **told) -> None:
        assert seconds < WITHIN
        found.append({"injected": injected, "lost": 0, "seconds": round(seconds, 1), **told})
        if path := os.environ.get("FAULTS_TABLE"):
            with Path(path).open("a") as file:
                file.write(json.dumps(found[-1]) + "\n")

    def since(self, injected: str, begun: float, **told) -> None:
        self.note(injected, time.monotonic() - begun, **told)


@pytest.fixture
def table() -> Table:
    """Where a trial writes down how it ended."""
    return Table()


def pytest_terminal_summary(terminalreporter) -> None:
    if found:
        terminalreporter.section("injected | lost | seconds to recover")
        for row in found:
            told = ", ".join(f"{name} {value}" for name, value in row.items() if name not in BASIC)
            told = f" ({told})" if told else ""
            terminalreporter.line(f"{row['injected']} | nothing | {row['seconds']}{told}")


BASIC = ("injected", "lost", "seconds")


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    """A hub with every process but training and predict, for the trials of one file."""
    with harness.running() as made:
        made.usual = PARTS
        made.start(*made.usual)
        yield made


@pytest.fixture(autouse=True)
def _well_again(request) -> Iterator[None]:
    """Whatever a trial of the shared hub changed is mended before the next."""
    yield
    if "hub" in request.fixturenames:
        made: Hub = request.getfixturevalue("hub")
        made.wall.mode = "pass"
        for name in harness.SERVERS:
            if name not in made.up:
                made.start_server(name)
        for name, process in list(made.processes.items()):
            if name not in made.usual or process.poll() is not None:
                made.kill(name)
        made.start(*[name for name in made.usual if name not in made.processes])
