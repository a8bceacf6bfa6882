"""From the start of a process to its first answer: seconds and memory of the files of a model, and their sizes."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from bench import _learning
from bench._table import headline, table
from workers.backbones import BACKBONES, assemble, checking, export, golden
from workers.backbones.types import Outcome

SECONDS, MIB, KERAS_MIB, INT8_MIB = 0.3, 120, 60, 15
DENSE = 1024
KERAS = """
import sys, keras
from predict import read
model = keras.saving.load_model(sys.argv[1], compile=False)
print(model.predict_on_batch(read(sys.argv[2])[None])[0])
"""


def run(argv: list[str]) -> None:
    """Write every file of a VGG16 of seeded random weights, check them, and ask each in fresh processes."""
    parser = argparse.ArgumentParser(prog="bench predict", description=__doc__)
    parser.add_argument("--backbone", choices=sorted(BACKBONES), default="vgg16")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args(argv)
    print(_learning.RANDOM)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sizes = _learning.in_a_process(made, options.backbone, str(folder))
        gaps = checking.check(folder)
        small(sizes, gaps)
        photo = folder / "photo.jpg"
        photo.write_bytes(next(iter(_learning.valves()[1].values())))
        found = {name: asked(folder, name, photo, options.rounds) for name in (export.INT8, export.FLOAT16)}
        found[export.KERAS] = asked(folder, export.KERAS, photo, 1)
    table(
        ("fresh process", "s to the first answer", "CPU s, all threads", "peak MiB"),
        [(n, f"{s:.2f}", f"{cpu:.2f}", f"{m:.0f}") for n, (s, cpu, m) in found.items()],
    )
    seconds, _, mib = found[export.INT8]
    headline(
        "predict", f"{seconds:.2f} s and {mib:.0f}", "MiB, int8, from start to first answer", f"{SECONDS} s, {MIB} MiB"
    )


def made(backbone: str, folder: str) -> dict[str, int]:
    """Write the files; their sizes in bytes. For a process of its own."""
    import keras

    keras.utils.set_random_seed(1)
    chosen = BACKBONES[backbone]
    base = assemble.base(chosen, "float32")
    head = assemble.head(base.output_shape[-1], 2, DENSE, 0.5, 1)
    model, fixed = assemble.assembled(chosen, base, head, 1.0)
    none = np.zeros((0, 2))
    outcome = Outcome(model, fixed, chosen.side, [], 1.0, none, none, none, None, lambda rows: none, None)
    pictures = list(_learning.valves()[1].items())
    kept = [golden.Picture(id, data) for id, data in pictures[::10]]
    material = export.Material(["abnormal", "normal"], [], [data for _, data in pictures[:40]], kept)
    return {one.name: one.size for one in export.artefacts(outcome, material, Path(folder))}


def small(sizes: dict[str, int], gaps: dict[str, dict[str, float]]) -> None:
    """Print the sizes, and how far each file is from the model."""
    goals = {export.KERAS: KERAS_MIB, export.INT8: INT8_MIB}
    rows = [
        (name, f"{sizes[name] / 2**20:.2f}", goals.get(name, ""), f"{gaps[name]['gap']:.1e}")
        for name in export.MODELS
        if name in gaps
    ]
    table(("file", "MiB", "goal", "largest gap of a probability"), rows)


def asked(folder: Path, name: str, photo: Path, rounds: int) -> tuple[float, float, float]:
    """Least seconds (a busy neighbour only ever adds), least CPU seconds, and peak MiB, of a process that starts, loads
    the file and answers one photo. One round warms."""
    if name == export.KERAS:
        command = [sys.executable, "-c", KERAS, name, str(photo)]
    else:
        command = [sys.executable, export.PREDICT, str(photo), "--model", name]
    turns = [_timed(command, folder) for _ in range(rounds + 1)][1:]
    seconds, cpu, mib = zip(*turns, strict=True)
    return min(seconds), min(cpu), max(mib)


def _timed(command: list[str], folder: Path) -> tuple[float, float, float]:
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    started = time.perf_counter()
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=quiet)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
