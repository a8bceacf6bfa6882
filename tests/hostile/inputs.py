"""Every hostile file, as data. Those that must be taken are in tests.hostile.loaded."""

import struct
import zlib

from tests import images
from tests.hostile import pictures as by_hand
from tests.hostile.loaded import LOADED
from tests.hostile.pictures import CANARY, PHP, SCRIPT
from tests.hostile.sent import File, always, bad

jpeg, png, webp, heic = by_hand.jpeg, by_hand.png, by_hand.webp, by_hand.heic

# What starts like something else is told by its first bytes, whatever it is called.
FOREIGN = {
    "SVG": images.SVG,
    "SVG behind a byte order mark": b"\xef\xbb\xbf" + images.SVG,
    "SVG without a prologue": b'  <svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "XML that reads the passwords": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "HTML": images.HTML,
    "HTML before a JPEG": SCRIPT + images.photo(1, (100, 100)),
    "PDF": images.PDF,
    "PDF before a JPEG": images.PDF + images.photo(1, (100, 100)),
    "PSD": images.PSD,
    "EPS": images.EPS,
    "EPS for DOS": b"\xc5\xd0\xd3\xc6" + images.EPS,
    "BigTIFF": b"II+\0\x08\0\0\0" + bytes(100),
    "a camera's raw file (CR2)": b"II*\0\x10\0\0\0CR\x02\0" + bytes(100),
    "ICO": b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0" + bytes(100),
    "GIF87a": b"GIF87a" + bytes(100),
    "JPEG XL": b"\xff\x0a" + bytes(100),
    "JPEG XL in boxes": b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(100),
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100),
    "JPEG 2000 without boxes": b"\xff\x4f\xff\x51" + bytes(100),
    "MP4": images.MP4,
    "ZIP": images.ZIP,
    "an empty ZIP": b"PK\x05\x06" + bytes(18),
}
NO_PICTURE = {
    "one byte": b"\xff",
    "noise": bytes(range(1, 256)) * 20,
    "PHP": PHP,
    "JavaScript": b"alert('x')//",
    "a shell script": b"#!/bin/sh\nrm -rf /\n",
    "an ELF program": b"\x7fELF\x02\x01\x01" + bytes(100),
    "a Windows program": b"MZ\x90\0" + bytes(100),
    "gzip (an SVGZ)": b"\x1f\x8b\x08\0" + zlib.compress(images.SVG),
    "a RIFF that is sound": b"RIFF\x24\0\0\0WAVEfmt " + bytes(100),
    "a RIFF that is film": b"RIFF\x24\0\0\0AVI LIST" + bytes(100),
    "text in UTF-16": "<script>alert(1)</script>".encode("utf-16"),
    "a PNG sent as text": images.photo(1, (100, 100), "PNG").replace(b"\r\n", b"\n"),
    "MNG": b"\x8aMNG\r\n\x1a\n" + bytes(100),
    "a JPEG behind one byte": b"x" + images.photo(1, (100, 100)),
    "a start of JPEG, and no more": b"\xff\xd8",
}

WHOLE = {
    "JPEG": jpeg,
    "progressive JPEG": lambda seed: jpeg(seed, progressive=True),
    "PNG": png,
    "WebP": webp,
    "HEIC": heic,
}
CUTS = {
    "before its last byte": lambda data: data[:-1],
    "in the middle": lambda data: data[: len(data) // 2],
    "in its header": lambda data: data[:30],
}
CUT = {
    f"a {name} cut {where}": File(lambda make=make, cut=cut: cut(make(1)), "truncated")
    for name, make in WHOLE.items()
    for where, cut in CUTS.items()
}

BROKEN_JPEG = bad(
    "damaged",
    a_JPEG_with_flipped_bits=lambda: images.flipped_bits(jpeg(1)),
    a_JPEG_with_zeros_inside=lambda: images.zero_filled(images.photo(1)),
    a_JPEG_that_ends_at_once=always(b"\xff\xd8\xff\xd9" * 40),
    a_JPEG_without_a_frame=lambda: by_hand.without(jpeg(1), 0xC0),
    a_JPEG_with_two_frames=lambda: by_hand.twice(jpeg(1), 0xC0),
    a_JPEG_with_another_start_inside=lambda: by_hand.before_scan(jpeg(1), b"\xff\xd8"),
    a_JPEG_whose_scan_comes_before_its_frame=lambda: (
        jpeg(1)[:2] + by_hand.segment(0xDA, b"\x01\x01\0\0\x3f\0") + jpeg(1)[2:]
    ),
    a_JPEG_without_quantisation=lambda: by_hand.without(by_hand.without(jpeg(1), 0xDB), 0xDB),
    a_JPEG_of_65_kB_of_Huffman_table=lambda: by_hand.before_scan(
        jpeg(1), by_hand.segment(0xC4, b"\x00" + b"\xff" * 60_000)
    ),
    a_JPEG_of_65_kB_of_quantisation=lambda: by_hand.before_scan(jpeg(1), by_hand.segment(0xDB, b"\x0f" * 60_000)),
    a_JPEG_with_a_segment_of_no_length=lambda: by_hand.before_scan(jpeg(1), b"\xff\xfe\0\0"),
    a_JPEG_of_no_height=lambda: images.resized_header(jpeg(1), 160, 0),
    a_JPEG_of_two_components=lambda: by_hand.changed(jpeg(1), 0xC0, 5, b"\x02"),
    a_JPEG_of_255_components=lambda: by_hand.changed(jpeg(1), 0xC0, 5, b"\xff"),
    a_JPEG_with_sampling_factors_of_nothing=lambda: by_hand.changed(jpeg(1), 0xC0, 7, b"\0"),
    a_JPEG_with_sampling_factors_of_fifteen=lambda: by_hand.changed(jpeg(1), 0xC0, 7, b"\xff"),
    a_JPEG_that_names_tables_it_has_not=lambda: by_hand.changed(jpeg(1), 0xC0, 8, b"\x03"),
    a_JPEG_whose_header_is_larger_than_its_data=lambda: images.resized_header(jpeg(1), 1600, 1200),
    a_JPEG_with_a_restart_left_out=lambda: by_hand.restarts(by_hand.photo_with_restarts(1), lambda _: b""),
    a_JPEG_with_a_restart_out_of_turn=lambda: by_hand.restarts(by_hand.photo_with_restarts(1), lambda _: b"\xff\xd6"),
    a_JPEG_with_restarts_nobody_announced=lambda: by_hand.without(by_hand.photo_with_restarts(1), 0xDD),
    a_JPEG_that_says_it_is_arithmetic=lambda: by_hand.as_frame(jpeg(1), 0xC9),
    a_baseline_JPEG_that_says_it_is_progressive=lambda: by_hand.as_frame(jpeg(1), 0xC2),
)
BROKEN_PNG = bad(
    "damaged",
    a_PNG_with_one_flipped_bit=lambda: images.flipped_bits(images.photo(1, format="PNG"), bits=1),
    a_PNG_with_a_wrong_checksum=lambda: by_hand.png(1)[:-20] + b"\0\0\0\0" + by_hand.png(1)[-16:],
    a_PNG_without_a_header=lambda: images.png(100, 100)[:8] + images.png(100, 100)[33:],
    a_PNG_with_a_short_header=lambda: (
        images.png(100, 100)[:8] + images.chunk(b"IHDR", struct.pack(">II", 100, 100)) + images.png(100, 100)[33:]
    ),
    a_PNG_without_pixels=lambda: images.png(100, 100)[:33] + images.png(100, 100)[-12:],
    a_PNG_of_too_few_rows=lambda: images.png(100, 100, body=images.zeros(301 * 50)),
    a_PNG_of_no_width=lambda: images.png(0, 100, body=images.zeros(100)),
    a_PNG_whose_pixels_do_not_inflate=lambda: images.png(100, 100, body=CANARY * 50),
    a_PNG_of_depth_three=lambda: by_hand.header(8, b"\x03"),
    a_PNG_of_colour_type_five=lambda: by_hand.header(9, b"\x05"),
    a_PNG_of_another_compression=lambda: by_hand.header(10, b"\x01"),
    a_PNG_of_another_filter_method=lambda: by_hand.header(11, b"\x40"),
    a_PNG_with_a_palette_and_none_there=lambda: images.png(100, 100, colour=3),
    a_PNG_whose_rows_name_filter_99=lambda: by_hand.filtered(99),
    a_PNG_from_a_telephones_own_tools=lambda: (
        images.png(100, 100)[:8] + images.chunk(b"CgBI", bytes(4)) + images.png(100, 100)[8:]
    ),
)
BROKEN_WEBP = bad(
    "damaged",
    a_WebP_without_a_picture=lambda: images.riff((b"VP8X", bytes(4) + (99).to_bytes(3, "little") * 2)),
    a_WebP_with_a_canvas_unlike_its_picture=lambda: images.riff(
        (b"VP8X", bytes(4) + (99).to_bytes(3, "little") * 2), *images.riff_chunks(images.photo(1, (100, 140), "WEBP"))
    ),
    a_WebP_with_a_header_too_short=lambda: images.riff((b"VP8 ", b"\x9d\x01\x2a")),
    a_WebP_of_noise=lambda: images.riff((b"VP8 ", b"\0\0\0\x9d\x01\x2a\x64\0\x64\0" + CANARY * 20)),
    a_lossless_WebP_of_another_signature=lambda: images.riff(
        (b"VP8L", b"\x30" + (99 | 99 << 14).to_bytes(4, "little") + bytes(20))
    ),
    a_WebP_with_flipped_bits=lambda: images.flipped_bits(
        images.photo(1, format="WEBP", lossless=True), bits=4000, after=100
    ),
)
BROKEN_HEIC = bad(
    "damaged",
    a_HEIC_without_its_decoders_settings=lambda: by_hand.replaced(heic(), b"hvcC", b"xvcC"),
    a_HEIC_without_a_primary_picture=lambda: by_hand.replaced(heic(), b"pitm", b"free"),
    a_HEIC_without_locations=lambda: by_hand.replaced(heic(), b"iloc", b"free"),
    a_HEIC_without_properties=lambda: by_hand.replaced(heic(), b"iprp", b"free"),
    a_HEIC_whose_second_box_is_too_short=lambda: by_hand.replaced(heic(), b"\0\0\x01\x56meta", b"\0\0\0\x04meta"),
    a_HEIC_of_four_thousand_millions_squared=lambda: by_hand.sized(heic(), 2**32 - 1, 2**32 - 1),
    a_HEIC_whose_picture_is_of_another_size_than_it_says=lambda: by_hand.sized(heic(), 1600, 1200),
)

WITHOUT_A_META_BOX = bad("truncated", a_HEIC_without_a_meta_box=lambda: by_hand.replaced(heic(), b"meta", b"free"))

BOMBS = {
    **bad(
        "too_many_pixels",
        a_PNG_of_two_thousand_millions_squared=images.giant_png,
        a_PNG_of_30000_squared_in_one_bit=images.one_bit_bomb,
        an_interlaced_PNG_of_30000_squared=lambda: by_hand.header(
            0, struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 1)
        ),
        a_JPEG_of_65535_squared=images.giant_jpeg,
        a_progressive_JPEG_of_65535_squared=lambda: images.resized_header(jpeg(1, progressive=True), 65_535, 65_535),
        a_WebP_of_16384_squared_in_34_bytes=images.giant_webp,
        a_WebP_larger_inside_than_outside=images.two_sided_webp,
        a_HEIC_of_60000_squared=lambda: by_hand.sized(heic(), 60_000, 60_000),
    ),
    **bad(
        "metadata_too_large",
        a_text_that_unpacks_to_2_MB=lambda: images.text_bomb(2 << 20),
        a_profile_that_unpacks_to_2_MB=lambda: images.profile_bomb(2 << 20),
        an_international_text_that_unpacks_to_2_MB=lambda: images.png(
            100, 100, extra=images.chunk(b"iTXt", b"a\0\x01\0\0\0" + images.zeros(2 << 20))
        ),
        many_texts=lambda: images.many_texts(20),
    ),
    **bad(
        "too_complex",
        a_PNG_of_a_hundred_thousand_chunks=lambda: images.crowded_png(100_001),
        a_JPEG_of_twenty_thousand_comments=lambda: images.crowded_jpeg(20_001),
        a_WebP_of_ten_thousand_chunks=lambda: images.riff(*[(b"JUNK", b"")] * 10_001),
        a_HEIC_of_ten_thousand_boxes=lambda: heic()[:28] + b"\0\0\0\x08free" * 10_001,
    ),
    **bad(
        "too_many_scans",
        a_JPEG_of_a_thousand_scans=images.many_scans,
        a_JPEG_of_65_scans=lambda: images.many_scans(60),
    ),
}
SHAPES = {
    **bad("side_too_small", one_pixel=lambda: images.png(1, 1), a_side_of_63=lambda: images.png(63, 80)),
    **bad("too_narrow", one_by_60000=images.strip, eleven_to_one=lambda: images.png(1100, 99)),
    **bad("side_too_large", a_side_of_17000=lambda: images.png(17_000, 2_000, 1, 0)),
    **bad(
        "animated",
        an_APNG=lambda: images.apng(3),
        an_APNG_of_no_frames=lambda: png(1, (b"acTL", bytes(8))),
        a_moving_WebP=lambda: images.animated_webp(3),
        a_HEIF_sequence=images.heif_sequence,
        a_HEIC_with_a_film_inside=lambda: heic() + b"\0\0\0\x08moov",
    ),
    **bad(
        "format_refused",
        a_TIFF=images.tiff,
        a_BMP=images.bmp,
        an_AVIF=images.avif,
        an_AVIF_under_the_brand_of_HEIF=lambda: by_hand.replaced(images.avif(), b"ftypavif", b"ftypmif1"),
        a_moving_GIF=lambda: images.gif(3),
        a_lossless_JPEG=lambda: by_hand.as_frame(jpeg(1), 0xC3),
        a_hierarchical_JPEG=lambda: by_hand.as_frame(jpeg(1), 0xC5),
        a_JPEG_of_12_bits=lambda: by_hand.changed(jpeg(1), 0xC0, 0, b"\x0c"),
    ),
    **bad("only_zeros", only_zeros=always(bytes(5000))),
}
FILES: dict[str, File] = {
    **{name: File(always(data), "format_refused") for name, data in FOREIGN.items()},
    **{name: File(always(data), "not_a_picture") for name, data in NO_PICTURE.items()},
    **CUT, **BROKEN_JPEG, **BROKEN_PNG, **BROKEN_WEBP, **BROKEN_HEIC, **WITHOUT_A_META_BOX, **BOMBS, **SHAPES, **LOADED,
}  # fmt: skip
