"""Which pictures there are: some 130, always the same, no two alike but the copies planted to be refused."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import Image, ImageFilter

from . import outdoors, scenes, things
from .canvas import Pen, darker, finished, gradient, hexed, lighter
from .scenes import Scene

EACH = 7
# Of these so many more, and first: enough to train a small model on.
MORE, TRAINABLE = 15, ("Cat", "Leaf", "Sailing boat")
# Label → how it is drawn, and where it stands.
THINGS: dict[str, tuple[Callable[[Pen, Scene], None], str]] = {
    "Apple": (things.apple, "room"),
    "Bicycle": (things.bicycle, "meadow"),
    "Cat": (things.cat, "room"),
    "Cup": (things.cup, "room"),
    "Fish": (outdoors.fish, "deep"),
    "Hot-air balloon": (outdoors.balloon, "sky"),
    "Leaf": (things.leaf, "table"),
    "Lighthouse": (outdoors.lighthouse, "sea"),
    "Mountain": (outdoors.mountain, "meadow"),
    "Mushroom": (outdoors.mushroom, "meadow"),
    "Sailing boat": (outdoors.sailing_boat, "sea"),
    "Valve": (things.valve, "room"),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture to give: under which label and name, and its JPEG bytes when `draw` is called."""

    number: int
    label: str
    filename: str
    draw: Callable[[], bytes]


def pictures() -> list[Picture]:
    """All pictures in the order they are given, kinds mixed; copies and a too small one among the last."""
    found = [
        picture(label, turn, turn * len(THINGS) + kind) for turn in range(EACH) for kind, label in enumerate(THINGS)
    ]
    last = len(found) + len(planted(0))
    more = [
        picture(label, EACH + turn, last + turn * len(TRAINABLE) + kind)
        for turn in range(MORE)
        for kind, label in enumerate(TRAINABLE)
    ]
    return [*more, *found, *planted(len(found))]


def picture(label: str, turn: int, number: int) -> Picture:
    """One more picture of a thing."""
    name = f"{label.lower().replace(' ', '-')}-{turn + 1}.jpg"
    return Picture(number, label, name, partial(draw, label, number))


def draw(label: str, number: int) -> bytes:
    """The JPEG of one picture."""
    return jpeg(drawn(label, number))


def planted(number: int) -> list[Picture]:
    """What shows how the hub refuses: a copy, a re-saved one, a mirrored one, and one too small."""
    return [
        Picture(number, "Apple", "apple-copy.jpg", partial(draw, "Apple", 0)),
        Picture(number + 1, "Cat", "cat-resaved.jpg", lambda: jpeg(drawn("Cat", 2), quality=55)),
        Picture(number + 2, "Cup", "cup-mirrored.jpg", lambda: jpeg(mirrored(drawn("Cup", 3)))),
        Picture(number + 3, "Leaf", "leaf-thumbnail.jpg", lambda: jpeg(drawn("Leaf", 6).resize((60, 45)))),
    ]


def mirrored(image: Image.Image) -> Image.Image:
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def drawn(label: str, number: int) -> Image.Image:
    """Picture `number`, which shows `label`: the same pixels every time."""
    random = np.random.default_rng([20261120, number])
    thing, where = THINGS[label]
    tall = bool(random.random() < 0.25)
    scene = PLACES[where](random, tall)
    WAYS.get(where, standing)(thing, scene)
    return finished(scene.image, random)


def standing(thing: Callable[[Pen, Scene], None], scene: Scene) -> None:
    """The thing stands on the ground, a smaller one perhaps beside it."""
    random = scene.random
    width, height = scene.image.size
    foot = scene.ground + float(random.uniform(0.06, 0.14))
    scale = min(float(random.uniform(0.45, 0.72)), 0.52 * width / height, (foot - 0.03) / 1.4)
    x = float(random.uniform(0.36, 0.64) if width < height else random.uniform(0.3, 0.7))
    if random.random() < 0.35:
        small = scale * float(random.uniform(0.45, 0.65))
        other = x + (0.3 if x < 0.5 else -0.3) * float(random.uniform(0.9, 1.2))
        back = scene.pen(other, scene.ground + 0.05 - small * 0.5, small, flip=bool(random.random() < 0.5))
        thing(back, scene)
    thing(scene.pen(x, foot - 0.5 * scale, scale, float(random.normal(0, 2)), bool(random.random() < 0.5)), scene)


def floating(thing: Callable[[Pen, Scene], None], scene: Scene) -> None:
    """The thing floats or flies, others farther away."""
    random = scene.random
    for size in sorted(random.uniform(0.14, 0.3, int(random.integers(0, 4)))):
        x, y = random.uniform((0.1, 0.15), (0.9, 0.65))
        thing(scene.pen(float(x), float(y), float(size), flip=bool(random.random() < 0.5)), scene)
    x, y, scale = (float(v) for v in random.uniform((0.3, 0.36, 0.4), (0.7, 0.56, 0.62)))
    wide = min(1.0, scene.image.width / scene.image.height)
    thing(scene.pen(x, y, scale * wide, float(random.normal(0, 6)), bool(random.random() < 0.5)), scene)


def lying(thing: Callable[[Pen, Scene], None], scene: Scene) -> None:
    """Several lie on a table, seen from above."""
    random = scene.random
    for _ in range(int(random.integers(1, 5))):
        x, y, scale = (float(v) for v in random.uniform((0.12, 0.12, 0.18), (0.88, 0.88, 0.38)))
        thing(scene.pen(x, y, scale, float(random.uniform(0, 360))), scene)
    x, y, scale = (float(v) for v in random.uniform((0.35, 0.35, 0.48), (0.65, 0.65, 0.66)))
    thing(scene.pen(x, y, scale, float(random.uniform(0, 360))), scene)


def table(random: np.random.Generator, tall: bool) -> Scene:
    """A table top of planks or cloth, from above."""
    image, palette, light = scenes.blank(random, tall)
    wood = palette[int(random.integers(0, 3))]
    image.paste(gradient(image.size, lighter(wood, 0.25), darker(wood, 0.25), light))
    scene = Scene(image, palette, light, 0.5, random)
    pen, planks, lean = scene.pen(0.5, 0.5, 1, float(random.uniform(-40, 40))), int(random.integers(4, 9)), 2.4
    for i in range(planks):
        y = lean * (i / planks - 0.5)
        tone = lighter(wood, float(random.uniform(0, 0.35))) if i % 2 else darker(wood, float(random.uniform(0, 0.4)))
        pen.fill([(-1.4, y), (1.4, y), (1.4, y + lean / planks), (-1.4, y + lean / planks)], tone, 0.15, 0.8)
        pen.stroke([(-1.4, y), (1.4, y)], 0.006, darker(wood, 0.6))
    if random.random() < 0.6:
        scenes.window_light(scene)
    return scene


def deep(random: np.random.Generator, tall: bool) -> Scene:
    """Under water: rays, sand, weed and bubbles."""
    image, palette, light = scenes.blank(random, tall)
    sea = hexed(str(random.choice(["1b6f8f", "0f4c75", "2a9d8f", "355c9a", "16697a"])))
    image.paste(gradient(image.size, lighter(sea, 0.55), darker(sea, 0.6), light))
    scene = Scene(image, palette, light, float(random.uniform(0.75, 0.9)), random)
    layer = image.copy()
    for _ in range(4):
        x, wide, far = (float(v) for v in random.uniform((0, 0.05, -0.5), (1.3, 0.2, 0.5)))
        Scene(layer, palette, light, 0, random).pen(0, 0, 1).fill(
            [(x, -0.1), (x + wide, -0.1), (x + far + 2 * wide, 1.1), (x + far, 1.1)], (235, 255, 250), 0, 0.3
        )
    image.paste(layer.filter(ImageFilter.GaussianBlur(14)))
    scenes.hills(scene, scene.ground, hexed("d9c39a"), 0.08)
    for _ in range(int(random.integers(3, 9))):
        weed(scene, float(random.uniform(0, 1)), float(random.uniform(0.1, 0.4)))
    for x, y, r in random.uniform((0, 0, 0.006), (1, 0.8, 0.02), (14, 3)):
        scene.pen(x, y, 1).disc(0, 0, float(r), colour=lighter(sea, 0.8), opacity=0.5)
    return scene


def weed(scene: Scene, x: float, high: float) -> None:
    pen, green = scene.pen(x, scene.ground + 0.1, 1), scene.palette[int(scene.random.integers(1, 5))]
    for side in (-0.03, 0, 0.03):
        points = [(side + 0.03 * np.sin(14 * y + 40 * side), -y) for y in np.linspace(0, high, 10)]
        pen.stroke(points, 0.022, green, 0.3)


PLACES: dict[str, Callable[[np.random.Generator, bool], Scene]] = {
    "room": scenes.room,
    "meadow": scenes.landscape,
    "sea": lambda random, tall: scenes.landscape(random, tall, sea=True),
    "sky": scenes.landscape,
    "table": table,
    "deep": deep,
}
WAYS = {"sky": floating, "deep": floating, "table": lying}
