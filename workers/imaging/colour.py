"""Any stored pixels to 8-bit sRGB on white. `convert("RGB")` turns 16-bit mid-grey white and bares what alpha hid."""

import io

import numpy as np
from PIL import Image, ImageCms

SRGB_NAMES = (b"sRGB", "sRGB".encode("utf-16-be"))
BAND = 256  # rows converted at a time: 50 megapixels of RGBA, or of Pillow's copies, must not exist twice
PROFILE_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError)


def to_srgb(pixels: np.ndarray, icc: bytes) -> np.ndarray:
    """RGB (h, w, 3) uint8 under its colour profile → sRGB. A missing, broken or foreign profile changes nothing."""
    convert = transform(icc, "RGB")
    if convert is None:
        return pixels
    result = np.empty_like(pixels)
    for top in range(0, len(pixels), BAND):
        result[top : top + BAND] = convert(Image.fromarray(pixels[top : top + BAND]))
    return result


def transform(icc: bytes, mode: str):
    """A function from Pillow images of `mode` (RGB or CMYK) to sRGB ones, or None where there is nothing to do."""
    space = {"RGB": b"RGB ", "CMYK": b"CMYK"}[mode]
    if icc[16:20] != space or any(name in icc for name in SRGB_NAMES):
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        built = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB")
    except PROFILE_ERRORS:
        return None
    return lambda image: ImageCms.applyTransform(image, built)


def flatten(image: Image.Image, depth: int = 8) -> np.ndarray:
    """A Pillow image of any mode → (h, w, 3) uint8, transparency on white; `depth` is the stored bits of a sample."""
    if image.mode in ("1", "L", "I", "I;16", "I;16B", "I;16L", "I;16N"):
        return _grey(image, depth)
    if image.mode == "RGB" and "transparency" in image.info:
        return _keyed(np.array(image), image.info["transparency"])
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return on_white(np.asarray(image.convert("RGBA")))
    return np.asarray(image.convert("RGB"))


def on_white(rgba: np.ndarray) -> np.ndarray:
    """RGBA (h, w, 4) uint8 → RGB on white, rounded as an integer so that every machine agrees."""
    alpha = rgba[..., 3:].astype(np.uint16)
    blended = rgba[..., :3] * alpha + 255 * (255 - alpha) + 127
    return (blended // 255).astype(np.uint8)


def _grey(image: Image.Image, depth: int) -> np.ndarray:
    """Grey of 1 to 16 bits, its transparent value (given in stored units) on white."""
    wide = np.asarray(image.convert("L") if image.mode == "1" else image)
    key = image.info.get("transparency")
    if wide.dtype == np.uint8:
        grey = wide.copy()
        key = key * 255 // (2**depth - 1) if isinstance(key, int) and depth < 8 else key
    else:
        grey = ((np.clip(wide, 0, 65535).astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    if isinstance(key, int):
        grey[wide == key] = 255
    return np.repeat(grey[..., None], 3, axis=2)


def _keyed(pixels: np.ndarray, key) -> np.ndarray:
    """RGB with one colour declared transparent; a 16-bit one is compared by its high bytes, as the pixels were read."""
    colour = np.array([value >> 8 if max(key) > 255 else value for value in key], np.uint8)
    pixels[(pixels == colour).all(axis=2)] = 255
    return pixels
