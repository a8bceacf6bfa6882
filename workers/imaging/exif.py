"""The three facts we read from EXIF. Our own reader, because it meets hostile bytes: bounded, silent, never raising."""

import math
import struct
from datetime import datetime
from typing import NamedTuple

ORIENTATION, DATE_TIME, EXIF_IFD, GPS_IFD, DATE_TIME_ORIGINAL = 0x0112, 0x0132, 0x8769, 0x8825, 0x9003
MAX_ENTRIES = 512  # cameras write a few dozen
WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}  # bytes of one value of a TIFF type


class Facts(NamedTuple):
    """Orientation 1..8, the camera's own clock, and (latitude, longitude) in degrees."""

    orientation: int = 1
    taken_at: datetime | None = None
    gps: tuple[float, float] | None = None


def read(block: bytes) -> Facts:
    """Facts of an EXIF block (with or without its `Exif` prefix); whatever is missing or absurd becomes a default."""
    block = block.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return Facts()
    main = _directory(block, order, _unpack(order + "I", block, 4) or 0)
    camera = _directory(block, order, _number(order, main.get(EXIF_IFD)) or 0)
    place = _directory(block, order, _number(order, main.get(GPS_IFD)) or 0)
    orientation = _number(order, main.get(ORIENTATION))
    return Facts(
        orientation if orientation and 1 <= orientation <= 8 else 1,
        _moment(camera.get(DATE_TIME_ORIGINAL)) or _moment(main.get(DATE_TIME)),
        _coordinates(order, place),
    )


def _unpack(form: str, block: bytes, offset: int) -> int | None:
    try:
        return struct.unpack_from(form, block, offset)[0]
    except struct.error:
        return None


def _directory(block: bytes, order: str, offset: int) -> dict[int, tuple[int, bytes]]:
    """Tag → (TIFF type, raw value) of the directory at `offset`; entries that point outside the block are left out."""
    if not 8 <= offset < len(block):
        return {}
    count = min(_unpack(order + "H", block, offset) or 0, MAX_ENTRIES)
    entries = {}
    for at in range(offset + 2, min(offset + 2 + 12 * count, len(block) - 11), 12):
        tag, kind, amount = struct.unpack_from(order + "HHI", block, at)
        size = WIDTHS.get(kind, 0) * amount
        start = at + 8 if size <= 4 else struct.unpack_from(order + "I", block, at + 8)[0]
        if 0 < size <= 1024 and start + size <= len(block):
            entries[tag] = (kind, block[start : start + size])
    return entries


def _number(order: str, entry: tuple[int, bytes] | None) -> int | None:
    kind, raw = entry or (0, b"")
    return _unpack(order + {3: "H", 4: "I"}[kind], raw, 0) if kind in (3, 4) else None


def _moment(entry: tuple[int, bytes] | None) -> datetime | None:
    text = (entry or (0, b""))[1].decode("ascii", "replace").strip("\0 ")
    try:
        return datetime.strptime(text, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 (cameras write no zone)
    except ValueError:
        return None


def _coordinates(order: str, place: dict[int, tuple[int, bytes]]) -> tuple[float, float] | None:
    latitude = _degrees(order, place.get(1), place.get(2), b"S")
    longitude = _degrees(order, place.get(3), place.get(4), b"W")
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return latitude, longitude


def _degrees(order: str, reference, value, negative: bytes) -> float | None:
    kind, raw = value or (0, b"")
    if reference is None or kind != 5 or len(raw) != 24:
        return None
    numbers = struct.unpack(order + "6I", raw)
    if not all(numbers[1::2]):
        return None
    degrees = sum(
        top / bottom / 60**power for power, (top, bottom) in enumerate(zip(numbers[::2], numbers[1::2], strict=True))
    )
    if not math.isfinite(degrees):
        return None
    return -degrees if reference[1][:1].upper() == negative else degrees
