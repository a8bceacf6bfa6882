"""The records of a zip: stored entries of known size, one date, one mode, Zip64 only where it must be.

After APPNOTE.TXT 6.3.10 (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), sections 4.3 and 4.5.3.
"""

import struct

FULL_16, FULL_32 = 0xFFFF, 0xFFFFFFFF  # a field at this value says: look into the Zip64 record
MANY, LARGE = FULL_16, FULL_32  # from this count of entries, and this size or offset in bytes, it must
PLAIN, ZIP64 = 20, 45  # version needed to extract
MADE_BY = 3 << 8 | ZIP64  # Unix, so that the mode is read
UTF8 = 1 << 11
TIME, DATE = 0, 1 << 5 | 1  # 1980-01-01 00:00, the first a zip can say
MODE = 0o100644 << 16

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END_64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR_64 = struct.Struct("<4sLQL")
END = struct.Struct("<4s4H2LH")


def local(name: bytes, size: int, crc32: int) -> bytes:
    """The header before an entry's bytes."""
    large = size >= LARGE
    extra = struct.pack("<2H2Q", 1, 16, size, size) if large else b""
    shown = FULL_32 if large else size
    head = LOCAL.pack(
        *(b"PK\x03\x04", ZIP64 if large else PLAIN, UTF8, 0, TIME, DATE),
        *(crc32, shown, shown, len(name), len(extra)),
    )
    return head + name + extra


def local_length(name: bytes, size: int) -> int:
    """Bytes that local() will give, without giving them."""
    return LOCAL.size + len(name) + (20 if size >= LARGE else 0)


def central(name: bytes, size: int, crc32: int, offset: int) -> bytes:
    """An entry's line in the directory; `offset` is that of its local header."""
    wide = [size, size] * (size >= LARGE) + [offset] * (offset >= LARGE)
    extra = struct.pack(f"<2H{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    shown = FULL_32 if size >= LARGE else size
    head = CENTRAL.pack(
        *(b"PK\x01\x02", MADE_BY, ZIP64 if wide else PLAIN, UTF8, 0, TIME, DATE, crc32, shown, shown),
        *(len(name), len(extra), 0, 0, 0, MODE, FULL_32 if offset >= LARGE else offset),
    )
    return head + name + extra


def central_length(name: bytes, size: int, offset: int) -> int:
    """Bytes that central() will give, without giving them."""
    wide = 16 * (size >= LARGE) + 8 * (offset >= LARGE)
    return CENTRAL.size + len(name) + (4 + wide if wide else 0)


def end(entries: int, start: int, length: int) -> bytes:
    """What closes a zip whose directory of `entries` lines and `length` bytes begins at `start`."""
    large = entries >= MANY or start >= LARGE or length >= LARGE
    wide = b""
    if large:
        wide = END_64.pack(b"PK\x06\x06", END_64.size - 12, MADE_BY, ZIP64, 0, 0, entries, entries, length, start)
        wide += LOCATOR_64.pack(b"PK\x06\x07", 0, start + length, 1)
    if large:
        entries, length, start = FULL_16, FULL_32, FULL_32
    return wide + END.pack(b"PK\x05\x06", 0, 0, entries, entries, length, start, 0)
