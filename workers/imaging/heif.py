"""The HEIF container: its boxes, and the sides libheif reads from them."""

import pillow_heif

from .types import Container, Limits, Rejected

TOP_BOXES = {b"ftyp", b"meta", b"mdat", b"free", b"skip", b"uuid", b"moov", b"wide", b"idat", b"moof", b"mini"}
SEQUENCES = (b"hevc", b"hevx", b"hevm", b"hevs", b"msf1")
MAX_BOXES = 10_000
ERRORS = (OSError, ValueError, RuntimeError, SyntaxError, EOFError, IndexError, KeyError, TypeError)

pillow_heif.options.DECODE_THREADS = 1  # one child, one core
pillow_heif.options.THUMBNAILS = pillow_heif.options.DEPTH_IMAGES = pillow_heif.options.AUX_IMAGES = False


def read(data: bytes, limits: Limits) -> Container:
    """Walk the boxes of a HEIF and ask libheif for its primary picture, whose sides are upright already.

    Raises Rejected for a cut tail, a sequence, or a size beyond `limits`.
    """
    if data[8:12] in SEQUENCES or b"moov" in _boxes(data):
        raise Rejected("animated")
    image = opened(data)
    width, height = image.size
    limits.check_size(width, height)
    exif, icc = image.info.get("exif") or b"", image.info.get("icc_profile") or b""
    return Container("HEIF", width, height, bytes(exif), bytes(icc), data)


def opened(data: bytes):
    """libheif's lazy view of the file, 8 bits a channel; pixels are decoded when its array is asked for."""
    try:
        image = pillow_heif.open_heif(data, convert_hdr_to_8bit=True)
        image.size, image.info  # noqa: B018  a file may open and hold no picture, which only asking tells
        return image
    except ERRORS as error:
        raise Rejected("damaged") from error


def _boxes(data: bytes) -> set[bytes]:
    """Types of the top-level boxes up to the first that is none (a rider behind the picture)."""
    position = 0
    kinds: set[bytes] = set()
    for _ in range(MAX_BOXES):
        kind = data[position + 4 : position + 8]
        if position + 8 > len(data) and b"meta" not in kinds:
            raise Rejected("truncated", bytes=len(data))
        if kind not in TOP_BOXES:
            return kinds
        kinds.add(kind)
        size = int.from_bytes(data[position : position + 4])
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16])
        if size == 0:
            return kinds
        if size < 8:
            raise Rejected("damaged")
        position += size
        if position > len(data):
            raise Rejected("truncated", bytes=len(data), expected=position)
    raise Rejected("too_complex", limit=MAX_BOXES)
