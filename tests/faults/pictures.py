"""Small pictures that look nothing alike, made in a millisecond: what is tried here is not the reading of pictures."""

import io

import numpy as np
from PIL import Image

from tests.images import with_exif


def picture(number: int, size: tuple[int, int] = (400, 300), *, gps: tuple[float, float] | None = None) -> bytes:
    """A JPEG, another for each number; with the place it was taken at, if one is given."""
    random = np.random.default_rng(number)
    small = Image.fromarray(random.integers(0, 256, (18, 24, 3), np.uint8))
    buffer = io.BytesIO()
    small.resize(size, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=85)
    return with_exif(buffer.getvalue(), gps=gps) if gps else buffer.getvalue()
