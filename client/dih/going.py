"""What a training keeps on disk until it is done, so that it can be broken off and gone on with, and what it shows."""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dih import sums
from dih.backbones.types import Epoch, Example
from dih.failures import USAGE, Failure
from dih.said import Said

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

WORDS = {
    "features": "computing features",
    "probe": "linear probe",
    "head": "training the head",
    "tune": "tuning the last block",
    "full": "training all layers",
    "yardstick": "from scratch, to compare",
    "evaluate": "trying it on held-out pictures",
    "export": "writing files",
    "check": "checking every file",
}
EPOCHS, STATE = "epochs.json", "epoch-{}.npz"


class Features:
    """Features by key, a file each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def known(self, keys: Sequence[str]) -> set[str]:
        """Which of the keys are kept."""
        return {key for key in keys if (self.folder / key).exists()}

    def get(self, key: str) -> bytes | None:
        """The bytes kept under a key, if they are."""
        path = self.folder / key
        return path.read_bytes() if path.exists() else None

    def put(self, example: Example, key: str, data: bytes) -> None:
        """Keep bytes under a key, whole or not at all."""
        sums.keep(self.folder / key, data)


class Going:
    """The training's listener: bars and lines for people, and a file from which to go on after every epoch."""

    def __init__(self, said: Said, folder: Path) -> None:
        self.said, self.folder = said, folder
        self.bar: tqdm | None = None
        self.epochs: list[Epoch] = []

    def phase(self, name: str, total: int) -> None:
        """Another bar."""
        self.close()
        self.bar = self.said.bar(total, WORDS.get(name, name), bytes=False)

    def step(self, done: int) -> None:
        """So many steps of the phase are done."""
        if self.bar is not None:
            self.bar.update(done - self.bar.n)

    def epoch(self, epoch: Epoch, state: Path) -> None:
        """Keep the state, then say that it is there: a kill between the two leaves the epoch before."""
        self.epochs = [*(self.saved() or ([], None))[0], epoch]
        shutil.copyfile(state, self.folder / "state.part")
        os.replace(self.folder / "state.part", self.folder / STATE.format(epoch.number))
        sums.keep(self.folder / EPOCHS, json.dumps([asdict(one) for one in self.epochs]).encode())
        (self.folder / STATE.format(epoch.number - 1)).unlink(missing_ok=True)
        self.said.line(line(epoch))

    def early(self, result: dict[str, float]) -> None:
        """The first figure."""
        self.said.line(f"linear probe: {result['accuracy']:.1%} of {result['n']:.0f} validation pictures")

    def saved(self) -> tuple[list[Epoch], Path] | None:
        """What was kept before, if all of it is there."""
        try:
            epochs = [Epoch(**one) for one in json.loads((self.folder / EPOCHS).read_bytes())]
        except FileNotFoundError:
            return None
        state = self.folder / STATE.format(epochs[-1].number)
        return (epochs, state) if state.is_file() else None

    def close(self) -> None:
        """No more bars."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None


def line(epoch: Epoch) -> str:
    """An epoch in a line."""
    told = f"epoch {epoch.number:>3}  {epoch.phase:<5}  loss {epoch.loss:.4f}  accuracy {epoch.accuracy:.3f}"
    if epoch.val_loss is not None and epoch.val_accuracy is not None:
        told += f"  validation {epoch.val_loss:.4f}  {epoch.val_accuracy:.3f}"
    return f"{told}  {epoch.seconds:.1f} s"


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """The folder for this process alone, until the block or the process ends. Raises Failure when another has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        if fcntl is not None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                words = f"Another dih train works on {folder.parent}."
                raise Failure(USAGE, "in_use", words, "Wait for it, or name another folder.") from None
        yield


def begin(folder: Path, settings: dict[str, Any]) -> bool:
    """Make ready to keep a training of these settings; whether one is to be gone on with.

    What was kept of other settings is dropped but for pictures and features, which other settings may share.
    """
    path, told = folder / "settings.json", json.dumps(settings, sort_keys=True).encode()
    same = path.is_file() and path.read_bytes() == told
    for one in ("model", "work"):
        shutil.rmtree(folder / one, ignore_errors=True)
        (folder / one).mkdir(parents=True)
    if not same:
        for stale in (*folder.glob(STATE.format("*")), folder / EPOCHS):
            stale.unlink(missing_ok=True)
        sums.keep(path, told)
    return same and (folder / EPOCHS).exists()
