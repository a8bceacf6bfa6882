"""The perceptual hash by which near-duplicates find each other: PDQ, 256 bits, of the picture without its frame."""

import cv2
import numpy as np
import pdqhash

ENOUGH = 50  # PDQ's own quality, 0..100; below it a hash says nothing
# PDQ is always asked about this many pixels a side: what it makes of a picture then no longer depends on the size it
# was given in. With it re-encoded, resized, brightened and mirrored copies stay within 24 bits on the sample photos.
CANONICAL = 128
# A frame is one colour along all four edges and about equally thick. A laxer trim (each side for itself) finds more
# frames, but also cuts plain backgrounds, differently after every edit: it cost 2 to 4 % of the mild copies.
SAME_COLOUR, STRAY, CROSSED = 16, 0.02, 0.05  # grey levels; share of an edge, and of a line, that may differ
THINNEST, THICKEST, UNEVEN = 0.02, 0.2, 0.01  # shares of the shorter side, so that a smaller copy is trimmed alike


def fingerprints(pixels: np.ndarray) -> tuple[bytes | None, bytes | None]:
    """PDQ of RGB (h, w, 3) uint8 and of its mirror image, 32 bytes each; None where the picture is too plain.

    The mirror image is hashed for itself: PDQ's own shortcut (compute_dihedral) is up to 44 bits off.
    """
    canonical = cv2.resize(trimmed(pixels), (CANONICAL, CANONICAL), interpolation=cv2.INTER_AREA)
    plain, quality = pdqhash.compute(canonical)
    if quality < ENOUGH:
        return None, None
    mirrored, _ = pdqhash.compute(cv2.flip(canonical, 1))
    return _packed(plain), _packed(mirrored)


def distance(a: bytes, b: bytes) -> int:
    """Bits in which two fingerprints differ, 0..256."""
    return (int.from_bytes(a) ^ int.from_bytes(b)).bit_count()


def _packed(bits: np.ndarray) -> bytes:
    return np.packbits(bits.astype(np.uint8)).tobytes()


def trimmed(pixels: np.ndarray) -> np.ndarray:
    """The picture (h, w, 3) without a uniform frame around all of it, or the picture itself."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    edges = [edge.astype(np.int16) for edge in (grey[0], grey[-1], grey[:, 0], grey[:, -1])]
    colour = np.median(np.concatenate(edges))
    if any((np.abs(edge - colour) > SAME_COLOUR).mean() > 2 * STRAY for edge in edges):
        return pixels
    other = np.abs(grey.astype(np.int16) - colour) > SAME_COLOUR
    rows, columns = other.mean(axis=1), other.mean(axis=0)
    sides = top, bottom, left, right = [_thickness(line) for line in (rows, rows[::-1], columns, columns[::-1])]
    height, width = grey.shape
    shares = np.array(sides) / min(height, width)
    if np.ptp(shares) > UNEVEN or not THINNEST <= shares.min() <= THICKEST:
        return pixels
    return pixels[top + 1 : height - bottom - 1, left + 1 : width - right - 1]  # one more: the frame's edge rings


def _thickness(line: np.ndarray) -> int:
    crossed = np.flatnonzero(line > CROSSED)
    return int(crossed[0]) if len(crossed) else 0
