"""The one decode of a picture: strictly, at the cheapest scale that still serves every rendition."""

import io
from collections.abc import Callable

import cv2
import numpy as np
import simplejpeg
from PIL import Image

from . import colour, heif, png
from .types import Container, Rejected

cv2.setNumThreads(1)
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # a broken file is no news of ours

PILLOW_ERRORS = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError)
Band = Callable[[int, int], np.ndarray]


def pixels(container: Container, scale: float) -> np.ndarray:
    """Decode to RGB (h, w, 3) uint8, in stored orientation, at `scale` (0..1) of the stored size or a little more.

    Raises Rejected("damaged") for whatever its decoder cannot read to the end, "too_complex" when memory runs out.
    """
    try:
        return DECODERS[container.format](container, scale)
    except MemoryError as error:
        raise Rejected("too_complex") from error


def _jpeg(container: Container, scale: float) -> np.ndarray:
    """Scaling happens inside the inverse DCT; strict mode refuses what libjpeg would only warn of."""
    sides = {"min_width": int(container.width * scale), "min_height": int(container.height * scale)}
    try:
        if not container.cmyk:
            return simplejpeg.decode_jpeg(container.body, "RGB", **sides)
        inks = simplejpeg.decode_jpeg(container.body, "CMYK", **sides)
    except ValueError as error:
        raise Rejected("damaged") from error
    return _printed(inks, container.icc)


def _printed(inks: np.ndarray, icc: bytes) -> np.ndarray:
    """CMYK as Adobe stores it, inverted, to sRGB: by its profile if it has one."""
    convert = colour.transform(icc, "CMYK") or (lambda image: image.convert("RGB"))

    def band(top: int, bottom: int) -> np.ndarray:
        return np.asarray(convert(Image.fromarray(255 - inks[top:bottom], "CMYK")))

    return _in_bands(band, inks.shape[1], inks.shape[0], 1)


def _png(container: Container, scale: float) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(container.body), formats=["PNG"]) as image:
            image.load()
    except PILLOW_ERRORS as error:
        raise Rejected("damaged") from error
    width, height = image.size
    # Rows come in order, so that only a last one of zeros may not have come; passes of an interlaced picture do not.
    in_doubt = image.info.get("interlace") or not np.asarray(image.crop((0, height - 1, width, height))).any()
    if in_doubt and png.rows_missing(container.body):
        raise Rejected("damaged")

    def band(top: int, bottom: int) -> np.ndarray:
        return colour.flatten(image.crop((0, top, width, bottom)), container.depth)

    return _in_bands(band, width, height, _factor(scale))


def _webp(container: Container, scale: float) -> np.ndarray:
    """OpenCV's decoder: Pillow's animation decoder holds four full canvases (805 MiB at 50 megapixels, against 337)."""
    try:
        stored = cv2.imdecode(np.frombuffer(container.body, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise Rejected("damaged") from error
    if stored is None or stored.shape[:2] != (container.height, container.width):
        raise Rejected("damaged")
    return _in_bands(_array_band(stored, reverse=True), container.width, container.height, _factor(scale))


def _heif(container: Container, scale: float) -> np.ndarray:
    image = heif.opened(container.body)
    try:
        stored = np.asarray(image)[:, : container.width]
    except heif.ERRORS as error:
        raise Rejected("damaged") from error
    if image.size != (container.width, container.height) or stored.shape[0] != container.height:
        raise Rejected("damaged")
    return _in_bands(_array_band(stored), container.width, container.height, _factor(scale))


def _array_band(stored: np.ndarray, reverse: bool = False) -> Band:
    """Rows of an 8-bit array of 1 to 4 channels as RGB; `reverse` where they lie as BGR(A)."""

    def band(top: int, bottom: int) -> np.ndarray:
        rows = np.atleast_3d(stored[top:bottom])
        channels = rows.shape[2]
        if channels < 3:
            rows = rows[..., [0, 0, 0, *range(1, channels)]]
        elif reverse:
            rows = rows[..., [2, 1, 0, *range(3, channels)]]
        return colour.on_white(rows) if rows.shape[2] == 4 else rows

    return band


def _factor(scale: float) -> int:
    """What to divide the sides by while flattening: the box filter is crude, so the resizer is left some of the way."""
    return max(1, int(0.75 / scale))


def _in_bands(band: Band, width: int, height: int, factor: int) -> np.ndarray:
    """Flatten (and box-reduce by `factor`) strip by strip into one array; only it and one strip exist at a time."""
    step = max(colour.BAND // factor, 1) * factor
    result = np.empty((-(-height // factor), -(-width // factor), 3), np.uint8)
    for top in range(0, height, step):
        rows = band(top, min(top + step, height))
        if factor > 1:
            rows = np.asarray(Image.fromarray(np.ascontiguousarray(rows)).reduce(factor))
        result[top // factor : top // factor + len(rows)] = rows
    return result


DECODERS = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp, "HEIF": _heif}
