"""What a picture is like: too dark, too light, empty, blurred. Flags inform and never refuse."""

from typing import NamedTuple

import cv2
import numpy as np

SMALL, DARK, LIGHT, PLAIN = 224, 0.32, 0.95, 3.0  # pixels, brightness, brightness, bits (cleanvision's thresholds)
BLURRED = 4.0  # of the 224 rendition; the least sharp of 169 sample photos has 7


class Quality(NamedTuple):
    """Brightness percentiles 0..1, entropy in bits, sharpness, the flags they raise, and the mean colour 0xRRGGBB."""

    dark: float
    light: float
    entropy: float
    sharpness: float
    flags: tuple[str, ...]
    tint: int


def measure(pixels: np.ndarray, shorter_side: int) -> Quality:
    """Measure RGB (h, w, 3) uint8 of a rendition; `shorter_side` is the original's, in pixels."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    light, dark = np.percentile(_brightness(pixels), (5, 99))
    entropy, sharpness = _entropy(grey), float(cv2.Laplacian(grey, cv2.CV_16S).std())
    found = {
        "small": shorter_side < SMALL,
        "dark": dark < DARK,
        "light": light > LIGHT,
        "low_information": entropy < PLAIN,
        "blurry": sharpness < BLURRED,
    }
    flags = tuple(sorted(flag for flag, raised in found.items() if raised))
    return Quality(float(dark), float(light), entropy, sharpness, flags, _tint(pixels))


def _brightness(pixels: np.ndarray) -> np.ndarray:
    """Perceived brightness 0..1 of every second pixel each way: percentiles need no more."""
    red, green, blue = np.moveaxis(pixels[::2, ::2].astype(np.float32), 2, 0)
    return np.sqrt(0.241 * red * red + 0.691 * green * green + 0.068 * blue * blue) / 255


def _entropy(grey: np.ndarray) -> float:
    share = np.bincount(grey.ravel(), minlength=256) / grey.size
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum()) + 0.0


def _tint(pixels: np.ndarray) -> int:
    red, green, blue = (round(value) for value in cv2.mean(pixels)[:3])
    return red << 16 | green << 8 | blue
