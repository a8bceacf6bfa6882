"""The PNG container: every chunk and its checksum, and only what pixels need handed on to the decoder."""

import struct
import zlib

from .types import Container, Limits, Rejected

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PIXELS = {b"IHDR", b"PLTE", b"IDAT"}
# Colours of the pixels that are no profile, and the most bytes each can have.
COLOURS = {b"tRNS": 256, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"sBIT": 4}
IEND = b"\0\0\0\0IEND\xaeB`\x82"
MAX_CHUNKS = 100_000
MAX_TEXT = 1024 * 1024  # of one unpacked text or profile; Pillow stops there as well


def read(data: bytes, limits: Limits) -> Container:
    """Walk the chunks of a PNG to IEND. The `body` handed on holds only header, palette, transparency and pixels.

    Raises Rejected for a cut tail, a checksum that is wrong, an animation, a size beyond `limits`, or text that
    unpacks to more than any caption.
    """
    header, kept, exif, icc, unpacked = None, [SIGNATURE], b"", b"", 0
    for kind, start, end in _chunks(data):
        if header is None:
            header = _header(kind, data[start:end], limits)
        if kind in PIXELS or kind == b"tRNS":
            kept.append(data[start - 8 : end + 4])
        elif kind == b"acTL" and int.from_bytes(data[start : start + 4]) != 1:
            raise Rejected("animated", frames=int.from_bytes(data[start : start + 4]))
        elif kind == b"eXIf":
            exif = data[start:end]
        elif kind in (b"zTXt", b"iTXt", b"iCCP"):
            text = _unpacked(kind, data[start:end])
            unpacked += len(text)
            _check_text(max(len(text), unpacked // 8))
            icc = text if kind == b"iCCP" else icc
    if header is None:
        raise Rejected("damaged")
    return Container("PNG", *header[:2], exif, icc, b"".join((*kept, IEND)), depth=header[2])


def bare(data: bytes, profile: bytes = b"") -> bytes:
    """The picture of a PNG, its coded pixels untouched, with nothing beside them but its colours and `profile`.

    Bytes after IEND go as well: an editor that crops in place leaves the rest of the picture there. Raises Rejected
    for a cut tail and a wrong checksum.
    """
    parts = [SIGNATURE]
    for kind, start, end in _chunks(data):
        if kind in PIXELS or end - start <= COLOURS.get(kind, -1):
            parts.append(data[start - 8 : end + 4])
        if kind == b"IHDR" and profile:
            parts.append(_chunk(b"iCCP", b"icc\0\0" + zlib.compress(profile)))
    return b"".join((*parts, IEND))


def _chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def _chunks(data: bytes):
    """(type, start, end of payload) of every chunk before IEND, its checksum proven."""
    view, position = memoryview(data), len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        start = position + 8
        if start > len(data):
            raise Rejected("truncated", bytes=len(data))
        length, kind = struct.unpack_from(">I4s", data, position)
        end = start + length
        if end + 4 > len(data):
            raise Rejected("truncated", bytes=len(data))
        if zlib.crc32(view[start - 4 : end]) != int.from_bytes(view[end : end + 4]):
            raise Rejected("damaged")
        if kind == b"IEND":
            return
        yield kind, start, end
        position = end + 4
    raise Rejected("too_complex", limit=MAX_CHUNKS)


def _header(kind: bytes, payload: bytes, limits: Limits) -> tuple[int, int, int]:
    if kind != b"IHDR" or len(payload) != 13:
        raise Rejected("damaged")
    width, height, depth = struct.unpack_from(">IIB", payload)
    limits.check_size(width, height)
    return width, height, depth


def _unpacked(kind: bytes, payload: bytes) -> bytes:
    """The inflated text of a chunk, at most one byte more than we allow; nothing where it does not inflate."""
    _, _, rest = payload.partition(b"\0")
    if kind == b"iTXt":
        if rest[:1] != b"\x01":
            return b""
        rest = rest[2:].split(b"\0", 2)[-1]
    else:
        rest = rest[1:]
    try:
        return zlib.decompressobj().decompress(rest, MAX_TEXT + 1)
    except zlib.error:
        return b""


def _check_text(size: int) -> None:
    if size > MAX_TEXT:
        raise Rejected("metadata_too_large", limit=MAX_TEXT)
