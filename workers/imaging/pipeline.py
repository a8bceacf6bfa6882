"""One pass over one file: check, decode once, look, hash, render."""

import hashlib

import numpy as np

from . import colour, decode, exif, fingerprint, formats, quality, render
from .types import Limits, Picture, Rendition

LOOKED_AT = 299  # the rendition whose fingerprint is taken
DIGESTED = 1024  # the rendition by which a photo saved with other metadata is known again
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


def process(data: bytes, limits: Limits = Limits()) -> Picture:  # noqa: B008 (frozen)
    """Everything ingest wants to know of one received file, in one pass and one decode.

    Raises Rejected, and nothing else, for bytes that are not a sound photo within `limits`. The same bytes always
    give the same Picture, renditions included.
    """
    container = formats.read(data, limits)
    facts = exif.read(container.exif)
    turn = 1 if container.format == "HEIF" else facts.orientation  # libheif has turned it already
    sides = container.width, container.height
    width, height = sides if turn < 5 else sides[::-1]
    upright = _upright(decode.pixels(container, render.decode_scale(width, height)), turn)
    shown = render.scaled(colour.to_srgb(upright, container.icc), width, height)
    renditions = {size: render.encode(size, shown[size]) for size in render.SIZES}
    content_type, extension = formats.CONTENT[container.format]
    plain, mirrored = fingerprint.fingerprints(shown[LOOKED_AT])
    return Picture(
        container.format,
        content_type,
        extension,
        width,
        height,
        _digest(renditions[DIGESTED], width, height),
        plain,
        mirrored,
        **quality.measure(shown[224], min(width, height))._asdict(),
        taken_at=facts.taken_at,
        gps=facts.gps,
        renditions=renditions,
    )


def _upright(stored: np.ndarray, orientation: int) -> np.ndarray:
    turn = UPRIGHT.get(orientation)
    return np.ascontiguousarray(turn(stored)) if turn else stored


def _digest(rendition: Rendition, width: int, height: int) -> str:
    """What the same pixels always give and no metadata changes: the original's size, and the largest rendition.

    The rendition follows from the pixels alone and is hashed already, while five megabytes of pixels are not.
    """
    return hashlib.sha256(f"{width} {height} {rendition.sha256}".encode()).hexdigest()
