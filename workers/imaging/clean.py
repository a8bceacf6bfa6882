"""An original as it may leave the hub: the same picture, and not a word about where, when or by whom it was taken."""

import io
from typing import NamedTuple

import numpy as np
import simplejpeg
from PIL import Image

from . import colour, decode, exif, formats, icc, jpeg, png, upright, webp
from .types import Container, Limits

QUALITY = 95  # of a picture that has to be written anew, in full chroma: the loss is below what a camera's was
BARE = {"JPEG": jpeg.bare, "PNG": png.bare, "WEBP": webp.bare}


class Clean(NamedTuple):
    """A picture's file without metadata, and the name ending that fits it: jpg, png or webp."""

    data: bytes
    extension: str


def clean(data: bytes, limits: Limits = Limits()) -> Clean:  # noqa: B008 (frozen)
    """The picture of a received file with every EXIF, XMP, IPTC, comment, thumbnail, second picture and rider gone.

    A JPEG, PNG or WebP that lies upright keeps its coded pixels byte for byte; only what stands around them goes. A
    colour profile stays, without its texts, where the colours are not sRGB. What is stored turned, and every HEIF
    (whose boxes point at one another by offset), is decoded and written anew: upright, sRGB, on white, 8 bits, a PNG
    as PNG and the rest as JPEG. Loaders for training ignore EXIF, so a picture left lying would be learnt lying.

    The same bytes always give the same file. Raises Rejected, and nothing else, for what is no picture within
    `limits`; pixels that need no turning are not decoded to find out.
    """
    container = formats.read(data, limits)
    turn = upright.turn(container, exif.read(container.exif).orientation)
    if turn != 1 or container.format not in BARE:
        return _anew(container, turn)
    profile = icc.needed(container.icc, "CMYK" if container.cmyk else "RGB")
    return Clean(BARE[container.format](data, profile), formats.CONTENT[container.format][1])


def _anew(container: Container, turn: int) -> Clean:
    pixels = colour.to_srgb(upright.turned(decode.pixels(container, 1.0), turn), container.icc)
    if container.format == "PNG":
        return Clean(_png(pixels), "png")
    return Clean(simplejpeg.encode_jpeg(pixels, QUALITY, colorsubsampling="444"), "jpg")


def _png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
