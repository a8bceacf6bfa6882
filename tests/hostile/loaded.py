"""Sound pictures loaded with what must not get through: each is taken, and what is kept of it is clean."""

import struct
import zlib

from tests import images
from tests.hostile.pictures import (
    CANARY,
    LAUGHS,
    PHP,
    SANE,
    SCRIPT,
    SIZE,
    exif,
    heic,
    jpeg,
    many,
    parted_profile,
    place,
    png,
    pointer,
    rationals,
    tiff,
    webp,
    without,
    without_all,
)
from tests.hostile.sent import sound

XMP = b"http://ns.adobe.com/xap/1.0/\0"
NAN = struct.pack(">3d", *[float("nan")] * 3)

LOADED = sound(
    ("a JPEG with a script in its comment", lambda s: images.with_segment(jpeg(s), 0xFE, SCRIPT)),
    ("a JPEG with PHP in its comment", lambda s: images.with_segment(jpeg(s), 0xFE, PHP)),
    (
        "a JPEG that JavaScript reads as a program",
        lambda s: images.with_segment(jpeg(s), 0xFE, b"*/=alert('" + CANARY + b"')/*"),
    ),
    ("a JPEG with a ZIP behind it", lambda s: images.polyglot(jpeg(s), images.ZIP + CANARY)),
    ("a JPEG with HTML behind it", lambda s: images.polyglot(jpeg(s), images.HTML + CANARY)),
    ("a JPEG with PHP behind it", lambda s: images.polyglot(jpeg(s), PHP)),
    ("a PNG with a ZIP behind it", lambda s: images.polyglot(png(s), images.ZIP + CANARY)),
    ("a WebP with PHP behind it", lambda s: images.polyglot(webp(s), PHP)),
    ("a HEIC with HTML behind it", lambda s: images.polyglot(heic(s), images.HTML + CANARY)),
    (
        "a PNG with a script in its text",
        lambda s: png(s, (b"tEXt", b"Title\0" + SCRIPT), (b"iTXt", b"t\0\0\0\0\0" + SCRIPT)),
    ),
    ("a WebP with a script in its XMP", lambda s: webp(s, (b"XMP ", SCRIPT), (b"????", SCRIPT))),
    (
        "a JPEG whose XMP laughs a thousand millions of times",
        lambda s: images.with_segment(jpeg(s), 0xE1, XMP + LAUGHS),
    ),
    ("a PNG whose XMP laughs", lambda s: png(s, (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + LAUGHS))),
    ("a JPEG with a megabyte of EXIF segments", lambda s: many(jpeg(s), 0xE1, b"Exif\0\0" + CANARY * 4000, 18)),
    ("a JPEG with unknown segments", lambda s: many(jpeg(s), 0xE9, CANARY * 10, 300)),
    ("a PNG with two megabytes of text", lambda s: png(s, (b"tEXt", b"a\0" + CANARY * 150_000))),
    ("a PNG with an unknown chunk", lambda s: png(s, (b"evIL", SCRIPT))),
    ("a PNG whose text does not inflate", lambda s: png(s, (b"zTXt", b"a\0\0" + CANARY))),
    ("a PNG whose profile is noise", lambda s: png(s, (b"iCCP", b"icc\0\0" + zlib.compress(CANARY * 500)))),
    ("a JPEG whose profile is noise", lambda s: images.with_profile(jpeg(s), CANARY * 500)),
    ("a JPEG whose profile is cut", lambda s: images.with_profile(jpeg(s), images.swapped_profile()[:300])),
    ("a JPEG whose profile is for ink", lambda s: images.with_profile(jpeg(s), images.ink_profile())),
    ("a JPEG whose profile has parts missing", lambda s: parted_profile(s, ((1, 3), (3, 3)))),
    ("a JPEG whose profile has a part twice", lambda s: parted_profile(s, ((1, 2), (1, 2)))),
    ("a CMYK JPEG without Adobe's word", lambda s: without(images.cmyk(s, SIZE), 0xEE)),
    (
        "a CMYK JPEG whose profile is for screens",
        lambda s: images.with_profile(images.cmyk(s, SIZE), images.swapped_profile()),
    ),
    ("a JPEG without Huffman tables, as films have them", lambda s: without_all(jpeg(s), 0xC4)),
    ("a MPO whose second picture is cut", lambda s: images.mpo(s, SIZE)[:-3000]),
    ("a MPO whose second picture is noise", lambda s: images.mpo(s, SIZE)[:-3000] + CANARY * 200),
    (
        "EXIF whose directory points at itself",
        lambda s: exif(s, tiff(pointer(0x8769, 8), pointer(0x8825, 8), following=8)),
    ),
    ("EXIF that points beyond its end", lambda s: exif(s, tiff(pointer(0x8769, 2**32 - 1), pointer(0x8825, 65_000)))),
    ("EXIF of 65,535 entries that are not there", lambda s: exif(s, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + CANARY)),
    ("EXIF of a value of four thousand million bytes", lambda s: exif(s, tiff((0x0132, 2, 2**32 - 1, b"\0\0\0\x08")))),
    ("EXIF of no order", lambda s: exif(s, b"Exif\0\0XX\0*\0\0\0\x08" + CANARY)),
    ("EXIF that turns by 65,535", lambda s: exif(s, tiff((0x0112, 3, 1, b"\xff\xff")))),
    ("EXIF of the year 9999 and of no month", lambda s: images.with_exif(jpeg(s), taken_at="9999:00:99 99:99:99")),
    ("EXIF of the last moment there is", lambda s: images.with_exif(jpeg(s), taken_at="9999:12:31 23:59:59")),
    ("a position divided by zero", lambda s: exif(s, place(rationals(48, 0, 0, 0, 0, 0), SANE))),
    (
        "a position of four thousand million degrees",
        lambda s: exif(s, place(rationals(2**32 - 1, 1, 0, 1, 0, 1), SANE)),
    ),
    ("a position that is not a number", lambda s: exif(s, place(NAN, SANE, 12))),
    ("a position with one number", lambda s: exif(s, place(SANE, SANE, 5, 1))),
    ("a position off the map", lambda s: images.with_exif(jpeg(s), gps=(148.86, 999.0))),
    ("a PNG of one frame that moves", lambda s: png(s, (b"acTL", struct.pack(">II", 1, 0)))),
    ("a PNG with more rows than it says", lambda s: images.png(100 + s % 100, 100, body=images.zeros(50_000_000))),
    ("a 16-bit PNG of one value", lambda s: images.sixteen_bit((100, 100 + s % 100), s * 30)),
    ("a WebP whose profile is noise", lambda s: webp(s, before=((b"ICCP", CANARY * 100),))),
)
