"""What people do to a photo before they give it once more: the edits of FINDINGS, by class."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

MILD = ("re-encoded", "resized", "brightened", "watermarked")  # and mirrored: what must be refused
CUBIC = Image.Resampling.BICUBIC


def photos(root: Path) -> dict[str, list[Path]]:
    """Class folder → its photos, of the sample sets under `root`."""
    found: dict[str, list[Path]] = {}
    for path in sorted(root.glob("*/*/*.jp*g")):
        found.setdefault(f"{path.parts[-3]}/{path.parts[-2]}", []).append(path)
    return found


def jpeg(image: Image.Image, quality=85) -> bytes:
    """An RGB image as the bytes of a JPEG."""
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def resized(image, factor):
    return image.resize([max(1, round(side * factor)) for side in image.size], CUBIC)


def cropped(image, share):
    """`share` of the width and of the height gone, unevenly."""
    width, height = image.size
    left, top = width * share * 0.6, height * share * 0.3
    return image.crop([round(edge) for edge in (left, top, left + width * (1 - share), top + height * (1 - share))])


def gamma(image, power):
    return image.point([round(255 * (value / 255) ** power) for value in range(256)] * 3)


def brightness(image, factor):
    return ImageEnhance.Brightness(image).enhance(factor)


def rotated(image, degrees):
    """Turned, and cut to what is left without corners, as phones do."""
    width, height = image.size
    margin = np.tan(np.radians(degrees))
    across, down = round(height * margin / 2) + 1, round(width * margin / 2) + 1
    return image.rotate(degrees, CUBIC).crop((across, down, width - across, height - down))


def watermarked(image, where="corner"):
    """Half-transparent letters: small in a corner, or larger across the middle."""
    width, height = image.size
    layer = Image.new("RGBA", image.size)
    size = max(10, width // (16 if where == "corner" else 9))
    spot = (width * 0.97, height * 0.97) if where == "corner" else (width / 2, height / 2)
    anchor = "rs" if where == "corner" else "mm"
    ImageDraw.Draw(layer).text(spot, "(c) Some Agency", (255, 255, 255, 128), font_size=size, anchor=anchor)
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def bordered(image, colour):
    return ImageOps.expand(image, max(4, image.width // 25), colour)


EDITS: dict[str, list[Any]] = {
    "re-encoded": [lambda image, q=q: jpeg(image, q) for q in (30, 50, 70, 90)],
    "resized": [lambda image, f=f: jpeg(resized(image, f)) for f in (0.3, 0.5, 0.7, 0.9)],
    "brightened": [
        *(lambda image, f=f: jpeg(brightness(image, f)) for f in (0.8, 1.2)),
        *(lambda image, p=p: jpeg(gamma(image, p)) for p in (0.75, 1.3)),
    ],
    "watermarked": [lambda image, w=w: jpeg(watermarked(image, w)) for w in ("corner", "middle")],
    "bordered": [lambda image, c=c: jpeg(bordered(image, c)) for c in ("white", "black")],
    "cropped 2 %": [lambda image: jpeg(cropped(image, 0.02))],
    "cropped 5 %": [lambda image: jpeg(cropped(image, 0.05))],
    "cropped 10 %": [lambda image: jpeg(cropped(image, 0.10))],
    "rotated 1-3°": [lambda image, d=d: jpeg(rotated(image, d)) for d in (1, 2, 3)],
    "combined": [
        lambda image: jpeg(resized(cropped(image, 0.05), 0.5), 60),
        lambda image: jpeg(brightness(resized(image, 0.6), 1.2), 50),
        lambda image: jpeg(watermarked(cropped(image, 0.02)), 70),
        lambda image: jpeg(gamma(bordered(image, "white"), 1.2), 60),
    ],
    "mirrored": [
        lambda image: jpeg(ImageOps.mirror(image)),
        lambda image: jpeg(resized(ImageOps.mirror(image), 0.6), 60),
    ],
}
