"""A colour profile reduced to its colours. A screen's own profile may name the screen, its serial and its owner."""

import struct
from datetime import datetime

from . import colour

HEADER, MAX_TAGS = 128, 100
# What a transform is computed from (ICC.1:2022, 8.2 to 8.4): white, matrix and curves, or tables.
COLOURS = {b"wtpt", b"chad"} | {
    *(f"{ink}{kind}".encode() for ink in "rgb" for kind in ("XYZ", "TRC")),
    b"kTRC",
    *(f"{way}{intent}".encode() for way in ("A2B", "B2A", "D2B", "B2D") for intent in range(4)),
}
NUMBERS = {b"XYZ ", b"curv", b"para", b"sf32", b"mft1", b"mft2", b"mAB ", b"mBA ", b"mpet"}  # types without text
MADE = struct.pack(">6H", *datetime(2000, 1, 1).timetuple()[:6])  # noqa: DTZ001 (a date that tells nothing)
NAME = "colours of this picture"


def needed(profile: bytes, mode: str) -> bytes:
    """The profile of an RGB or CMYK picture without its texts, or nothing where its colours are sRGB's anyway.

    Kept just where the hub itself converts by it, so that an original and its renditions show the same colours: a
    missing, broken or foreign profile changes nothing there and is left out here.
    """
    return _reduced(profile) if colour.transform(profile, mode) else b""


def _reduced(profile: bytes) -> bytes:
    """Header and colour tags anew; maker, model, serial, dates, private tags and calibration tables are gone."""
    tags = {**_described(profile[8]), **_colours(profile)}
    places: dict[bytes, int] = {}  # curves are often one for all three colours
    table, body, start = [struct.pack(">I", len(tags))], b"", HEADER + 4 + 12 * len(tags)
    for name, data in tags.items():
        if data not in places:
            places[data] = start + len(body)
            body += data + bytes(-len(data) % 4)
        table.append(struct.pack(">4sII", name, places[data], len(data)))
    return _header(profile, start + len(body)) + b"".join(table) + body


def _colours(profile: bytes) -> dict[bytes, bytes]:
    tags = {}
    count = min(int.from_bytes(profile[HEADER : HEADER + 4]), MAX_TAGS)
    for at in range(HEADER + 4, min(HEADER + 4 + 12 * count, len(profile) - 11), 12):
        name, start, length = struct.unpack_from(">4sII", profile, at)
        data = profile[start : start + length]
        if name in COLOURS and data[:4] in NUMBERS:
            tags[name] = data[:20] if data[:4] == b"XYZ " else data
    return tags


def _header(profile: bytes, size: int) -> bytes:
    """Version, class, spaces, intent and illuminant; zeros for who made it and on what."""
    kept = profile[8:24] + MADE + b"acsp" + bytes(24) + profile[64:80]
    return (struct.pack(">I4x", size) + kept).ljust(HEADER, b"\0")


def _described(version: int) -> dict[bytes, bytes]:
    """The two texts no profile may lack, the same for all: in the form of version 4, or of those before."""
    if version >= 4:
        text = NAME.encode("utf-16-be")
        same = b"mluc" + struct.pack(">4xII4sII", 1, 12, b"enUS", len(text), 28) + text
        return {b"desc": same, b"cprt": same}
    plain = NAME.encode() + b"\0"
    described = b"desc" + struct.pack(">4xI", len(plain)) + plain + bytes(78)
    return {b"desc": described, b"cprt": b"text" + bytes(4) + plain}
