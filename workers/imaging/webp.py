"""The WebP container: RIFF chunks, checked against the length of the file, for WebP has no checksum."""

import struct

from .types import Container, Limits, Rejected

MAX_CHUNKS = 10_000
ALPHA, PROFILE = 0x10, 0x20  # what the flags of VP8X say is there


def read(data: bytes, limits: Limits) -> Container:
    """Walk the chunks of a WebP; sides come from its header and from its picture, and both must be within `limits`.

    Raises Rejected for a cut tail, an animation, or a size beyond `limits`. Bytes after the RIFF end are left out.
    """
    view = _riff(data)
    sizes: list[tuple[int, int]] = []
    extra: dict[bytes, bytes] = {}
    for kind, payload in _chunks(view):
        if kind in (b"ANIM", b"ANMF"):
            raise Rejected("animated")
        if kind in SIDES:
            sizes.append(_sides(kind, payload, limits))
        elif kind in (b"EXIF", b"ICCP"):
            extra.setdefault(kind, bytes(payload))
    if not sizes:
        raise Rejected("damaged")
    return Container("WEBP", *sizes[-1], extra.get(b"EXIF", b""), extra.get(b"ICCP", b""), bytes(view))


def bare(data: bytes, profile: bytes = b"") -> bytes:
    """The picture of a WebP, its coded pixels untouched, with nothing beside them but transparency and `profile`.

    A file of the simple layout has no place for a profile, and decoders see none in it. Raises Rejected for a cut
    tail and for a file without a picture.
    """
    parts: dict[bytes, bytes] = {}
    for kind, payload in _chunks(_riff(data)):
        if kind == b"VP8X" and not parts:
            flags = payload[0] & ALPHA | (PROFILE if profile else 0)
            parts = {kind: bytes((flags, 0, 0, 0)) + payload[4:10], **({b"ICCP": profile} if profile else {})}
        elif kind in (b"ALPH", b"VP8 ", b"VP8L"):
            parts.setdefault(kind, bytes(payload))
        if kind in (b"VP8 ", b"VP8L"):  # decoders take the first and look no further
            body = b"".join(_chunk(*part) for part in parts.items())
            return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
    raise Rejected("damaged")


def _chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack("<4sI", kind, len(payload)) + payload + bytes(len(payload) % 2)


def _riff(data: bytes) -> memoryview:
    """The file up to its RIFF end; Rejected where it ends before."""
    length = 8 + struct.unpack_from("<I", data, 4)[0] if len(data) >= 12 else len(data) + 1
    if length > len(data):
        raise Rejected("truncated", bytes=len(data), expected=length)
    return memoryview(data)[:length]


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
