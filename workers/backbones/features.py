"""Deep features: computed once per image, backbone, weights, precision and view, and kept by the digest of these."""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .packed import Packed
from .pictures import changed, read_squeezed
from .precision import stored
from .types import Example, FeatureStore, Read

VERSION = 1  # of what is kept under a key: count up when pictures, views or layout change
BATCH = 16  # pictures in one pass: the first block of VGG at 224 pixels holds 200 MB for them
ASKED = 500  # keys in one question to the store


@dataclass(frozen=True, slots=True)
class Source:
    """What decides features beside the picture: backbone, its weights, precision, the seed of drawn views."""

    backbone: str
    weights: str
    precision: str
    side: int
    seed: int

    def key(self, image: str, view: int) -> str:
        """The SHA-256 under which a view's features are kept. The plain view knows no seed."""
        facts = (VERSION, self.backbone, self.weights, self.precision, view, self.seed if view else 0, image)
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Layout:
    """The bytes of one view: activations at the cut in two-byte numbers, then pooled ones in float32."""

    cut: tuple[int, ...]
    pooled: int
    kind: np.dtype

    @property
    def split(self) -> int:
        return int(np.prod(self.cut)) * self.kind.itemsize

    @property
    def size(self) -> int:
        return self.split + 4 * self.pooled

    def packed(self, cut: np.ndarray, pooled: np.ndarray) -> bytes:
        """The bytes of one view. float16 ends at 65,504: what is larger is cut off there."""
        if self.kind == np.dtype("<f2"):
            cut = np.clip(cut, -65504, 65504)
        return cut.astype(self.kind).tobytes() + pooled.astype("<f4").tobytes()


# Which views of which examples: (index, view)
Wanted = Sequence[tuple[int, int]]


class Features:
    """The features of the wanted views in scratch files; activations only where `keep_cut`."""

    def __init__(self, wanted: Wanted, layout: Layout, folder: Path, keep_cut: bool) -> None:
        self.layout, self._row = layout, {pair: row for row, pair in enumerate(wanted)}
        self._views = np.bincount([index for index, _ in wanted]) if wanted else np.zeros(0, int)
        self._cut = Packed(folder, layout.split) if keep_cut else None
        self._pooled = Packed(folder, 4 * layout.pooled)

    def put(self, pair: tuple[int, int], data: bytes) -> None:
        """Keep the bytes of one view."""
        row = self._row[pair]
        if self._cut is not None:
            self._cut.write(row, data[: self.layout.split])
        self._pooled.write(row, data[self.layout.split :])

    def rows(self, indices: Iterable[int], number: int) -> list[int]:
        """The rows of these examples in epoch `number`: every picture goes through its views in turn, 0 is plain."""
        turn = [(int(i), (number + int(i)) % int(self._views[i]) if number else 0) for i in indices]
        return [self._row[pair] for pair in turn]

    def cut(self, indices: Iterable[int], number: int = 0) -> np.ndarray:
        """Activations at the cut (n, h, w, c) in the numbers they are kept in."""
        assert self._cut is not None, "kept only for fine-tuning"
        data = b"".join(map(self._cut.read, self.rows(indices, number)))
        return np.frombuffer(data, self.layout.kind).reshape(-1, *self.layout.cut)

    def pooled(self, indices: Iterable[int], number: int = 0) -> np.ndarray:
        """Pooled last activations, float32 (n, d)."""
        data = b"".join(map(self._pooled.read, self.rows(indices, number)))
        return np.frombuffer(data, "<f4").reshape(-1, self.layout.pooled)


@dataclass(slots=True)
class Extraction:
    """The work of filling Features: from the store what it has, computed and given to the store what it has not.

    `compute` takes uint8 (n, side, side, 3) and answers activations at the cut and pooled ones. `told` hears after
    every batch how many views are done.
    """

    examples: Sequence[Example]
    read: Read
    source: Source
    store: FeatureStore
    compute: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    into: Features
    told: Callable[[int], None]
    done: int = 0

    def run(self, wanted: Wanted, rank: int = 0, size: int = 1, meet: Callable[[], None] = lambda: None) -> None:
        """Fill in all wanted views. Of `size` processes each computes its part, then all meet and read the rest.

        Raises Failure `picture_gone` or `picture_unreadable`, and what the store and `told` raise.
        """
        missing = self._stored(wanted)
        self._computed(missing[rank::size])
        if size > 1:
            meet()
            rest = [pair for row, pair in enumerate(missing) if row % size != rank]
            self._computed(self._stored(rest))

    def _key(self, pair: tuple[int, int]) -> str:
        return self.source.key(self.examples[pair[0]].id, pair[1])

    def _stored(self, wanted: Wanted) -> list[tuple[int, int]]:
        """Take what the store has; the rest is the answer."""
        missing: list[tuple[int, int]] = []
        for pairs in batched(wanted, ASKED):
            known = self.store.known([self._key(pair) for pair in pairs])
            for pair in pairs:
                key = self._key(pair)
                data = self.store.get(key) if key in known else None
                if data is None or len(data) != self.into.layout.size:
                    missing.append(pair)
                else:
                    self._put(pair, data)
        return missing

    def _put(self, pair: tuple[int, int], data: bytes) -> None:
        self.into.put(pair, data)
        self.done += 1
        self.told(self.done)

    def _computed(self, pairs: Wanted) -> None:
        for batch in batched(pairs, BATCH):
            for pair, cut, pooled in zip(batch, *self.compute(self._pictures(batch)), strict=True):
                data = self.into.layout.packed(cut, pooled)
                self.store.put(self.examples[pair[0]], self._key(pair), data)
                self._put(pair, data)

    def _pictures(self, batch: Wanted) -> np.ndarray:
        """The views of a batch, uint8; each picture is read and decoded once for those of its views that stand here."""
        views = []
        for index, pairs in itertools.groupby(batch, lambda pair: pair[0]):
            example = self.examples[index]
            plain = read_squeezed(example, self.read, self.source.side)
            views += [changed(plain, example.id, view, self.source.seed) for _, view in pairs]
        return np.stack(views)


def layout(extractor, precision: str) -> Layout:
    """The layout of what an extractor (see `assemble.extractor`) answers in a precision."""
    cut, pooled = extractor.output_shape
    return Layout(tuple(cut[1:]), pooled[-1], stored(precision))


def batched(items: Sequence, size: int) -> Iterable[Sequence]:
    """Consecutive parts of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))
