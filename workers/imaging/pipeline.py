"""One pass over one file: check, decode once, look, hash, render."""

import hashlib

from . import colour, decode, exif, fingerprint, formats, quality, render, upright
from .types import Limits, Picture, Rendition

LOOKED_AT = 299  # the rendition whose fingerprint is taken
DIGESTED = 1024  # the rendition by which a photo saved with other metadata is known again


def process(data: bytes, limits: Limits = Limits()) -> Picture:  # noqa: B008 (frozen)
    """Everything ingest wants to know of one received file, in one pass and one decode.

    Raises Rejected, and nothing else, for bytes that are not a sound photo within `limits`. The same bytes always
    give the same Picture, renditions included.
    """
    container = formats.read(data, limits)
    facts = exif.read(container.exif)
    turn = upright.turn(container, facts.orientation)
    sides = container.width, container.height
    width, height = sides if turn < 5 else sides[::-1]
    turned = upright.turned(decode.pixels(container, render.decode_scale(width, height)), turn)
    shown = render.scaled(colour.to_srgb(turned, container.icc), width, height)
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


def _digest(rendition: Rendition, width: int, height: int) -> str:
    """What the same pixels always give and no metadata changes: the original's size, and the largest rendition.

    The rendition follows from the pixels alone and is hashed already, while five megabytes of pixels are not.
    """
    return hashlib.sha256(f"{width} {height} {rendition.sha256}".encode()).hexdigest()
