"""What is known to be true of the sample photos. Skipped where they are not at hand."""

import os
from itertools import combinations
from pathlib import Path

import pytest

from workers.imaging import distance, process

DATA = Path(os.environ.get("HUB_SAMPLE_DATA", Path(__file__).parents[4] / "shared" / "data"))
pytestmark = pytest.mark.skipif(not (DATA / "valves").is_dir(), reason=f"no sample photos at {DATA} (HUB_SAMPLE_DATA)")
MIRRORED = {(4, 32), (6, 33), (8, 24), (12, 47), (14, 35), (15, 44), (26, 48), (46, 50)}


def looked_at(folder: str) -> dict:
    return {path: process(path.read_bytes()) for path in sorted((DATA / folder).rglob("*.jpg"))}


@pytest.fixture(scope="module")
def valves():
    return looked_at("valves")


@pytest.fixture(scope="module")
def birds():
    return looked_at("birds")


def number(path: Path) -> tuple[str, int]:
    return path.parent.name, int(path.stem.rsplit("_", 1)[1])


def pairs_within(pictures: dict, bits: int) -> dict:
    """((a, b), how) of all pairs that the hub would call near, asking the plain and the mirrored hash."""
    near = {}
    for (path, a), (other, b) in combinations(pictures.items(), 2):
        plain, turned = distance(a.fingerprint, b.fingerprint), distance(a.fingerprint, b.mirrored)
        if min(plain, turned) <= bits:
            near[path, other] = "mirrored" if turned < plain else "plain"
    return near


def test_the_ten_copies_among_the_valves_are_found_and_nothing_else(valves):
    found = {(number(a), number(b), how) for (a, b), how in pairs_within(valves, 31).items()}
    abnormal = {(("abnormal_valve", a), ("abnormal_valve", b), "mirrored") for a, b in MIRRORED}
    normal = {(("normal_valve", 1), ("normal_valve", 7), "plain"), (("normal_valve", 9), ("normal_valve", 12), "plain")}
    assert found == abnormal | normal


def test_one_valve_is_another_byte_for_byte(valves):
    paths = {number(path): path for path in valves}
    nine, twelve = paths["normal_valve", 9], paths["normal_valve", 12]
    assert nine.read_bytes() == twelve.read_bytes()
    assert valves[nine].pixels_sha256 == valves[twelve].pixels_sha256


def test_one_bird_stands_under_two_labels_and_two_sparrows_are_one_burst(birds):
    refused = [{path.parent.name for path in pair} for pair in pairs_within(birds, 31)]
    assert refused == [{"Eared_Grebe", "Green_Jay"}]
    grouped = [{path.parent.name for path in pair} for pair in pairs_within(birds, 48)]
    assert sorted(map(len, grouped)) == [1, 2]
    assert any("parrow" in name for pair in grouped for name in pair)


def test_no_sample_photo_is_called_bad(valves, birds):
    pictures = (valves | birds).values()
    assert all(one.fingerprint for one in pictures)
    assert not [one for one in pictures if {"blurry", "dark", "light"} & set(one.flags)]
