"""Where things stand: rooms and landscapes, each different."""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from .canvas import FINE, Colour, Pen, Point, darker, gradient, hexed, lighter, mix, ring

PALETTES = [
    [hexed(colour) for colour in line.split()]
    for line in (
        "f4d6b0 e07a5f 3d405b 81b29a f2cc8f",
        "dfe7ee 4f6d8f 1f3044 c96b4b f0b67f",
        "f7e1d7 b5838d 6d6875 e5989b 84a59d",
        "e9e4d4 606c38 283618 dda15e bc6c25",
        "cfe8ef 118ab2 073b4c ef476f ffd166",
        "f3e9f7 7b5ea7 35224f e8a0bf f6c177",
        "e8f1e4 5b8e7d 22403a f4a259 bc4b51",
        "fbe8c8 d1603d 5c3a21 7a9e9f b8b08d",
        "e6ebe9 8a9b9a 3a4a4f d98e73 c9a66b",
        "ffe5ec c9184a 590d22 5fa8a0 ffb3c1",
        "d9e8d8 3f7d58 1b4332 e9c46a f4845f",
        "d8dbf0 5c6bc0 232a5c f2a65a e76f6f",
    )
]
WIDTH, HEIGHT = 960, 720


@dataclass(frozen=True)
class Scene:
    """A background, where a thing stands on it (in pixels), and the light."""

    image: Image.Image
    palette: list[Colour]
    light: Point
    ground: float
    random: np.random.Generator

    def pen(self, x: float, y: float, scale: float, turn: float = 0.0, flip: bool = False) -> Pen:
        """A pen at a fraction of the width and height; 1 unit is `scale` of the height."""
        width, height = self.image.size
        return Pen(self.image, (x * width, y * height), scale * height, turn, flip, self.light)


def blank(random: np.random.Generator, tall: bool) -> tuple[Image.Image, list[Colour], Point]:
    """An empty picture, a palette and a light from above."""
    size = (HEIGHT * FINE, WIDTH * FINE) if tall else (WIDTH * FINE, HEIGHT * FINE)
    palette = [*PALETTES[random.integers(len(PALETTES))]]
    return Image.new("RGB", size), palette, (float(random.uniform(-1, 1)), -float(random.uniform(0.3, 1)))


def room(random: np.random.Generator, tall: bool) -> Scene:
    """A wall, a table or a shelf, and light from a window."""
    image, palette, light = blank(random, tall)
    width, height = image.size
    wall, table = (
        (palette[0], palette[2]) if random.random() < 0.6 else (palette[int(random.choice([1, 3]))], palette[0])
    )
    image.paste(gradient(image.size, lighter(wall, 0.35), darker(wall, 0.45), light))
    scene = Scene(image, palette, light, float(random.uniform(0.58, 0.8)), random)
    WALLS[random.integers(len(WALLS))](scene)
    edge = int(scene.ground * height)
    image.paste(
        gradient((width, height - edge), lighter(table, 0.18), darker(table, 0.35), (light[0], -0.4)), (0, edge)
    )
    image.paste(lighter(table, 0.4), (0, edge, width, edge + height // 160))
    if random.random() < 0.7:
        window_light(scene)
    return scene


def striped(scene: Scene) -> None:
    """Wallpaper in stripes, upright or slanting."""
    count, lean = int(scene.random.integers(4, 12)), float(scene.random.uniform(-0.4, 0.4))
    pen = scene.pen(0, 0, 1)
    tone = scene.palette[int(scene.random.integers(1, 5))]
    for i in range(-count, 2 * count):
        x = 1.5 * i / count
        wide = 0.75 / count
        pen.fill([(x, 0), (x + wide, 0), (x + wide + lean, 1), (x + lean, 1)], tone, 0.1, 0.35)


def dotted(scene: Scene) -> None:
    """Wallpaper with dots."""
    step, tone = float(scene.random.uniform(0.12, 0.3)), scene.palette[int(scene.random.integers(1, 5))]
    pen = scene.pen(0, 0, 1, float(scene.random.uniform(-20, 20)))
    for row in range(-4, int(1.6 / step) + 2):
        for column in range(-4, int(1.9 / step) + 2):
            pen.disc((column + row % 2 / 2) * step, row * step, step * 0.22, colour=tone, shade=0.1, opacity=0.45)


def arched(scene: Scene) -> None:
    """Big arches or a sun on the wall."""
    for _ in range(int(scene.random.integers(1, 4))):
        x, radius = float(scene.random.uniform(0, 1)), float(scene.random.uniform(0.15, 0.5))
        pen, tone = scene.pen(x, scene.ground, 1), scene.palette[int(scene.random.integers(1, 5))]
        pen.fill([*ring(0, -radius * 0.7, radius, start=180, end=360), (radius, 0.1), (-radius, 0.1)], tone, 0.2, 0.7)


def bokeh(scene: Scene) -> None:
    """Lights far away, out of focus."""
    image = scene.image
    soft = image.copy()
    pen = Scene(soft, scene.palette, scene.light, scene.ground, scene.random).pen(0, 0, 1)
    for _ in range(26):
        x, y, r = scene.random.uniform((0, 0, 0.02), (1.4, 0.9, 0.13))
        pen.disc(x, y, r, colour=scene.palette[int(scene.random.integers(5))], shade=0.3, opacity=0.6)
    image.paste(soft.filter(ImageFilter.GaussianBlur(9)))


def framed(scene: Scene) -> None:
    """Pictures hanging on the wall, or a window."""
    for _ in range(int(scene.random.integers(1, 4))):
        x, y = scene.random.uniform((0.1, 0.1), (0.9, 0.4))
        w, h = scene.random.uniform(0.09, 0.22, 2)
        pen, tone = scene.pen(x, y, 1), scene.palette[int(scene.random.integers(1, 5))]
        pen.shadow(0.02, 0.03, w, h, 0.35)
        pen.fill([(-w, -h), (w, -h), (w, h), (-w, h)], scene.palette[2], 0.2)
        w, h = w - 0.02, h - 0.02
        pen.fill([(-w, -h), (w, -h), (w, h), (-w, h)], lighter(tone, 0.5), 0.2)
        pen.fill([(-w, h), (-w, 0.2 * h), (0, -0.5 * h), (0.5 * w, 0.3 * h), (w, -0.1 * h), (w, h)], tone, 0.3)


WALLS = (striped, dotted, arched, bokeh, framed)


def window_light(scene: Scene) -> None:
    """The slanting shape of a sunlit window."""
    lean, x, wide = (float(v) for v in scene.random.uniform((-0.5, 0, 0.2), (0.5, 1.0, 0.5)))
    layer = scene.image.copy()
    pen = Scene(layer, scene.palette, scene.light, scene.ground, scene.random).pen(x, 0, 1)
    for left, right in ((-wide, -0.02), (0.02, wide)):
        pen.fill([(left, -0.1), (right, -0.1), (right + lean, 1.1), (left + lean, 1.1)], (255, 240, 205), 0.05, 0.5)
    scene.image.paste(Image.blend(scene.image, layer.filter(ImageFilter.GaussianBlur(10)), 0.6))


def landscape(random: np.random.Generator, tall: bool, sea: bool = False) -> Scene:
    """A sky with a sun and clouds, hills behind hills, a meadow or the sea."""
    image, palette, light = blank(random, tall)
    day = float(random.random())
    sky = mix(palette[1], hexed("8ec9e8"), 0.5 if day < 0.6 else 0.0)
    glow = palette[4] if day > 0.4 else hexed("fff3d6")
    image.paste(gradient(image.size, darker(sky, 0.25 * day), lighter(glow, 0.35), (light[0] / 2, -1)))
    scene = Scene(image, palette, light, float(random.uniform(0.5, 0.78)), random)
    sun = scene.pen(0.5 + 0.45 * light[0], float(random.uniform(0.1, 0.4)), 1)
    sun.glow(0, 0, 0.35, lighter(glow, 0.6), 0.8)
    sun.disc(0, 0, float(random.uniform(0.04, 0.1)), colour=lighter(glow, 0.75), shade=0.05)
    for _ in range(int(random.integers(0, 5))):
        cloud(scene, *random.uniform((0.05, 0.06, 0.05), (0.95, 0.38, 0.14)))
    for i in range(int(random.integers(1, 4))):
        hills(
            scene,
            scene.ground - 0.04 * (2 - i),
            mix(palette[int(random.integers(1, 4))], sky, 0.6 - 0.25 * i),
            0.2 - 0.05 * i,
        )
    (water if sea else meadow)(scene)
    return scene


def cloud(scene: Scene, x: float, y: float, size: float) -> None:
    pen = scene.pen(x, y, size)
    for dx, dy, r in ((-1.1, 0.2, 0.55), (0, -0.15, 0.85), (1.0, 0.15, 0.6), (0.4, 0.3, 0.6), (-0.5, 0.3, 0.6)):
        pen.disc(dx, dy, r, r * 0.7, colour=(250, 246, 240), shade=0.08, opacity=0.85)


def hills(scene: Scene, base: float, colour: Colour, high: float) -> None:
    """One rolling line of hills."""
    shifts, waves = scene.random.uniform(0, 6.3, 3), scene.random.uniform((2, 5, 9), (4, 8, 14))
    xs = [i / 60 for i in range(61)]
    tops = [base - high * (0.5 + 0.5 * math.sin(waves[0] * x + shifts[0])) - 0.02 * math.sin(waves[2] * x) for x in xs]
    wide = scene.image.width / scene.image.height
    scene.pen(0, 0, 1).fill(
        [*((x * wide, y) for x, y in zip(xs, tops, strict=True)), (wide, 1.1), (0, 1.1)], colour, 0.25
    )


def meadow(scene: Scene) -> None:
    """Grass in front, with a path or tufts."""
    green = mix(scene.palette[3], hexed("6a994e"), 0.55)
    hills(scene, scene.ground + 0.03, green, 0.04)
    for _ in range(46):
        x, y = scene.random.uniform((0, scene.ground + 0.06), (1, 1))
        pen = scene.pen(x, y, 0.012 + 0.05 * (y - scene.ground))
        pen.stroke([(-0.5, 0), (0, -1)], 0.2, darker(green, 0.25))
        pen.stroke([(0.1, 0), (0.4, -0.8)], 0.2, lighter(green, 0.2))


def water(scene: Scene) -> None:
    """The sea with waves and a path of light."""
    width, height = scene.image.size
    edge = int(scene.ground * height)
    deep = mix(scene.palette[1], hexed("1d6f8c"), 0.6)
    scene.image.paste(gradient((width, height - edge), lighter(deep, 0.3), darker(deep, 0.35), (0, -1)), (0, edge))
    for _ in range(60):
        x, y = scene.random.uniform((0, scene.ground + 0.01), (1, 1))
        size = 0.02 + 0.16 * (y - scene.ground)
        scene.pen(x, y, size).stroke([(-1, 0), (-0.3, -0.08), (0.3, 0), (1, -0.06)], 0.07, lighter(deep, 0.45))
