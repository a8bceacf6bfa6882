"""Pictures that resemble each other, by a 256-bit hash of their coarse structure: they must not be torn apart."""

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

SIDE, COARSE = 64, 16
NEAR = 48  # of 256 bits: where the hub, too, takes two photos for one group
FLAT = 2.0  # levels of brightness: a picture with less in it resembles every other such picture
BLOCK = 1024


def structure(picture: Image.Image) -> np.ndarray | None:
    """(256,) of +1 and -1: which of the lowest frequencies (DCT) are above their median; None for a blank picture."""
    grey = np.asarray(picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR), np.float32)
    if grey.std() < FLAT:
        return None
    waves = np.cos(np.pi / SIDE * np.outer(np.arange(1, COARSE + 1), np.arange(SIDE) + 0.5)).astype(np.float32)
    found = waves @ grey @ waves.T
    return np.where(found > np.median(found), 1, -1).astype(np.float32).ravel()


def mirrored(structures: np.ndarray) -> np.ndarray:
    """The structures (n, 256) of the pictures seen in a mirror: every odd wave across changes its sign."""
    signs = np.where(np.arange(1, COARSE + 1) % 2, -1, 1)
    return structures * np.tile(signs, COARSE)


def groups(structures: Sequence[np.ndarray | None]) -> list[int]:
    """A group number for each picture, the same for those that resemble each other, if only by way of others."""
    parent = list(range(len(structures)))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = one = parent[parent[one]]
        return one

    for a, b in pairs(structures):
        parent[max(root(a), root(b))] = min(root(a), root(b))
    return [root(one) for one in range(len(structures))]


def pairs(structures: Sequence[np.ndarray | None]) -> Iterator[tuple[int, int]]:
    """Every two places whose pictures are within NEAR bits, in a mirror too."""
    places = [place for place, one in enumerate(structures) if one is not None]
    if not places:
        return
    known = np.array([structures[place] for place in places], np.float32)
    least = COARSE * COARSE - 2 * NEAR  # what two vectors of ±1 multiply to at that distance
    for start in range(0, len(known), BLOCK):
        block = known[start : start + BLOCK]
        near = (block @ known.T >= least) | (mirrored(block) @ known.T >= least)
        for a, b in zip(*np.nonzero(near), strict=True):
            if start + a < b:
                yield places[start + a], places[b]
