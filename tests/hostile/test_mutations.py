"""Good pictures mutated at random are answered quickly, in bounded memory, by a code; and no decoder dies of them."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from hub.models import Job
from hub.reasons import FILES
from tests import factories
from tests.hostile.mutating import GOOD, mutant
from tests.parts import broken, empty_storage
from workers.imaging import CODES

ROOT = Path(__file__).parents[2]
SECONDS = 5
# One child meets them all: what it holds after the first hundred must do for the rest, but for the largest pictures.
WARM, GROWN = 100, 256 * 1024


def met(seed: int, count: int) -> list[dict]:
    """What became of so many mutants in a child under a worker's cap. Fails where it dies, naming which killed it."""
    child = [sys.executable, "-m", "tests.hostile.mutating", str(seed), "0", str(count)]
    ran = subprocess.run(child, cwd=ROOT, capture_output=True, text=True, timeout=60 + count / 20)
    said = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0, f"seed {seed} ended with {ran.returncode} at {said[-1:]}: {ran.stderr[-2000:]}"
    return [one for one in said if "code" in one]


def assert_answered(seed: int, count: int) -> None:
    """Every one of so many mutants has its code in time, and memory does not grow."""
    answers = met(seed, count)
    print(f"seed {seed}:", dict(Counter(one["code"] for one in answers)))
    assert len(answers) == count
    assert [one for one in answers if one["code"] not in ("accepted", *CODES)] == []
    assert [one for one in answers if one["seconds"] > SECONDS] == []
    assert max(one["kib"] for one in answers) * 1024 < settings.INGEST_CHILD_BYTES
    assert answers[-1]["kib"] < answers[min(WARM, count - 1)]["kib"] + GROWN
    assert {one["code"] for one in answers} >= {"accepted", "damaged", "truncated"}


def test_some_hundred_mutants_are_answered():
    assert_answered(seed=1, count=720)


@pytest.mark.slow
@pytest.mark.hostile
def test_many_thousand_mutants_are_answered():
    """HOSTILE_SEED=… repeats a run, HOSTILE_COUNT=… makes it longer."""
    seed = int(os.environ.get("HOSTILE_SEED") or int.from_bytes(os.urandom(4)))
    assert_answered(seed, int(os.environ.get("HOSTILE_COUNT") or 20_000))


def test_a_mutant_is_the_same_whenever_it_is_made():
    assert [mutant(7, index) for index in range(36)] == [mutant(7, index) for index in range(36)]
    assert mutant(7, 0) != mutant(8, 0)


@pytest.mark.django_db
def test_mutants_of_every_format_leave_the_hub_whole(settings, tmp_path):
    empty_storage(settings, tmp_path)
    settings.MAX_BATCH_FILES = 100
    batch = factories.batch(use_photo_place=True)
    for index in range(2 * len(GOOD)):
        name, data = mutant(2, index)
        factories.given(data, batch, f"{index} {name}")
    factories.work_off()
    assert set(Job.objects.filter(kind="ingest").values_list("state", "attempt")) == {("done", 1)}
    assert {row.reason for row in batch.submissions.exclude(state="accepted")} <= set(FILES)
    assert broken(deep=True) == {}
