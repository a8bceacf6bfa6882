"""Golden pictures: a few held-out ones, without loss, and what the model must answer to them wherever it runs."""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .predictor import read
from .types import Failure

FILE, INDEX = "golden.zip", "golden.json"
BEGINNING = (1980, 1, 1, 0, 0, 0)  # the first date a zip knows: the same pictures are the same file


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture to be kept: `id` is the SHA-256 of its original, `data` the bytes of its rendition.

    `licence` (SPDX) and `credit` go with it, since it is given away with the model.
    """

    id: str
    data: bytes
    licence: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """A golden picture read back: the bytes of its PNG, and the probability of every class."""

    name: str
    png: bytes
    probabilities: np.ndarray


def write(folder: Path, pictures: Sequence[Picture], labels: Sequence[str], model: Any) -> None:
    """Write golden.zip: PNGs upright and in RGB, and golden.json with what `model` (raw RGB in) answers to each.

    Raises Failure("picture_unreadable").
    """
    told = []
    with zipfile.ZipFile(folder / FILE, "w") as archive:
        for number, picture in enumerate(pictures):
            name, pixels = f"{number:02}.png", pixels_of(picture)
            _add(archive, name, _png(pixels))
            shares = [float(share) for share in np.asarray(model.predict_on_batch(pixels[None]))[0]]
            about = {"image": picture.id, "licence": picture.licence, "credit": picture.credit}
            told.append({"file": name, **about, "probabilities": shares})
        _add(archive, INDEX, json.dumps({"labels": list(labels), "pictures": told}, indent=1).encode())


def pixels_of(picture: Picture) -> np.ndarray:
    """Upright RGB (height, width, 3), float32 from 0 to 255. Raises Failure("picture_unreadable")."""
    try:
        return read(picture.data)
    except ValueError as error:
        raise Failure("picture_unreadable", image=picture.id) from error


def expected(folder: Path) -> list[Expected]:
    """What golden.zip of a model's folder holds. Raises OSError, ValueError, LookupError where it is none of ours."""
    with zipfile.ZipFile(folder / FILE) as archive:
        told = json.loads(archive.read(INDEX))["pictures"]
        return [Expected(one["file"], archive.read(one["file"]), np.array(one["probabilities"])) for one in told]


def _png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, BEGINNING), data)
