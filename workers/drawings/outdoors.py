"""Things that stand, float or fly outside."""

import math

from .canvas import Pen, darker, hexed, lighter, ring
from .scenes import Scene
from .things import BARK, choice

WHITE = (244, 240, 232)


def lighthouse(pen: Pen, scene: Scene) -> None:
    random = scene.random
    red = choice(random, "c1272d", "1d3557", "2b2d42", "d1603d", "386641")
    rock = hexed("6b5f5a")
    pen.blob([(-0.75, 0.55), (-0.4, 0.34), (-0.1, 0.42), (0.35, 0.32), (0.8, 0.56), (0.3, 0.7), (-0.4, 0.7)], rock, 0.4)
    left, right, top, foot = -0.13, 0.13, -0.62, 0.4
    bands = int(random.integers(3, 6))
    for i in range(bands):
        a, b = top + (foot - top) * i / bands, top + (foot - top) * (i + 1) / bands
        wide_a, wide_b = 0.13 + 0.09 * i / bands, 0.13 + 0.09 * (i + 1) / bands
        pen.fill([(-wide_a, a), (wide_a, a), (wide_b, b), (-wide_b, b)], WHITE if i % 2 else red, 0.35)
    pen.fill(
        [(left - 0.06, top), (right + 0.06, top), (right + 0.04, top + 0.05), (left - 0.04, top + 0.05)],
        (48, 44, 52),
        0.2,
    )
    pen.glow(0, top - 0.11, 0.42, (255, 236, 170), 0.75)
    pen.fill([(-0.09, top - 0.2), (0.09, top - 0.2), (0.09, top), (-0.09, top)], (255, 230, 150), 0.3)
    for x in (-0.09, -0.03, 0.03, 0.09):
        pen.stroke([(x, top - 0.2), (x, top)], 0.014, (48, 44, 52))
    pen.fill([(-0.13, top - 0.2), (0, top - 0.36), (0.13, top - 0.2)], red, 0.3)
    pen.disc(0, top - 0.38, 0.025, colour=(48, 44, 52))
    for y in (-0.4, -0.08, 0.18):
        pen.fill([(-0.03, y), (0.03, y), (0.03, y + 0.09), (-0.03, y + 0.09)], (52, 58, 74), 0.2)
    if random.random() < 0.6:
        pen.fill([(0.22, 0.2), (0.58, 0.2), (0.58, 0.42), (0.22, 0.42)], WHITE, 0.25)
        pen.fill([(0.18, 0.2), (0.4, 0.04), (0.62, 0.2)], red, 0.3)


def sailing_boat(pen: Pen, scene: Scene) -> None:
    random = scene.random
    hull, sail = scene.palette[int(random.integers(1, 4))], choice(random, "f7f3e9", "f4d6b0", "e9ecef", "f28482")
    pen.fill([(-0.6, 0.4), (0.66, 0.4), (0.5, 0.6), (0.2, 0.68), (-0.4, 0.66)], (20, 40, 60), 0.1, 0.35)
    pen.stroke([(0, 0.28), (0, -0.85)], 0.03, BARK)
    pen.blob([(0.04, -0.8), (0.36, -0.25), (0.52, 0.14), (0.28, 0.2), (0.04, 0.18), (0.05, -0.3)], sail, 0.3)
    pen.fill([(-0.05, -0.72), (-0.07, 0.18), (-0.5, 0.18)], lighter(sail, 0.3), 0.3)
    if random.random() < 0.5:
        pen.fill([(0.06, -0.1), (0.42, -0.1), (0.47, 0.02), (0.06, 0.02)], hull, 0.2, 0.85)
    pen.fill([(-0.62, 0.25), (0.7, 0.25), (0.5, 0.46), (-0.46, 0.46)], hull, 0.4)
    pen.stroke([(-0.6, 0.27), (0.68, 0.27)], 0.04, lighter(hull, 0.6))
    pen.fill([(0.0, -0.92), (0.2, -0.87), (0.0, -0.82)], scene.palette[4], 0.2)


def balloon(pen: Pen, scene: Scene) -> None:
    random, palette = scene.random, scene.palette
    colours = [palette[int(i)] for i in random.permutation([1, 3, 4])]
    stripes = int(random.choice([6, 8, 10]))
    half = [(0.0, -0.85), (0.3, -0.78), (0.52, -0.56), (0.58, -0.28), (0.46, 0.02), (0.24, 0.28), (0.12, 0.36)]
    pen.fill([*half, *((-x, y) for x, y in reversed(half))], colours[0], 0.4)
    for i in range(stripes):
        a, b = (-math.cos(math.pi * k / stripes) for k in (i, i + 1))
        gore = [*((x * a, y) for x, y in half), *((x * b, y) for x, y in reversed(half))]
        pen.fill(gore, colours[i % len(colours[:2])], 0.35)
    pen.fill(
        [*((x * 0.75, y * 0.2 - 0.2) for x, y in ring(0, 0, 0.76, 0.36, 0, 180)), *ring(0, -0.2, 0.57, 0.02, 180, 360)],
        colours[2],
        0.3,
    )
    pen.blob([(-0.3, -0.62), (-0.18, -0.7), (-0.24, -0.3), (-0.36, -0.2)], (255, 255, 255), 0, 0.22)
    for x in (-0.1, 0.1):
        pen.stroke([(x, 0.35), (x * 0.8, 0.6)], 0.012, BARK)
    pen.fill([(-0.11, 0.58), (0.11, 0.58), (0.09, 0.76), (-0.09, 0.76)], hexed("a0703c"), 0.4)
    pen.stroke([(-0.12, 0.58), (0.12, 0.58)], 0.03, darker(hexed("a0703c"), 0.3))


def mountain(pen: Pen, scene: Scene) -> None:
    random = scene.random
    stone = choice(random, "5c677d", "6d597a", "7f5539", "4a5759", "8d6b94")
    for _ in range(int(random.integers(2, 4))):
        x, high = float(random.uniform(-0.9, 0.9)), float(random.uniform(0.6, 1.15))
        wide = high * float(random.uniform(0.7, 1.1))
        peak = (x, 0.5 - high)
        jag = [(x + wide * s, 0.5 - high * (1 - s) + 0.06 * float(random.uniform(-1, 1))) for s in (0.3, 0.6)]
        pen.fill([peak, *jag, (x + wide, 0.55), (x - wide, 0.55), (x - 0.5 * wide, 0.5 - 0.52 * high)], stone, 0.4)
        pen.fill(
            [peak, *jag, (x + wide, 0.55), (x + 0.15 * wide, 0.55), (x - 0.06 * wide, 0.5 - 0.5 * high)],
            darker(stone, 0.35),
            0.2,
        )
        snow = [(x - 0.22 * wide, 0.5 - 0.77 * high), (x - 0.1 * wide, 0.5 - 0.7 * high), (x, 0.5 - 0.8 * high),
                (x + 0.1 * wide, 0.5 - 0.68 * high), (x + 0.25 * wide, 0.5 - 0.75 * high)]  # fmt: skip
        pen.fill([peak, *reversed(snow)], (246, 247, 250), 0.15)
        stone = lighter(stone, 0.15)
    for _ in range(int(random.integers(5, 14))):
        tx, ty = float(random.uniform(-1.1, 1.1)), float(random.uniform(0.5, 0.62))
        tree = pen.moved(tx, ty, float(random.uniform(0.12, 0.24)))
        tree.stroke([(0, 0.2), (0, -0.2)], 0.12, BARK)
        for y, r in ((0.05, 0.4), (-0.25, 0.32), (-0.52, 0.22)):
            tree.fill([(-r, y), (0, y - 0.5), (r, y)], hexed("2d5a3d"), 0.35)


def mushroom(pen: Pen, scene: Scene) -> None:
    random = scene.random
    cap = choice(random, "b5302a", "a9714b", "d98e4a", "7d5a4f", "c86f8d")
    spotted = random.random() < 0.6
    spots = [(-0.34, -0.18), (-0.12, -0.36), (0.12, -0.2), (0.36, -0.16), (0.2, -0.42), (-0.05, -0.06)]
    for x, size in (
        (0.0, 1.0),
        *((float(s * random.uniform(0.55, 0.8)), 0.5) for s in (-1, 1) if random.random() < 0.6),
    ):
        part = pen.moved(x, 0.5 * (1 - size), size)
        part.shadow(0.05, 0.5, 0.34, 0.07)
        part.blob(
            [(-0.13, -0.05), (0.13, -0.05), (0.15, 0.3), (0.2, 0.5), (0, 0.54), (-0.2, 0.5), (-0.15, 0.3)],
            (240, 229, 210),
            0.3,
        )
        part.blob(
            [(-0.24, 0.06), (0, 0.02), (0.24, 0.06), (0.16, 0.16), (0, 0.13), (-0.16, 0.16)], (225, 210, 186), 0.25
        )
        part.fill([*ring(0, 0, 0.58, 0.56, 180, 360), *ring(0, 0, 0.58, 0.1, 0, 180)], cap, 0.5)
        part.disc(0, 0.02, 0.5, 0.07, colour=(226, 205, 178), shade=0.3)
        for sx, sy in spots if spotted else ():
            part.disc(sx, sy, 0.065, 0.05, colour=WHITE, shade=0.15)
    for _ in range(9):
        x = float(random.uniform(-0.9, 0.9))
        pen.stroke([(x, 0.55), (x + 0.04, 0.42), (x + float(random.uniform(-0.1, 0.14)), 0.3)], 0.022, hexed("5f8d4e"))


def fish(pen: Pen, scene: Scene) -> None:
    random = scene.random
    scales, fin = scene.palette[int(random.integers(1, 5))], scene.palette[int(random.integers(3, 5))]
    if fin == scales:
        fin = lighter(fin, 0.35)
    pen.blob([(0.4, 0), (0.62, -0.26), (0.84, -0.34), (0.74, 0), (0.84, 0.34), (0.62, 0.26)], fin, 0.4)
    pen.blob([(-0.2, -0.26), (0.0, -0.5), (0.3, -0.42), (0.34, -0.18)], fin, 0.35)
    pen.blob([(-0.1, 0.24), (0.08, 0.46), (0.22, 0.4), (0.2, 0.2)], fin, 0.35)
    pen.blob(
        [(-0.72, 0.02), (-0.45, -0.26), (0, -0.34), (0.32, -0.18), (0.52, 0), (0.32, 0.18), (0, 0.32), (-0.45, 0.24)],
        scales,
        0.5,
    )
    for i in range(int(random.integers(2, 5))):
        x = -0.18 + 0.17 * i
        pen.blob(
            [(x, -0.3 + 0.04 * i), (x + 0.07, 0), (x, 0.28 - 0.04 * i), (x + 0.1, 0)], lighter(scales, 0.65), 0.15, 0.85
        )
    pen.stroke(ring(-0.52, 0.0, 0.2, 0.24, -60, 60), 0.02, darker(scales, 0.35))
    pen.blob([(-0.2, 0.06), (0.02, 0.02), (0.06, 0.16), (-0.08, 0.18)], fin, 0.35)
    pen.disc(-0.5, -0.06, 0.065, colour=WHITE, shade=0.1)
    pen.disc(-0.52, -0.06, 0.035, colour=(22, 20, 30), shade=0)
    pen.stroke([(-0.7, 0.06), (-0.62, 0.09)], 0.02, darker(scales, 0.5))
