"""The JPEG container: its markers, walked once before anything is decoded."""

import re
import struct

from .types import Container, Limits, Rejected

SOI, EOI, SOS, APP0, APP1, APP2, APP14, TEM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0x01
FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
SEQUENTIAL = {0xC0, 0xC1}
# Huffman and arithmetic, sequential and progressive; lossless ones are not photos.
TAKEN = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
# Without these no pixel: frames, Huffman tables, arithmetic conditioning, scans, quantisation, restart interval.
PIXELS = FRAMES | {0xC4, 0xCC, SOS, 0xDB, 0xDD}
# A marker ends entropy-coded data; a stuffed zero, a restart and a fill byte do not.
ENTROPY_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
MAX_SEGMENTS = 20_000
MAX_SCANNED_PIXELS = 1_000_000_000  # each scan visits every block again: 20 scans at 50 Mpx, 64 at 15
MAX_ICC = 4 * 1024 * 1024
ICC_PART = 65_519  # bytes of a profile that fit into one segment


def read(data: bytes, limits: Limits) -> Container:
    """Walk the markers of a JPEG up to its first EOI; what follows (an MPO's second picture, a rider) is left alone.

    Raises Rejected for a cut tail, a size beyond `limits`, more scans than a camera writes, or a kind of no photo.
    """
    frame, scans, exif, icc = None, 0, b"", []
    sequential = False
    for marker, segment, end in _segments(data):
        if marker in FRAMES:
            frame, sequential = _frame(marker, segment, frame, limits), marker in SEQUENTIAL
        elif marker == SOS:
            scans += 1
            _check_scans(frame, scans, limits)
            if frame and sequential and segment[:1] == bytes([frame[2]]):
                _find_end(data, end)
                break
        elif marker == APP1 and segment[:6] == b"Exif\0\0":
            exif = exif or bytes(segment)
        elif marker == APP2 and segment[:12] == b"ICC_PROFILE\0":
            icc.append(bytes(segment[12:]))
    if frame is None or not scans:
        raise Rejected("damaged")
    width, height, components = frame
    profile = _profile(icc)
    # A profile whose parts do not fit is none, and no damage to the picture: the strict decoder must not meet it.
    body = bare(data) if icc and not profile else data
    return Container("JPEG", width, height, exif, profile, body, cmyk=components == 4)


def bare(data: bytes, profile: bytes = b"") -> bytes:
    """The first picture of a JPEG, its coded pixels untouched, with nothing beside them but `profile`.

    Kept are JFIF without its thumbnail and Adobe's segment, which tell a decoder how colours are stored. Raises
    Rejected for a cut tail.
    """
    parts, colours = [b"\xff\xd8"], _profile_segments(profile)
    for marker, segment, end in _segments(data):
        if (payload := _needed(marker, bytes(segment))) is None:
            continue
        if marker != APP0:  # JFIF has to be the first of all
            parts, colours = parts + colours, []
        parts.append(_segment(marker, payload))
        if marker == SOS:
            parts.append(data[end : _entropy_end(data, end)])
    return b"".join((*parts, b"\xff\xd9"))


def _needed(marker: int, segment: bytes) -> bytes | None:
    """What decoding needs of a segment's payload, or None where it needs nothing of it."""
    if marker == APP0 and segment[:5] == b"JFIF\0" and len(segment) >= 14:
        return segment[:12] + b"\0\0"  # the sides of a thumbnail that is not there
    if marker == APP14 and segment[:5] == b"Adobe" and len(segment) >= 12:
        return segment[:12]
    return segment if marker in PIXELS else None


def _profile_segments(profile: bytes) -> list[bytes]:
    parts = [profile[at : at + ICC_PART] for at in range(0, len(profile), ICC_PART)]
    return [
        _segment(APP2, b"ICC_PROFILE\0" + bytes((number, len(parts))) + part) for number, part in enumerate(parts, 1)
    ]


def _segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def _segments(data: bytes):
    """(marker, payload, end of payload) of every segment until EOI; Rejected where the file ends first."""
    view, position = memoryview(data), 2
    for _ in range(MAX_SEGMENTS):
        marker, position = _marker(data, position)
        if marker == EOI:
            return
        length = int.from_bytes(view[position : position + 2])
        end = position + length
        if end > len(data) or len(data) < position + 2:
            raise _cut(data)
        if length < 2:
            raise Rejected("damaged")
        yield marker, view[position + 2 : end], end
        position = _entropy_end(data, end) if marker == SOS else end
    raise Rejected("too_complex", limit=MAX_SEGMENTS)


def _find_end(data: bytes, position: int) -> None:
    """Nothing but EOI can follow a scan that holds all components; the strict decode sees to what is inside."""
    if data.rfind(b"\xff\xd9", position) < 0:  # from the end, where it nearly always is
        raise _cut(data)


def _marker(data: bytes, position: int) -> tuple[int, int]:
    while data[position : position + 2] == b"\xff\xff":
        position += 1
    if position + 2 > len(data):
        raise _cut(data)
    if data[position] != 0xFF or data[position + 1] in (0, TEM, SOI):
        raise Rejected("damaged")
    return data[position + 1], position + 2


def _entropy_end(data: bytes, position: int) -> int:
    found = ENTROPY_END.search(data, position)
    if found is None:
        raise _cut(data)
    return found.start()


def _cut(data: bytes) -> Rejected:
    """The walk ran off the end: of a cut file, or of a whole one (it has its last marker) that is broken inside."""
    return Rejected("damaged") if data.endswith(b"\xff\xd9") else Rejected("truncated", bytes=len(data))


def _frame(marker: int, segment: memoryview, earlier, limits: Limits) -> tuple[int, int, int]:
    if earlier or len(segment) < 6:
        raise Rejected("damaged")
    precision, height, width, components = struct.unpack_from(">BHHB", segment)
    limits.check_size(width, height)
    if marker not in TAKEN or precision != 8:
        raise Rejected("format_refused", format="lossless or 12-bit JPEG")
    return width, height, components


def _check_scans(frame, scans: int, limits: Limits) -> None:
    if frame is None:
        raise Rejected("damaged")
    if scans > limits.max_scans or (scans > 10 and scans * frame[0] * frame[1] > MAX_SCANNED_PIXELS):
        raise Rejected("too_many_scans", limit=limits.max_scans)


def _profile(parts: list[bytes]) -> bytes:
    """The colour profile put together from its numbered parts, or nothing where they do not fit."""
    parts = sorted(part for part in parts if len(part) > 2)
    if [part[0] for part in parts] != list(range(1, len(parts) + 1)):
        return b""
    profile = b"".join(part[2:] for part in parts)
    return profile if len(profile) <= MAX_ICC else b""
