"""The WebP container: RIFF chunks, checked against the length of the file, for WebP has no checksum."""

import struct

from .types import Container, Limits, Rejected

MAX_CHUNKS = 10_000


def read(data: bytes, limits: Limits) -> Container:
    """Walk the chunks of a WebP; sides come from its header and from its picture, and both must be within `limits`.

    Raises Rejected for a cut tail, an animation, or a size beyond `limits`. Bytes after the RIFF end are left out.
    """
    length = 8 + struct.unpack_from("<I", data, 4)[0] if len(data) >= 12 else len(data) + 1
    if length > len(data):
        raise Rejected("truncated", bytes=len(data), expected=length)
    sizes: list[tuple[int, int]] = []
    extra: dict[bytes, bytes] = {}
    for kind, payload in _chunks(memoryview(data)[:length]):
        if kind in (b"ANIM", b"ANMF"):
            raise Rejected("animated")
        if kind in SIDES:
            sizes.append(_sides(kind, payload, limits))
        elif kind in (b"EXIF", b"ICCP"):
            extra.setdefault(kind, bytes(payload))
    if not sizes:
        raise Rejected("damaged")
    return Container("WEBP", *sizes[-1], extra.get(b"EXIF", b""), extra.get(b"ICCP", b""), data[:length])


def _chunks(view: memoryview):
    position = 12
    for _ in range(MAX_CHUNKS):
        if position + 8 > len(view):
            return
        kind, length = struct.unpack_from("<4sI", view, position)
        end = position + 8 + length
        if end > len(view):
            raise Rejected("truncated", bytes=len(view), expected=end)
        yield kind, view[position + 8 : end]
        position = end + length % 2
    raise Rejected("too_complex", limit=MAX_CHUNKS)


def _extended(payload: memoryview) -> tuple[int, int]:
    if payload[0] & 0b10:
        raise Rejected("animated")
    return 1 + int.from_bytes(payload[4:7], "little"), 1 + int.from_bytes(payload[7:10], "little")


def _lossy(payload: memoryview) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", payload, 6)
    return width & 0x3FFF, height & 0x3FFF


def _lossless(payload: memoryview) -> tuple[int, int]:
    bits = int.from_bytes(payload[1:5], "little")
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)


SIDES = {b"VP8X": _extended, b"VP8 ": _lossy, b"VP8L": _lossless}


def _sides(kind: bytes, payload: memoryview, limits: Limits) -> tuple[int, int]:
    if len(payload) < 10:
        raise Rejected("damaged")
    width, height = SIDES[kind](payload)
    limits.check_size(width, height)
    return width, height
