"""A canvas to draw on with smooth shapes, soft light and shadows. Drawn twice as large as shown."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Point = tuple[float, float]
FINE = 2  # drawn larger by this, and reduced at the end


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """The colour `share` of the way from a to b."""
    return tuple(round(x + (y - x) * share) for x, y in zip(a, b, strict=True))  # type: ignore[return-value]


def lighter(colour: Colour, share: float = 0.3) -> Colour:
    return mix(colour, (255, 250, 238), share)


def darker(colour: Colour, share: float = 0.3) -> Colour:
    return mix(colour, (22, 18, 40), share)


def hexed(text: str) -> Colour:
    """A colour written as rrggbb."""
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)


def smooth(points: Sequence[Point], steps: int = 14) -> list[Point]:
    """A closed curve through the points (Catmull-Rom)."""
    curve = []
    for i in range(len(points)):
        a, b, c, d = (points[(i + k) % len(points)] for k in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            curve.append(
                (
                    _between(a[0], b[0], c[0], d[0], t),
                    _between(a[1], b[1], c[1], d[1], t),
                )
            )
    return curve


def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def ring(cx: float, cy: float, rx: float, ry: float | None = None, start: float = 0, end: float = 360) -> list[Point]:
    """Points of an ellipse, or of an arc of it, in degrees clockwise from three o'clock."""
    angles = (math.radians(start + (end - start) * i / 64) for i in range(65))
    return [(cx + rx * math.cos(a), cy + (rx if ry is None else ry) * math.sin(a)) for a in angles]


@dataclass(frozen=True)
class Pen:
    """Draws on an image in coordinates of its own: the middle at `at`, 1 unit is `scale` pixels, turned and flipped."""

    image: Image.Image
    at: Point
    scale: float
    turn: float = 0.0
    flip: bool = False
    light: Point = (-0.6, -0.8)

    def moved(self, x: float, y: float, scale: float = 1.0, turn: float = 0.0) -> "Pen":
        """A pen for a part: its middle at (x, y), smaller or larger, turned by degrees."""
        return replace(
            self, at=self.place((x, y)), scale=self.scale * scale, turn=self.turn + (-turn if self.flip else turn)
        )

    def place(self, point: Point) -> Point:
        """Where a point lies in the image."""
        x, y = (-point[0] if self.flip else point[0]) * self.scale, point[1] * self.scale
        cos, sin = math.cos(math.radians(self.turn)), math.sin(math.radians(self.turn))
        return self.at[0] + x * cos - y * sin, self.at[1] + x * sin + y * cos

    def fill(self, points: Sequence[Point], colour: Colour, shade: float = 0.35, opacity: float = 1.0) -> None:
        """Fill a shape, lighter towards the light and darker away from it."""
        mask, corner = self._mask([self.place(point) for point in points])
        self._paint(mask, corner, colour, shade, opacity)

    def blob(self, points: Sequence[Point], colour: Colour, shade: float = 0.35, opacity: float = 1.0) -> None:
        """Fill the smooth shape through some points."""
        self.fill(smooth(points), colour, shade, opacity)

    def disc(self, x: float, y: float, rx: float, ry: float | None = None, *, colour: Colour, **how: float) -> None:
        """Fill an ellipse."""
        self.fill(ring(x, y, rx, ry), colour, **how)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour, shade: float = 0.35) -> None:
        """Fill a rectangle."""
        self.fill([(left, top), (right, top), (right, bottom), (left, bottom)], colour, shade)

    def stroke(
        self, points: Sequence[Point], width: float, colour: Colour, shade: float = 0.15, closed: bool = False
    ) -> None:
        """A line with round ends and joints; `width` in units."""
        placed = [self.place(point) for point in points]
        thick = max(2, width * self.scale)
        mask, (left, top) = self._mask(placed, round(thick), empty=True)
        placed = [(x - left, y - top) for x, y in placed]
        draw = ImageDraw.Draw(mask)
        draw.line([*placed, placed[0]] if closed else placed, 255, round(thick), "curve")
        for x, y in (placed[0], placed[-1]):
            draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), 255)
        self._paint(mask, (left, top), colour, shade, 1.0)

    def shadow(self, x: float, y: float, rx: float, ry: float, strength: float = 0.45, blur: float = 0.06) -> None:
        """A soft dark patch, under things that stand."""
        self._soft(ring(x, y, rx, ry), blur * self.scale, (18, 14, 34), strength)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float = 0.6) -> None:
        """Light that falls off smoothly."""
        self._soft(ring(x, y, radius * 0.55), radius * 0.3 * self.scale, colour, strength)

    def _soft(self, points: Sequence[Point], blur: float, colour: Colour, strength: float) -> None:
        mask, corner = self._mask([self.place(point) for point in points], round(3 * blur))
        mask = mask.filter(ImageFilter.GaussianBlur(blur)).point(lambda v: int(v * strength))
        self.image.paste(colour, (*corner, corner[0] + mask.width, corner[1] + mask.height), mask)

    def _mask(
        self, points: Sequence[Point], around: int = 0, empty: bool = False
    ) -> tuple[Image.Image, tuple[int, int]]:
        """A mask of the part of the picture the points lie in, and its corner. Small, because it is what costs."""
        xs, ys = [x for x, _ in points], [y for _, y in points]
        left, top = max(0, math.floor(min(xs)) - around), max(0, math.floor(min(ys)) - around)
        right = min(self.image.width, math.ceil(max(xs)) + around + 1)
        bottom = min(self.image.height, math.ceil(max(ys)) + around + 1)
        mask = Image.new("L", (max(1, right - left), max(1, bottom - top)))
        if not empty:
            ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in points], 255)
        return mask, (left, top)

    def _paint(self, mask: Image.Image, corner: tuple[int, int], colour: Colour, shade: float, opacity: float) -> None:
        part = mask.point(lambda v: int(v * opacity)) if opacity < 1 else mask
        self.image.paste(gradient(part.size, lighter(colour, shade), darker(colour, shade), self.light), corner, part)


def gradient(size: tuple[int, int], start: Colour, end: Colour, light: Point = (0, -1)) -> Image.Image:
    """From `start`, where the light comes from, to `end`."""
    width, height = size
    x, y = np.linspace(-0.5, 0.5, width, dtype=np.float32), np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
    length = math.hypot(*light)
    share = np.clip(0.5 - (x * light[0] + y * light[1]) / length / 1.2, 0, 1)
    mask = Image.fromarray((share * 255).astype(np.uint8))
    return Image.composite(Image.new("RGB", size, end), Image.new("RGB", size, start), mask)


def finished(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """The picture at its final size, with a vignette and the grain of paper."""
    small = image.resize((image.width // FINE, image.height // FINE), Image.Resampling.LANCZOS)
    width, height = small.size
    x, y = np.linspace(-1, 1, width)[None, :], np.linspace(-1, 1, height)[:, None]
    fall = 1 - 0.16 * np.clip((x**2 + y**2) - 0.5, 0, None)
    grain = random.normal(0, 2.2, (height, width, 1))
    pixels = np.asarray(small, np.float32) * fall[..., None] + grain
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
