"""Making pictures smaller: as good as a bicubic resampler at a quarter of its cost."""

import cv2
import numpy as np

# What comes before and after OpenCV's cubic interpolation, by the ratio source / target: two taps of a symmetric
# low-pass of five, and the strength of a three-tap sharpening. Fitted on photos against a full Lanczos resize
# (`bench ingest` prints the PSNR that is left: 43 to 50 dB); in between the ratio decides linearly.
RATIOS = (1.0, 1.12, 1.33, 1.46, 1.95, 2.57, 3.0)
NEAR = (0.0, 0.044, 0.163, 0.225, 0.338, 0.282, 0.238)
FAR = (0.0, -0.012, -0.020, -0.050, -0.050, 0.077, 0.133)
SHARP = (0.0, 0.007, 0.075, 0.050, 0.050, 0.118, 0.118)


def resized(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """RGB (h, w, 3) uint8 → (height, width, 3), never larger than it was. Cheap, deterministic, antialiased."""
    while pixels.shape[1] > RATIOS[-1] * width or pixels.shape[0] > RATIOS[-1] * height:
        pixels = _halved(pixels, width, height)
    if pixels.shape[:2] == (height, width):
        return pixels
    ratio = max(pixels.shape[1] / width, pixels.shape[0] / height)
    near, far, sharp = (float(np.interp(ratio, RATIOS, taps)) for taps in (NEAR, FAR, SHARP))
    smooth = _filtered(pixels, (far, near, 1 - 2 * (near + far), near, far))
    small = cv2.resize(smooth, (width, height), interpolation=cv2.INTER_CUBIC)
    return _filtered(small, (-sharp, 1 + 2 * sharp, -sharp))


def _halved(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    sides = max(width, pixels.shape[1] // 2), max(height, pixels.shape[0] // 2)
    return cv2.resize(pixels, sides, interpolation=cv2.INTER_AREA)


def _filtered(pixels: np.ndarray, taps: tuple[float, ...]) -> np.ndarray:
    kernel = np.array(taps, np.float32)
    return cv2.sepFilter2D(pixels, -1, kernel, kernel, borderType=cv2.BORDER_REPLICATE)
