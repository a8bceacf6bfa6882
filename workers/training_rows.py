"""What the core of training reads and tells, as rows and objects of the hub."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from django.conf import settings

from hub import features, jobs, progress, sql, storage
from hub.models import DatasetVersion, TrainingRequest
from workers.backbones.types import Epoch, Example, Failure, Stopped

# How often, in seconds, the row is asked whether the training is still wanted.
ASK = 0.3


@dataclass(frozen=True, slots=True)
class Pictures:
    """The live pictures of a version: examples in the order of their images, and what rows say of each by its id."""

    examples: list[Example]
    rows: dict[str, dict[str, Any]]

    def read(self, example: Example) -> bytes:
        """The rendition of an example. Raises FileNotFoundError, and Failure as `rendition` does."""
        return rendition(example.id, self.rows[example.id]["rendition"])

    def of(self, split: str) -> list[Example]:
        """The examples of a split."""
        return [one for one in self.examples if one.split == split]


def rendition(image: str, digest: str | None) -> bytes:
    """The bytes of a rendition of an image (its SHA-256), None where it has none that large.

    Raises FileNotFoundError, or Failure `picture_unreadable` (`image`) for bytes that are not those of its row.
    """
    if digest is None:
        raise FileNotFoundError(image)
    try:
        return storage.get("renditions", storage.rendition_key(digest))
    except storage.Damaged as error:
        raise Failure("picture_unreadable", image=image) from error


def pictures(version: DatasetVersion, side: int) -> Pictures:
    """The live members of a version, at the smallest rendition that has this side."""
    index = {label["id"]: place for place, label in enumerate(version.header["labels"])}
    rendition = min(one for one in settings.RENDITION_SIZES if one >= side and one != 100)
    rows = sql.rows("examples", version=version.pk, side=rendition)
    examples = [Example(row["sha256"], index[row["label"]], row["split"], row["group"]) for row in rows]
    return Pictures(examples, {row["sha256"]: row for row in rows})


class Features:
    """The store of deep features, for the core of training: rows and objects of the hub.

    `found` and `kept` count those that were there and the new ones.
    """

    def __init__(self, backbone: str, rows: dict[str, dict[str, Any]]) -> None:
        self.backbone, self.rows, self.found, self.kept = backbone, rows, 0, 0

    def known(self, keys: Sequence[str]) -> set[str]:
        """Which of the keys are kept."""
        known = features.known(keys)
        self.found += len(known)
        return known

    def get(self, key: str) -> bytes | None:
        """The bytes under a key; None when they are gone or damaged."""
        return features.get(key)

    def put(self, example: Example, key: str, data: bytes) -> None:
        """Keep one view of a picture."""
        features.keep(key, self.rows[example.id]["image"], self.backbone, data)
        self.kept += 1


class Silent:
    """The listener of a worker that takes its share and tells nobody; it goes on from where the first one does."""

    def __init__(self, request: TrainingRequest, scratch: Path) -> None:
        self.request, self.state = request, scratch / "resumed.npz"

    def phase(self, name: str, total: int) -> None:
        """A phase begins."""

    def step(self, done: int) -> None:
        """So much of it is done."""

    def epoch(self, epoch: Epoch, state: Path) -> None:
        """An epoch ended."""

    def early(self, result: dict[str, float]) -> None:
        """The linear probe's first figures."""

    def saved(self) -> tuple[list[Epoch], Path] | None:
        """Where an earlier attempt was broken off."""
        rows = progress.saved(self.request, self.state)
        names = [field.name for field in fields(Epoch)]
        return ([Epoch(**{name: getattr(row, name) for name in names}) for row in rows], self.state) if rows else None


class Told(Silent):
    """Writes what happens into the request's row, and stops the training when it is to stop."""

    def __init__(self, work: jobs.Work, request: TrainingRequest, scratch: Path, ending: list[bool]) -> None:
        super().__init__(request, scratch)
        self.work, self.ending, self.asked = work, ending, 0.0

    def phase(self, name: str, total: int) -> None:
        """A phase begins."""
        progress.phase(self.work, self.request.pk, name, total)

    def step(self, done: int) -> None:
        """So much of it is done. Raises Stopped."""
        if self.ending:
            raise Stopped
        if time.monotonic() - self.asked > ASK:
            self.asked = time.monotonic()
            if not progress.step(self.work, self.request.pk, done):
                raise Stopped

    def saved(self) -> tuple[list[Epoch], Path] | None:
        """Where an earlier attempt was broken off; where that cannot be gone on from, its epochs are forgotten."""
        found = super().saved()
        if found is None:
            progress.anew(self.work, self.request)
        return found

    def epoch(self, epoch: Epoch, state: Path) -> None:
        """An epoch ended, and can be gone on from."""
        progress.epoch(self.work, self.request.pk, asdict(epoch), state)

    def early(self, result: dict[str, float]) -> None:
        """The linear probe's first figures."""
        progress.early(self.work, self.request.pk, result)
