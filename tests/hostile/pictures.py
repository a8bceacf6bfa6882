"""Pictures broken or loaded by hand, beyond those of tests.images; every planted word holds the CANARY."""

import struct
import zlib

from tests import images
from tests.hostile.mutating import with_right_sums

CANARY = b"h0stile-canary"
SCRIPT = b"<script>alert('" + CANARY + b"')</script>"
PHP = b"<?php system('" + CANARY + b"'); ?>"
LAUGHS = b'<!DOCTYPE l [<!ENTITY a "' + CANARY + b'">' + b"".join(
    f'<!ENTITY {after} "{f"&{before};" * 10}">'.encode() for before, after in zip("abcdefgh", "bcdefghi", strict=True)
) + b"]><l>&i;</l>"  # fmt: skip
SIZE = (160, 120)


# --- JPEG -----------------------------------------------------------------------------------------------------------


def jpeg(seed: int, **save) -> bytes:
    return images.photo(seed, SIZE, **save)


def segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def before_scan(data: bytes, more: bytes) -> bytes:
    """The JPEG with something more before its first scan."""
    at = data.index(b"\xff\xda")
    return data[:at] + more + data[at:]


def part(data: bytes, marker: int) -> tuple[int, int]:
    """Where the first segment of a marker begins, and where it ends."""
    at = 2
    while data[at + 1] != marker:
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return at, at + 2 + int.from_bytes(data[at + 2 : at + 4])


def changed(data: bytes, marker: int, offset: int, new: bytes) -> bytes:
    """The JPEG with some bytes of a segment's payload exchanged."""
    at = part(data, marker)[0] + 4 + offset
    return data[:at] + new + data[at + len(new) :]


def without(data: bytes, marker: int) -> bytes:
    """The JPEG without its first segment of a marker."""
    start, end = part(data, marker)
    return data[:start] + data[end:]


def without_all(data: bytes, marker: int) -> bytes:
    """The JPEG without any segment of a marker before its scan."""
    while bytes((0xFF, marker)) in data[: data.index(b"\xff\xda")]:
        data = without(data, marker)
    return data


def twice(data: bytes, marker: int) -> bytes:
    """The JPEG with its first segment of a marker sent twice."""
    start, end = part(data, marker)
    return data[:end] + data[start:end] + data[end:]


def as_frame(data: bytes, marker: int) -> bytes:
    """The JPEG whose frame says that it is of another kind: 0xC3 lossless, 0xC9 arithmetic."""
    at = part(data, 0xC0)[0]
    return data[:at] + bytes((0xFF, marker)) + data[at + 2 :]


def restarts(data: bytes, act) -> bytes:
    """The JPEG with its first restart marker changed by `act`, which gets its two bytes."""
    at = data.index(b"\xff\xd1", data.index(b"\xff\xda"))
    return data[:at] + act(data[at : at + 2]) + data[at + 2 :]


def photo_with_restarts(seed: int) -> bytes:
    return jpeg(seed, restart_marker_blocks=4)


def many(data: bytes, marker: int, payload: bytes, count: int) -> bytes:
    """The JPEG with a segment sent so many times."""
    return data[:2] + segment(marker, payload) * count + data[2:]


def parted_profile(seed: int, numbers) -> bytes:
    """A JPEG whose colour profile comes in parts of these (number, of) each."""
    data = jpeg(seed)
    for number, of in numbers:
        data = images.with_segment(data, 0xE2, b"ICC_PROFILE\0" + bytes((number, of)) + CANARY * 20)
    return data


# --- EXIF -----------------------------------------------------------------------------------------------------------


def tiff(*entries: tuple[int, int, int, bytes], rest: bytes = b"", following: int = 0) -> bytes:
    """An EXIF block of one directory of (tag, type, count, 4 bytes of value), `rest` behind it, at `8 + 6 + 12 * n`."""
    listed = b"".join(struct.pack(">HHI", *entry[:3]) + entry[3].ljust(4, b"\0") for entry in entries)
    return b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", len(entries)) + listed + struct.pack(">I", following) + rest


def pointer(tag: int, offset: int) -> tuple[int, int, int, bytes]:
    return tag, 4, 1, struct.pack(">I", offset)


def place(latitude: bytes, longitude: bytes, kind=5, count=3) -> bytes:
    """EXIF with a position of these raw values (24 bytes each where rational)."""
    at = 8 + 6 + 12  # behind the first directory, which has one entry
    behind = at + 6 + 48
    entries = [(1, 2, 2, b"N\0"), (2, kind, count, struct.pack(">I", behind))]
    entries += [(3, 2, 2, b"E\0"), (4, kind, count, struct.pack(">I", behind + len(latitude)))]
    listed = b"".join(struct.pack(">HHI", *entry[:3]) + entry[3].ljust(4, b"\0") for entry in entries)
    return tiff(pointer(0x8825, at), rest=struct.pack(">H", 4) + listed + bytes(4) + latitude + longitude)


def rationals(*numbers: int) -> bytes:
    return struct.pack(">6I", *numbers)


SANE = rationals(48, 1, 0, 1, 0, 1)


def exif(seed: int, block: bytes) -> bytes:
    """A photo with an EXIF block."""
    return images.with_segment(jpeg(seed), 0xE1, block)


# --- PNG ------------------------------------------------------------------------------------------------------------


def png(seed: int, *extra: tuple[bytes, bytes]) -> bytes:
    """A photo as PNG, with more chunks behind its header."""
    data = images.photo(seed, SIZE, "PNG")
    return data[:33] + b"".join(images.chunk(*one) for one in extra) + data[33:]


def header(offset: int, new: bytes, **made) -> bytes:
    """A PNG of 100 squared with bytes of its header exchanged, its checksum right."""
    data = images.png(100, 100, **made)
    at = 16 + offset
    return with_right_sums(data[:at] + new + data[at + len(new) :])


def filtered(kind: int) -> bytes:
    """A PNG all of whose rows name a filter."""
    return images.png(100, 100, body=zlib.compress((bytes([kind]) + bytes(300)) * 100))


# --- WebP and HEIC --------------------------------------------------------------------------------------------------


def webp(seed: int, *extra: tuple[bytes, bytes], before=()) -> bytes:
    """A photo as WebP with a canvas, chunks `before` its picture, and `extra` behind."""
    chunks = images.riff_chunks(images.photo(seed, SIZE, "WEBP"))
    canvas = bytes(4) + b"".join((side - 1).to_bytes(3, "little") for side in SIZE)
    return images.riff((b"VP8X", canvas), *before, *chunks, *extra)


def heic(seed: int = 1) -> bytes:
    return images.heic(seed, SIZE)


def replaced(data: bytes, old: bytes, new: bytes) -> bytes:
    """The file with the first `old` exchanged, which must be there."""
    assert old in data
    return data.replace(old, new, 1)


def sized(data: bytes, width: int, height: int) -> bytes:
    """The HEIC with other sides in the property that tells them."""
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]
