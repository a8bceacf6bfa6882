"""20,000 small JPEGs into one archive, against `cat` of the same files and the stdlib's zipfile; memory to 100,000."""

import argparse
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from bench._table import headline, table
from workers.archives import FORMATS, File, Member, canonical, layout

ROOT = Path(__file__).parents[1]
DIFFERENT, SIDES = 300, (299, 224)  # pictures made, each copied to many files; pixels
GOAL, MEMORY = 0.8, 150  # of cat's speed; MiB
HEADER = {
    "manifest": 1,
    "labels": [{"id": n, "slug": f"label-{n}", "name": f"Label {n}", "mid": None} for n in range(20)],
    "selection": {},
    "split": {"train": 0.8, "validation": 0.1, "test": 0.1, "seed": 0, "folds": 0, "together": ""},
    "split_report": {},
    "quality": {},
}
CHILD = """
import sys
from pathlib import Path
from bench.zip import Store, packed
peak = lambda: next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmHWM")) / 1024
_, size, _ = packed(Store(Path(sys.argv[1])), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
print(f"{peak():.0f}", size)
"""


class Store:
    """A Source of `root`/ab/cd/<digest>, as the hub keeps renditions."""

    def __init__(self, root: Path):
        self.root = root

    def path(self, sha256: str, extension: str) -> str:
        return f"{self.root}/{sha256[:2]}/{sha256[2:4]}/{sha256}"

    def open(self, sha256: str, extension: str) -> BinaryIO:
        return open(self.path(sha256, extension), "rb")


def picture(seed: int) -> bytes:
    """A JPEG of about 24 KB: soft shapes and a sensor's noise."""
    noise = np.random.default_rng(seed)
    shapes = Image.fromarray(noise.integers(0, 255, (6, 8, 3), np.uint8)).resize(SIDES, Image.Resampling.BICUBIC)
    pixels = np.asarray(shapes, np.float32) + noise.normal(0, 8.5, (SIDES[1], SIDES[0], 1)).astype(np.float32)
    buffer = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def fill(root: Path, count: int, linked: int) -> None:
    """A store of `count` files, and of `linked` more names for the same ones; rows.jsonl says what is in it."""
    bodies = [picture(seed) for seed in range(DIFFERENT)]
    sums = [zlib.crc32(body) for body in bodies]
    store = Store(root)
    with (root / "rows.jsonl").open("w") as rows:
        for number in range(count + linked):
            name = hashlib.sha256(str(number).encode()).hexdigest()
            path, which = Path(store.path(name, "jpg")), number % count % DIFFERENT
            path.parent.mkdir(parents=True, exist_ok=True)
            if number < count:
                path.write_bytes(bodies[which])
            else:
                os.link(store.path(hashlib.sha256(str(number % count).encode()).hexdigest(), "jpg"), path)
            rows.write(canonical(row(number, name)).decode())
            rows.write(json.dumps([name, len(bodies[which]), sums[which]]) + "\n")


def members(root: Path, count: int) -> Callable[[], Iterator[Member]]:
    """The first `count` rows as members of a version."""

    def read() -> Iterator[Member]:
        with (root / "rows.jsonl").open() as rows:
            for line, file in islice(zip(rows, rows, strict=True), count):
                yield Member(line.encode(), file_of(*json.loads(file)))

    return read


def file_of(name: str, size: int, crc32: int) -> File:
    """A row of the store as the archive wants it."""
    return File(name, size, crc32, "jpg", *SIDES)


def row(number: int, name: str) -> dict:
    """A manifest line."""
    split = ("train",) * 8 + ("validation", "test")
    told = {"id": number + 1, "sha256": name, "labels": [number % 20], "split": split[number // 20 % 10], "fold": None}
    told |= {"licence": "CC-BY-4.0", "credit": "ada", "verified": False, "width": 4000, "height": 3000, "drawn": False}
    return told | {"place": {"country": "FR", "region": "Île-de-France", "cell": [48.9, 2.3]}}


def packed(store: Store, target: Path, format: str, count: int) -> tuple[float, int, float]:
    """Seconds to lay out, bytes foretold, and seconds to write an archive of `count` pictures."""
    listed = members(store.root, count)
    digest = hashlib.sha256(canonical(HEADER))
    for member in listed():
        digest.update(member.line)
    with tempfile.TemporaryDirectory(dir=target.parent) as work, target.open("wb", buffering=0) as file:
        started = time.perf_counter()
        made = layout(HEADER, listed, digest.hexdigest(), format, 224, store, Path(work))
        laid = time.perf_counter()
        made.write(file)
        return laid - started, made.size, time.perf_counter() - laid


def catted(store: Store, target: Path, names: list[str]) -> float:
    """Seconds of `cat` over the same files in order."""
    listing = "\0".join(store.path(name, "jpg") for name in names).encode()
    started = time.perf_counter()
    with target.open("wb") as file:
        subprocess.run(["xargs", "-0", "cat"], input=listing, stdout=file, check=True)
    return time.perf_counter() - started


def stored(store: Store, target: Path, names: list[str]) -> float:
    """Seconds of the stdlib's zipfile, stored."""
    started = time.perf_counter()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in names:
            archive.write(store.path(name, "jpg"), f"{name}.jpg")
    return time.perf_counter() - started


def run(argv: list[str]) -> None:
    options = argparse.ArgumentParser(prog="bench zip", description=__doc__)
    options.add_argument("--files", type=int, default=20_000)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--many", type=int, default=100_000, help="entries in the largest archive")
    chosen = options.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as home:
        store = Store(Path(home, "store"))
        store.root.mkdir()
        fill(store.root, chosen.files, max(0, chosen.many - chosen.files))
        ratio = speed(store, Path(home, "target"), chosen)
        peak = memory(store, Path(home, "target"), chosen)
    headline("zip memory", f"{peak:.0f}", f"MiB at {chosen.many:,} files", f"<= {MEMORY}")
    headline("zip", f"{ratio:.2f}", "of the speed of cat", f">= {GOAL}")


def speed(store: Store, target: Path, chosen: argparse.Namespace) -> float:
    """Least seconds of each way, taken in turns: a busy neighbour only ever adds. The ratio of ours to cat."""
    files = [member.file for member in members(store.root, chosen.files)() if member.file]
    names, total = sorted(file.sha256 for file in files), sum(file.size for file in files)
    taken: dict[str, list[float]] = {way: [] for way in ("cat", "zipfile, stored", "layout", "write")}
    for _ in range(chosen.rounds):
        taken["cat"].append(fresh(target, lambda: catted(store, target, names)))
        taken["zipfile, stored"].append(fresh(target, lambda: stored(store, target, names)))
        laid, size, wrote = fresh(target, lambda: packed(store, target, "imagefolder", chosen.files))
        taken["layout"].append(laid)
        taken["write"].append(wrote)
    least = {way: min(seconds) for way, seconds in taken.items()}
    least["layout and write"] = least["layout"] + least["write"]
    told = [
        (way, f"{took:.3f}", f"{total / took / 1e6:.0f}", f"{least['cat'] / took:.2f}") for way, took in least.items()
    ]
    table((f"{chosen.files:,} files, {total / 1e6:.0f} MB", "s", "MB/s", "of cat"), told)
    print(f"\nlength foretold {size:,}, written {target.stat().st_size:,}")
    print(", ".join(f"{by}: {verdict}" for by, verdict in verdicts(target)), end="\n\n")
    return least["cat"] / least["write"]


def fresh(target: Path, act):
    """Act on a target that is not there yet."""
    target.unlink(missing_ok=True)
    return act()


def verdicts(archive: Path) -> Iterator[tuple[str, str]]:
    """What others say of the archive."""
    with zipfile.ZipFile(archive) as opened:
        yield "zipfile", "sound" if opened.testzip() is None else "broken"
    for command in (["unzip", "-tqq"], ["7z", "t", "-bd"]):
        if shutil.which(command[0]):
            done = subprocess.run([*command, str(archive)], capture_output=True)
            yield command[0], "broken" if done.returncode else "sound"
        else:
            yield command[0], "not installed"


def memory(store: Store, target: Path, chosen: argparse.Namespace) -> float:
    """Peak MiB of a fresh process by format and number of files; the peak of the largest imagefolder."""
    rows, peak = [], 0.0
    for format in FORMATS:
        for count in (chosen.files, chosen.many) if format == "imagefolder" else (chosen.many,):
            command = [sys.executable, "-c", CHILD, str(store.root), str(target), format, str(count)]
            found = fresh(
                target, lambda command=command: subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
            )
            if found.returncode:
                raise RuntimeError(found.stderr)
            mebibytes, size = found.stdout.split()
            rows.append((format, f"{count:,}", mebibytes, "yes" if int(size) == target.stat().st_size else "no"))
            peak = float(mebibytes) if format == "imagefolder" else peak
    table(("peak memory of a fresh process", "files", "MiB", "length as foretold"), rows)
    print()
    return peak
