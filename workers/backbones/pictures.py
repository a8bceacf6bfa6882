"""Pictures as networks see them: decoded, squeezed to a square, changed a little by a recorded seed."""

import hashlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from .packed import Packed
from .types import Example, Failure, Read

BILINEAR = Image.Resampling.BILINEAR
ROTATION, ZOOM, SHIFT, LIGHT = np.deg2rad(10), 0.1, 0.06, 0.15  # how far a drawn change goes, either way


def squeezed(data: bytes, side: int) -> np.ndarray:
    """The bytes of a picture as uint8 (side, side, 3): the whole of it, by Pillow's triangle filter.

    Raises what Pillow does, OSError, ValueError or SyntaxError, for what does not decode.
    """
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB").resize((side, side), BILINEAR))


def read_squeezed(example: Example, read: Read, side: int) -> np.ndarray:
    """`squeezed` of an example. Raises Failure `picture_gone` or `picture_unreadable` (`image`).

    What else `read` raises is its own: storage that does not answer is no fault of the picture.
    """
    try:
        data = read(example)
    except FileNotFoundError as error:
        raise Failure("picture_gone", image=example.id) from error
    try:
        return squeezed(data, side)
    except (Image.DecompressionBombError, SyntaxError, ValueError, OSError) as error:
        raise Failure("picture_unreadable", image=example.id) from error


def changed(pixels: np.ndarray, image: str, number: int, seed: int) -> np.ndarray:
    """View `number` of a squeezed picture (side, side, 3) uint8: 0 is itself, others are drawn by seed, image, number.

    A mirror or none, a small turn, zoom and shift, brightness and contrast. Edges repeat outward.
    """
    if number == 0:
        return pixels
    random = np.random.default_rng([seed, number, *hashlib.sha256(image.encode()).digest()[:8]])
    picture = Image.fromarray(pixels[:, ::-1] if random.random() < 0.5 else pixels)
    picture = _moved(picture, random)
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast):
        picture = enhance(picture).enhance(1 + random.uniform(-LIGHT, LIGHT))
    return np.asarray(picture)


def _moved(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    side, turn, zoom = picture.width, random.uniform(-ROTATION, ROTATION), 1 + random.uniform(-ZOOM, ZOOM)
    cos, sin = np.cos(turn) / zoom, np.sin(turn) / zoom
    across, down = random.uniform(-SHIFT, SHIFT, 2) * side
    margin, centre = side // 4, side * 3 / 4  # the margin holds what turning and shifting may bring in
    edged = Image.fromarray(np.pad(np.asarray(picture), ((margin, margin), (margin, margin), (0, 0)), "edge"))
    matrix = (
        cos, sin, centre + across - (cos + sin) * side / 2,
        -sin, cos, centre + down - (cos - sin) * side / 2,
    )  # fmt: skip
    return edged.transform((side, side), Image.Transform.AFFINE, matrix, BILINEAR)


class Album:
    """The pictures of the examples at one side, each read and decoded once and then kept in a scratch file."""

    def __init__(self, examples: Sequence[Example], read: Read, side: int, folder: Path) -> None:
        self.examples, self.read, self.side = examples, read, side
        self._packed = Packed(folder, side * side * 3)
        self._kept = np.zeros(len(examples), bool)

    def load(self, indices: Sequence[int] | np.ndarray, number: int = 0, seed: int = 0) -> np.ndarray:
        """View `number` of these examples, uint8 (n, side, side, 3). Raises Failure as `read_squeezed` does."""
        return np.stack([changed(self._plain(int(i)), self.examples[i].id, number, seed) for i in indices])

    def views(self, seed: int) -> Callable[[np.ndarray, int], np.ndarray]:
        """`load` with the seed given: in every epoch other views, in epoch 0 the plain ones."""
        return lambda rows, number: self.load(rows, number, seed)

    def _plain(self, index: int) -> np.ndarray:
        shape = (self.side, self.side, 3)
        if self._kept[index]:
            return np.frombuffer(self._packed.read(index), np.uint8).reshape(shape)
        pixels = read_squeezed(self.examples[index], self.read, self.side)
        self._packed.write(index, pixels.tobytes())
        self._kept[index] = True
        return pixels
