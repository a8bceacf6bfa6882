"""Which way round a picture is stored, and turning it so that people and models see it upright."""

import numpy as np

from .types import Container

# EXIF orientation → how to turn the stored pixels upright.
UPRIGHT = {
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: lambda stored: np.rot90(stored),
}


def turn(container: Container, orientation: int) -> int:
    """What is left to be done of the `orientation` (1..8) in a picture's EXIF: libheif has turned it already."""
    return 1 if container.format == "HEIF" else orientation


def turned(stored: np.ndarray, orientation: int) -> np.ndarray:
    """Pixels (h, w, 3) turned from EXIF `orientation` to upright, rows contiguous; 1 and the unknown change nothing."""
    act = UPRIGHT.get(orientation)
    return np.ascontiguousarray(act(stored)) if act else stored
