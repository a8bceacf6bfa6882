"""The PNG container: every chunk and its checksum, and only what pixels need handed on to the decoder."""

import struct
import zlib
from typing import NamedTuple

from .types import Container, Limits, Rejected

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PIXELS = {b"IHDR", b"PLTE", b"IDAT"}
# Colours of the pixels that are no profile, and the most bytes each can have.
COLOURS = {b"tRNS": 256, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"sBIT": 4}
IEND = b"\0\0\0\0IEND\xaeB`\x82"
# Colour type → channels, and the bits a sample may have (ISO 15948, table 11.1).
KINDS = {0: (1, (1, 2, 4, 8, 16)), 2: (3, (8, 16)), 3: (1, (1, 2, 4, 8)), 4: (2, (8, 16)), 6: (4, (8, 16))}
PALETTE = 3
# Left, top, and steps across and down of the passes of an interlaced picture.
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
MAX_CHUNKS = 100_000
MAX_TEXT = 1024 * 1024  # of one unpacked text or profile; Pillow stops there as well


class Header(NamedTuple):
    """What IHDR says: sides, bits a sample, and how the pixels are stored."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool


def read(data: bytes, limits: Limits) -> Container:
    """Walk the chunks of a PNG to IEND. The `body` handed on holds only header, palette, transparency and pixels.

    Raises Rejected for a cut tail, a checksum that is wrong, an animation, a size beyond `limits`, or text that
    unpacks to more than any caption.
    """
    header, kept, exif, icc, unpacked, has_palette = None, [SIGNATURE], b"", b"", 0, False
    for kind, start, end in _chunks(data):
        if header is None:
            header = _header(kind, data[start:end], limits)
        if kind == b"IDAT" and header.colour == PALETTE and not has_palette:
            raise Rejected("damaged")
        has_palette |= kind == b"PLTE"
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
    return Container("PNG", *header[:2], exif, icc, b"".join((*kept, IEND)), depth=header.depth)


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


def _header(kind: bytes, payload: bytes, limits: Limits) -> Header:
    """The header, if it is one: Pillow reads some that no other reader takes, and originals go to other readers."""
    if kind != b"IHDR" or len(payload) != 13:
        raise Rejected("damaged")
    width, height, depth, colour, compression, filters, interlace = struct.unpack(">IIBBBBB", payload)
    limits.check_size(width, height)
    if depth not in KINDS.get(colour, (0, ()))[1] or compression or filters or interlace > 1:
        raise Rejected("damaged")
    return Header(width, height, depth, colour, bool(interlace))


def rows_missing(body: bytes) -> bool:
    """Whether the pixels of a checked PNG end before its last row: Pillow leaves those rows black, and says nothing."""
    unpacker, left = zlib.decompressobj(), 1
    for kind, start, end in _chunks(body):
        if kind == b"IHDR":
            left = _bytes(Header(*struct.unpack(">IIBBxx?", body[start:end])))
        packed = body[start:end] if kind == b"IDAT" else b""
        while packed and left > 0:
            try:
                left -= len(unpacker.decompress(packed, 1 << 20))
            except zlib.error:
                return True
            packed = unpacker.unconsumed_tail
    # Not where the rows are whole: flush would unpack all that follows them.
    return left > 0 and left > len(unpacker.flush())


def _bytes(header: Header) -> int:
    """How many bytes its rows unpack to, each with the byte that names its filter."""
    bits = KINDS[header.colour][0] * header.depth
    passes = ADAM7 if header.interlaced else ((0, 0, 1, 1),)
    sides = (
        (-(-(header.width - left) // across), -(-(header.height - top) // down)) for left, top, across, down in passes
    )
    return sum(high * (1 + -(-wide * bits // 8)) for wide, high in sides if wide > 0)


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
