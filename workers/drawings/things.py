"""The things we draw, each in about one unit around its middle, standing on y = 0.5 unless it hangs or flies."""

import math

import numpy as np

from .canvas import Colour, Pen, darker, hexed, lighter, mix, ring
from .scenes import Scene

STEEL, BRASS, BARK = hexed("9aa7b1"), hexed("c9a24b"), hexed("6b4a36")


def choice(random: np.random.Generator, *colours: str) -> Colour:
    return hexed(str(random.choice(colours)))


def apple(pen: Pen, scene: Scene) -> None:
    random = scene.random
    skin = choice(random, "c1272d", "8fb339", "d9432f", "e5b93c", "9b1b30")
    pen.shadow(0.08, 0.48, 0.5, 0.1)
    pen.blob(
        [(0, -0.3), (0.28, -0.38), (0.5, -0.12), (0.44, 0.25), (0.2, 0.5), (0, 0.45), (-0.2, 0.5), (-0.44, 0.25),
         (-0.5, -0.12), (-0.28, -0.38)], skin, 0.5,
    )  # fmt: skip
    for x in random.uniform(-0.35, 0.35, 16):
        y = float(random.uniform(-0.2, 0.35))
        pen.disc(float(x), y, 0.008, colour=lighter(skin, 0.6), opacity=0.7)
    pen.disc(-0.22, -0.12, 0.07, 0.13, colour=lighter(skin, 0.85), opacity=0.55)
    pen.disc(0, -0.31, 0.12, 0.035, colour=darker(skin, 0.5), shade=0.1)
    pen.stroke([(0, -0.3), (0.02, -0.42), (0.08, -0.52)], 0.045, BARK)
    if random.random() < 0.7:
        blade(pen.moved(0.2, -0.48, 0.32, -25), choice(random, "588157", "7fb069", "3a7d44"))


def blade(pen: Pen, green: Colour, vein: bool = True) -> None:
    """A leaf from (-0.7, 0) to (0.7, 0)."""
    pen.blob(
        [(-0.7, 0), (-0.35, -0.26), (0.1, -0.32), (0.45, -0.18), (0.75, 0), (0.4, 0.2), (0, 0.3), (-0.4, 0.22)], green
    )
    if vein:
        pen.stroke([(-0.68, 0), (0, 0.02), (0.7, 0)], 0.022, lighter(green, 0.45))
        for x in (-0.4, -0.15, 0.1, 0.35):
            pen.stroke([(x, 0), (x + 0.16, -0.17)], 0.014, lighter(green, 0.4))
            pen.stroke([(x, 0.01), (x + 0.16, 0.16)], 0.014, lighter(green, 0.4))


def leaf(pen: Pen, scene: Scene) -> None:
    random = scene.random
    colour = choice(random, "bc4b1e", "e09f3e", "588157", "9e2a2b", "7f9c3b", "d4791f")
    form = int(random.integers(3))
    pen.shadow(0.06, 0.1, 0.5, 0.35, 0.3, 0.09)
    if form == 0:
        blade(pen.moved(0, 0, 0.95, -60), colour)
        pen.stroke([(-0.32, 0.56), (-0.4, 0.75)], 0.04, darker(colour, 0.4))
    elif form == 1:
        maple(pen, colour)
    else:
        pen.stroke([(0.05, 0.75), (0, 0.2), (0, -0.55)], 0.035, darker(colour, 0.4))
        for i, y in enumerate((0.45, 0.2, -0.05, -0.3)):
            for side in (-1, 1):
                tip = pen.moved(side * 0.27, y - 0.1, 0.36 - 0.03 * i, -35 if side > 0 else -145)
                blade(tip, mix(colour, lighter(colour), 0.15 * i))
        blade(pen.moved(0, -0.66, 0.32, -90), lighter(colour, 0.2))


def maple(pen: Pen, colour: Colour) -> None:
    half = [(0, -0.75), (0.12, -0.45), (0.3, -0.52), (0.27, -0.25), (0.62, -0.32), (0.52, -0.12), (0.68, 0.02),
            (0.36, 0.14), (0.4, 0.28), (0.05, 0.22)]  # fmt: skip
    pen.stroke([(0, 0.1), (0.03, 0.5), (0.1, 0.75)], 0.04, darker(colour, 0.35))
    pen.fill([*half, *((-x, y) for x, y in reversed(half))], colour, 0.4)
    for x, y in ((0, -0.6), (0.48, -0.22), (-0.48, -0.22), (0.3, 0.16), (-0.3, 0.16)):
        pen.stroke([(0, 0.2), (x, y)], 0.018, lighter(colour, 0.4))


def cup(pen: Pen, scene: Scene) -> None:
    random, palette = scene.random, scene.palette
    glaze, band = palette[int(random.integers(1, 5))], palette[0]
    taper = float(random.uniform(0.02, 0.14))
    pen.shadow(0.1, 0.5, 0.52, 0.09)
    pen.stroke(ring(0.42, 0.02, 0.2, 0.24, -95, 95), 0.085, darker(glaze, 0.15))
    pen.fill([(-0.42, -0.4), (0.42, -0.4), (0.42 - taper, 0.45), *ring(0, 0.45, 0.42 - taper, 0.07, 0, 180),
              (-0.42 + taper, 0.45)], glaze, 0.5)  # fmt: skip
    if random.random() < 0.6:
        for y in np.linspace(-0.1, 0.25, int(random.integers(1, 4))):
            rim = 0.42 - taper * (y + 0.4) / 0.85
            pen.fill(
                [*ring(0, y, rim, 0.06, 0, 180), *reversed(ring(0, y + 0.08, rim - 0.008, 0.06, 0, 180))], band, 0.3
            )
    pen.disc(0, -0.4, 0.42, 0.09, colour=lighter(glaze, 0.35), shade=0.2)
    pen.disc(0, -0.39, 0.37, 0.068, colour=choice(random, "4a2c1a", "7b4b2a", "8a5a2b", "90a955"), shade=0.25)
    shine = [(-0.32, -0.25), (-0.25, -0.24), (-0.27 + taper / 2, 0.3), (-0.31 + taper / 2, 0.28)]
    pen.fill(shine, lighter(glaze, 0.8), 0, 0.5)
    for x in (-0.12, 0.08):
        steam = [(x + 0.05 * math.sin(9 * y), -0.5 + y) for y in np.linspace(0, -0.36, 12)]
        pen.stroke(steam, 0.022, lighter(palette[0], 0.6))


def cat(pen: Pen, scene: Scene) -> None:
    random = scene.random
    fur = choice(random, "3b3b46", "d98841", "8d8d99", "e8dcc8", "5b4636", "b5651d")
    eye, stripes = choice(random, "f2c14e", "7fb069", "6fb1d9"), random.random() < 0.55
    pen.shadow(0.05, 0.5, 0.46, 0.08)
    tail = [(0.25, 0.42), (0.55, 0.42), (0.66, 0.2), (0.56, -0.02), (0.64, -0.16)]
    pen.stroke(tail, 0.1, darker(fur, 0.1))
    pen.blob(
        [(0, -0.2), (0.22, -0.05), (0.34, 0.25), (0.32, 0.48), (0, 0.52), (-0.32, 0.48), (-0.34, 0.25), (-0.22, -0.05)],
        fur,
    )
    pen.blob([(0, 0.02), (0.13, 0.2), (0.1, 0.46), (0, 0.5), (-0.1, 0.46), (-0.13, 0.2)], lighter(fur, 0.55), 0.15)
    for x in (-0.13, 0.13):
        pen.disc(x, 0.48, 0.1, 0.06, colour=lighter(fur, 0.35))
        pen.fill([(x * 2.3, -0.72), (x * 0.5, -0.5), (x * 2.4, -0.36)], fur, 0.3)
        pen.fill([(x * 2.1, -0.64), (x * 0.95, -0.5), (x * 2.1, -0.42)], hexed("d99a9a"), 0.2)
    pen.disc(0, -0.32, 0.33, 0.27, colour=fur, shade=0.35)
    for x in (-0.13, 0.13):
        pen.disc(x, -0.34, 0.07, 0.075, colour=eye, shade=0.2)
        pen.disc(x, -0.34, 0.022, 0.065, colour=(20, 18, 26), shade=0)
        pen.disc(x - 0.02, -0.37, 0.016, colour=(255, 255, 255), shade=0)
        for dy in (-0.02, 0.03, 0.08):
            pen.stroke([(x * 0.8, -0.2 + dy / 2), (x * 3.4, -0.24 + dy)], 0.01, lighter(fur, 0.75))
    pen.blob([(-0.05, -0.24), (0.05, -0.24), (0, -0.18)], hexed("d27d7d"), 0.2)
    pen.stroke([(-0.07, -0.13), (0, -0.17), (0.07, -0.13)], 0.014, darker(fur, 0.6))
    for i in range(3 if stripes else 0):
        pen.stroke([(0.06 * i - 0.06, -0.57), (0.05 * i - 0.05, -0.48)], 0.03, darker(fur, 0.45))
        for side in (-1, 1):
            pen.stroke([(side * 0.32, 0.12 + 0.12 * i), (side * 0.17, 0.14 + 0.12 * i)], 0.03, darker(fur, 0.45))


def bicycle(pen: Pen, scene: Scene) -> None:
    random = scene.random
    paint = scene.palette[int(random.integers(1, 5))]
    back, front, pedals, saddle, head = (-0.52, 0.18), (0.52, 0.18), (-0.1, 0.2), (-0.22, -0.28), (0.34, -0.3)
    pen.shadow(0, 0.5, 0.8, 0.05)
    for x, y in (back, front):
        pen.stroke(ring(x, y, 0.31), 0.045, (38, 38, 46), closed=True)
        pen.stroke(ring(x, y, 0.28), 0.014, STEEL, closed=True)
        for spoke in range(9):
            a = spoke * math.tau / 9 + float(random.random())
            pen.stroke([(x, y), (x + 0.28 * math.cos(a), y + 0.28 * math.sin(a))], 0.006, lighter(STEEL, 0.3), 0)
        pen.disc(x, y, 0.035, colour=STEEL)
    pen.stroke([back, pedals, (0.37, -0.2), saddle, pedals], 0.04, paint)
    pen.stroke([back, saddle], 0.03, paint)
    pen.stroke([front, head], 0.036, lighter(paint, 0.15))
    pen.stroke([(-0.1, 0.2), (-0.235, -0.36)], 0.034, paint)
    pen.blob([(-0.37, -0.37), (-0.25, -0.41), (-0.1, -0.37), (-0.22, -0.34)], darker(BARK, 0.2))
    bars = (
        [(0.34, -0.3), (0.33, -0.4), (0.2, -0.42)]
        if random.random() < 0.5
        else [(0.34, -0.3), (0.36, -0.38), (0.48, -0.38), (0.5, -0.26)]
    )
    pen.stroke(bars, 0.03, (50, 46, 52))
    pen.disc(*pedals, 0.085, colour=darker(STEEL, 0.2))
    pen.stroke([(-0.16, 0.05), (-0.1, 0.2), (-0.04, 0.35)], 0.024, STEEL)
    if random.random() < 0.5:
        pen.fill([(0.42, -0.34), (0.7, -0.34), (0.66, -0.12), (0.46, -0.12)], hexed("b08149"), 0.35)
        for y in (-0.28, -0.22, -0.17):
            pen.stroke([(0.44, y), (0.68, y)], 0.012, hexed("7a5530"))


def valve(pen: Pen, scene: Scene) -> None:
    random = scene.random
    metal = BRASS if random.random() < 0.5 else choice(random, "8d99a6", "6c757d", "a0522d", "3d6b8c")
    wheel = choice(random, "c1272d", "1f6fb2", "2a9d4a", "e0a526", "222831")
    pen.shadow(0.05, 0.5, 0.75, 0.08)
    for side in (-1, 1):
        pen.fill(
            [(side * 1.6, 0.03), (side * 0.4, 0.03), (side * 0.4, 0.33), (side * 1.6, 0.33)], darker(metal, 0.15), 0.4
        )
        pen.fill([(side * 0.62, -0.04), (side * 0.44, -0.04), (side * 0.44, 0.4), (side * 0.62, 0.4)], metal, 0.45)
        for y in (0.04, 0.18, 0.32):
            pen.disc(side * 0.53, y, 0.035, colour=lighter(metal, 0.3))
    pen.blob(
        [
            (-0.45, 0.05),
            (-0.2, -0.1),
            (0.2, -0.1),
            (0.45, 0.05),
            (0.45, 0.31),
            (0.2, 0.47),
            (-0.2, 0.47),
            (-0.45, 0.31),
        ],
        metal,
        0.5,
    )
    pen.fill([(-0.17, -0.32), (0.17, -0.32), (0.2, -0.02), (-0.2, -0.02)], darker(metal, 0.1), 0.45)
    pen.fill([(-0.22, -0.32), (0.22, -0.32), (0.22, -0.24), (-0.22, -0.24)], lighter(metal, 0.15), 0.4)
    pen.fill([(-0.035, -0.62), (0.035, -0.62), (0.035, -0.3), (-0.035, -0.3)], lighter(STEEL, 0.2), 0.4)
    if random.random() < 0.6:
        pen.stroke(ring(0, -0.62, 0.42, 0.13), 0.075, wheel, 0.35, closed=True)
        for angle in range(0, 360, 60):
            x, y = 0.4 * math.cos(math.radians(angle)), 0.12 * math.sin(math.radians(angle))
            pen.stroke([(0, -0.62), (x, -0.62 + y)], 0.05, darker(wheel, 0.1))
        pen.disc(0, -0.62, 0.09, 0.045, colour=lighter(wheel, 0.2))
    else:
        pen.stroke([(-0.05, -0.6), (0.62, -0.66), (0.8, -0.62)], 0.1, wheel, 0.4)
        pen.disc(0, -0.6, 0.1, 0.07, colour=STEEL)
    pen.disc(-0.15, 0.1, 0.12, 0.05, colour=lighter(metal, 0.8), opacity=0.45)
