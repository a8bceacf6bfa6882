"""Near-duplicates on the sample photos: how many edited copies are caught, and how many strangers are."""

import argparse
import io
import os
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from bench._edits import EDITS, MILD, photos
from bench._table import headline, table
from workers.imaging import Rejected, process, same_scene

DATA = Path(os.environ.get("HUB_SAMPLE_DATA", Path(__file__).parents[2] / "shared" / "data"))
REFUSE, GROUP, ASK = 31, 48, 90
REFUSED = (*MILD, "mirrored")


class Seen(NamedTuple):
    """What is left of one picture: its two hashes (None where too plain) and the rendition features are matched on."""

    plain: bytes | None
    mirrored: bytes | None
    shown: bytes


def look(data: bytes) -> Seen | None:
    try:
        picture = process(data)
    except Rejected:
        return None
    return Seen(picture.fingerprint, picture.mirrored, picture.renditions[299].data)


def edited(path: Path) -> tuple:
    """The photo as it is, and after every edit, each seen through the whole pipeline."""
    with Image.open(io.BytesIO(path.read_bytes())) as opened:
        image = opened.convert("RGB")
    return look(path.read_bytes()), [(kind, look(edit(image))) for kind, edits in EDITS.items() for edit in edits]


def bits(hashes: list[bytes | None]) -> np.ndarray:
    return np.array([np.frombuffer(one or bytes(32), np.uint8) for one in hashes])


def distances(asked: bytes | None, plain: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
    """Bits between one hash and all stored ones, the smaller of plain and mirrored, as the hub asks."""
    if asked is None:
        return np.full(len(plain), 256)
    one = np.frombuffer(asked, np.uint8)
    return np.minimum(*(np.bitwise_count(stored ^ one).sum(axis=1).astype(int) for stored in (plain, mirrored)))


def same_photos(originals: list[Seen], plain: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
    """Which sample photos are copies of each other to begin with (FINDINGS): within the bar to refuse, or one burst."""
    return np.array([distances(one.plain, plain, mirrored) <= GROUP for one in originals])


def measure(looked) -> tuple[dict, dict]:
    """Per edit: [tried, refused, grouped]; and over all strangers: pairs, refused, grouped.

    Strangers are photos that are not copies of each other to begin with: 12 pairs of the sample photos are (FINDINGS).
    """
    originals = [original for original, _ in looked]
    plain, mirrored = bits([one.plain for one in originals]), bits([one.mirrored for one in originals])
    same = same_photos(originals, plain, mirrored)
    caught = {kind: [0, 0, 0] for kind in EDITS}
    false = {"pairs": 0, "refused": 0, "grouped": 0, "asked": 0}
    for number, (_, copies) in enumerate(looked):
        for kind, copy in copies:
            if copy is not None:
                count(number, copy, distances(copy.plain, plain, mirrored), originals, same, caught[kind], false)
    return caught, false


def count(number, copy, away, originals, same, row, false) -> None:
    row[0] += 1
    row[1] += away[number] <= REFUSE
    row[2] += away[number] <= GROUP or (away[number] <= ASK and same_scene(copy.shown, originals[number].shown))
    strangers = np.flatnonzero(~same[number])
    false["pairs"] += len(strangers)
    false["refused"] += int((away[strangers] <= REFUSE).sum())
    false["grouped"] += int((away[strangers] <= GROUP).sum())
    for other in strangers[(away[strangers] > GROUP) & (away[strangers] <= ASK)]:
        false["asked"] += 1
        false["grouped"] += same_scene(copy.shown, originals[other].shown)


def run(argv: list[str]) -> None:
    options = argparse.ArgumentParser(prog="bench dedupe", description=__doc__)
    options.add_argument("photos", nargs="?", type=Path, default=DATA, help="a folder of set/class/photo.jpg")
    options.add_argument("--processes", type=int, default=2)
    chosen = options.parse_args(argv)
    paths = [path for found in photos(chosen.photos).values() for path in found]
    if not paths:
        raise SystemExit(f"no photos under {chosen.photos}: give a folder, or set HUB_SAMPLE_DATA")
    with get_context("spawn").Pool(chosen.processes) as pool:
        looked = [one for one in pool.map_async(edited, paths, chunksize=4).get(timeout=900) if one[0] is not None]
    report(len(looked), *measure(looked))


def report(photographs: int, caught: dict, false: dict) -> None:
    table(
        ("edit", "copies", f"refused (<= {REFUSE})", f"grouped (<= {GROUP}, or <= {ASK} and one scene)"),
        [(kind, n, f"{r / n:.4f}", f"{g / n:.4f}") for kind, (n, r, g) in caught.items()],
    )
    mild = np.sum([caught[kind] for kind in REFUSED], axis=0)
    every = np.sum(list(caught.values()), axis=0)
    print(
        f"\n{photographs} photos, {false['pairs']:,} pairs of an edited photo and a stranger, "
        f"{false['asked']:,} of them near enough to match features."
    )
    million = 1e6 * false["grouped"] / false["pairs"]
    headline("dedupe false refusals", false["refused"], f"of {false['pairs']:,} pairs", 0)
    headline("dedupe refusal recall", f"{mild[1] / mild[0]:.4f}", f"of {mild[0]} mild and mirrored copies", ">= 0.999")
    headline("dedupe false pairs", f"{million:.1f}", f"in a million ({false['grouped']} found)", "<= 3")
    headline("dedupe", f"{every[2] / every[0]:.4f}", "grouping recall", ">= 0.95")
