"""The renditions: which sizes, from which source, as JPEGs with nothing in them but the picture."""

import hashlib
import zlib

import numpy as np
import simplejpeg

from .scale import resized
from .types import Rendition

BOXED = (1024, 100)  # the longer side fits: for people to look at
COVERED = (299, 224)  # the shorter side fits: training crops a square of this side out of it
SIZES = (*BOXED, *COVERED)
# libjpeg-turbo has vector code for these scales only: half is a tenth cheaper than three eighths.
QUICK = (1 / 8, 1 / 4, 1 / 2, 1.0)
OVERSAMPLE = 1.4  # decode this much more than the largest rendition, or its edges show the decoder's scaling
STEP = 1.25  # a rendition may be made from another that is this much larger; nearer, and the losses add up
# JPEG quality and chroma by size. Training pictures keep full chroma: a crop of 224 pixels has none to spare.
QUALITY = {1024: (85, "420"), 299: (90, "444"), 224: (90, "444"), 100: (85, "420")}


def targets(width: int, height: int) -> dict[int, tuple[int, int]]:
    """Rendition size → its (width, height), never larger than the upright original."""
    return {size: _fitted(width, height, size) for size in SIZES}


def _fitted(width: int, height: int, size: int) -> tuple[int, int]:
    side = max(width, height) if size in BOXED else min(width, height)
    factor = min(1.0, size / side)
    return max(1, round(width * factor)), max(1, round(height * factor))


def decode_scale(width: int, height: int) -> float:
    """The smallest scale at which decoding still serves every rendition, of those that decoders are quick at."""
    wanted = min(1.0, OVERSAMPLE * max(wide / width for wide, _ in targets(width, height).values()))
    return next(scale for scale in QUICK if scale >= wanted)


def scaled(pixels: np.ndarray, width: int, height: int) -> dict[int, np.ndarray]:
    """RGB pixels of every rendition of an original of `width` x `height`, each from the smallest one that serves."""
    made, sources = {}, [pixels]
    for size, (wide, high) in sorted(targets(width, height).items(), key=lambda item: -item[1][0]):
        made[size] = resized(_source(sources, wide), wide, high)
        sources.append(made[size])
    return made


def _source(sources: list[np.ndarray], wide: int) -> np.ndarray:
    return next((one for one in reversed(sources) if one.shape[1] >= STEP * wide), sources[0])


def encode(size: int, pixels: np.ndarray) -> Rendition:
    """One rendition as a JPEG without any metadata, with the numbers its row and its archive need."""
    quality, chroma = QUALITY[size]
    data = simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), quality, colorsubsampling=chroma)
    height, width = pixels.shape[:2]
    return Rendition(size, data, width, height, hashlib.sha256(data).hexdigest(), zlib.crc32(data))
