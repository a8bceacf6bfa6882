"""A clean original shows the same picture to the last pixel, and tells nothing else."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from hub import audit
from tests import images
from workers.imaging import CODES, Limits, Rejected, clean, process

SECRET = b"S3CRET-at-home"
WORD = SECRET.decode()
SIZE = (400, 300)
XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + SECRET
EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0" + SECRET
IPTC = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0e" + SECRET
THUMBNAIL = b"JFIF\0\x01\x02\0\0\x01\0\x01\x03\x02" + SECRET + b"\0\0\0\0"

JPEG_SECRETS = {
    "a comment": (0xFE, SECRET),
    "XMP": (0xE1, XMP),
    "extended XMP": (0xE1, EXTENDED_XMP),
    "IPTC": (0xED, IPTC),
    "a multi-picture index": (0xE2, b"MPF\0" + SECRET),
    "a FlashPix segment": (0xE2, b"FPXR\0" + SECRET),
    "a thumbnail in JFIF": (0xE0, THUMBNAIL),
    "a thumbnail of JFXX": (0xE0, b"JFXX\0\x10" + SECRET),
    "a maker's APP4": (0xE4, SECRET),
    "C2PA in APP11": (0xEB, b"JP\0\0" + SECRET),
    "words behind Adobe's marker": (0xEE, b"Adobe\0\x64\0\0\0\0\x01" + SECRET),
    "no Adobe in APP14": (0xEE, SECRET),
    "a broken profile": (0xE2, b"ICC_PROFILE\0\x01\x01" + SECRET),
    "a reserved segment": (0xF0, SECRET),
    "EXIF": (0xE1, images.exif_block(gps=(46.5, 7.4), comment=WORD, note=SECRET, taken_at="2024:05:06 07:08:09")),
}
PNG_SECRETS = {
    "text": images.chunk(b"tEXt", b"Comment\0" + SECRET),
    "packed text": images.chunk(b"zTXt", b"Comment\0\0" + zlib.compress(SECRET, 0)),
    "XMP": images.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + SECRET),
    "EXIF": images.chunk(b"eXIf", images.exif_block(comment=WORD, gps=(46.5, 7.4)).removeprefix(b"Exif\0\0")),
    "a time": images.chunk(b"tIME", SECRET[:7]),
    "a private chunk": images.chunk(b"prVt", SECRET),
    "words behind gamma": images.chunk(b"gAMA", struct.pack(">I", 45455) + SECRET),
    "a broken profile": images.chunk(b"iCCP", WORD.encode() + b"\0\0" + zlib.compress(SECRET, 0)),
}
UPRIGHT = {
    "a photo": images.photo,
    "a progressive photo": lambda: images.photo(size=SIZE, progressive=True),
    "with restart markers": lambda: images.photo(size=SIZE, restart_marker_rows=1),
    "with a profile of sRGB": lambda: images.with_profile(images.photo(), images.srgb_profile()),
    "grey": images.grey,
    "CMYK": images.cmyk,
    "RGB inside": lambda: images.photo(size=SIZE, keep_rgb=True),
    "a PNG": lambda: images.photo(size=SIZE, format="PNG"),
    "a PNG with alpha": lambda: images.with_alpha(alpha=77),
    "a 16-bit PNG": images.sixteen_bit,
    "a palette": lambda: images.palette(transparent=3),
    "one bit": images.one_bit,
    "one colour transparent": images.keyed,
    "a WebP": lambda: images.photo(size=SIZE, format="WEBP"),
    "a lossless WebP": lambda: images.photo(size=SIZE, format="WEBP", lossless=True),
    "a WebP with alpha": lambda: images.with_alpha(alpha=77, format="WEBP"),
    "a lossy WebP with alpha": lambda: images.with_alpha(alpha=77, format="WEBP", lossless=False),
}


def raw(data: bytes) -> tuple[str, np.ndarray]:
    """The mode and pixels as stored: what Pillow decodes with its EXIF left alone."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image.mode, np.array(image.convert("RGBA") if "transparency" in image.info else image)


def same_pixels(one: bytes, other: bytes) -> bool:
    (mode, stored), (kept_mode, kept) = raw(one), raw(other)
    return mode == kept_mode and np.array_equal(stored, kept)


def with_chunk(png: bytes, chunk: bytes) -> bytes:
    return png[:33] + chunk + png[33:]


def with_riff_secrets(webp: bytes) -> bytes:
    """The WebP with EXIF and XMP, as the extended layout has them."""
    image = Image.open(io.BytesIO(webp))
    block = images.exif_block(gps=(46.5, 7.4), comment=WORD)
    return images.saved(image, "WEBP", exif=block, xmp=b"<x:xmpmeta>" + SECRET, lossless=True)


# --- the same picture -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", UPRIGHT)
def test_an_upright_picture_keeps_every_pixel_and_its_format(name):
    data = UPRIGHT[name]()
    result = clean(data)
    assert same_pixels(data, result.data)
    assert result.extension == process(data).extension


@pytest.mark.parametrize("name", UPRIGHT)
def test_the_hub_makes_the_same_renditions_of_the_clean_file(name):
    data = UPRIGHT[name]()
    assert process(clean(data).data).renditions == process(data).renditions


@pytest.mark.parametrize("name", UPRIGHT)
def test_a_clean_file_is_clean_already(name):
    once = clean(UPRIGHT[name]())
    assert clean(once.data) == once


def test_coded_pixels_are_kept_byte_for_byte():
    data = images.photo()
    pixels = data[data.index(b"\xff\xda") :]
    assert clean(images.polyglot(images.with_exif(data, comment=WORD))).data.endswith(pixels)


def test_the_settings_of_arithmetic_coding_stay():
    data = images.with_segment(images.photo(), 0xCC, b"\0\x10")
    assert b"\xff\xcc\0\x04\0\x10" in clean(data).data


def test_the_same_bytes_always_give_the_same_file():
    data = images.oriented(6)
    assert clean(data) == clean(data)


# --- and nothing else -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", JPEG_SECRETS)
def test_no_segment_of_a_jpeg_tells_anything(name):
    data = images.photo()
    result = clean(images.with_segment(data, *JPEG_SECRETS[name])).data
    assert SECRET not in result
    assert same_pixels(data, result)


@pytest.mark.parametrize("place", [b"\xff\xda", b"\xff\xd9"])
def test_a_comment_between_scans_and_before_the_end_goes(place):
    data = images.photo(progressive=True)
    at = data.rindex(place)
    commented = data[:at] + b"\xff\xfe" + struct.pack(">H", len(SECRET) + 2) + SECRET + data[at:]
    assert clean(commented) == clean(data)


def test_a_jpeg_has_only_what_a_rendition_may_have():
    data = images.photo()
    for marker, payload in JPEG_SECRETS.values():
        if payload[:5] not in (b"Adobe", b"JFIF\0"):
            data = images.with_segment(data, marker, payload)
    assert audit.metadata(data)
    assert audit.metadata(clean(data).data) == []


def test_a_thumbnail_goes_and_the_density_stays():
    data = images.saved(images.picture(), dpi=(300, 300))
    at = data.index(b"JFIF\0")
    with_thumbnail = images.with_segment(data[:2] + data[at + 14 :], 0xE0, data[at : at + 12] + b"\x01\x01abc")
    assert clean(with_thumbnail) == clean(data)
    assert Image.open(io.BytesIO(clean(data).data)).info["dpi"] == (300, 300)


@pytest.mark.parametrize("name", PNG_SECRETS)
@pytest.mark.parametrize("make", [lambda: images.photo(size=SIZE, format="PNG"), lambda: images.palette(transparent=3)])
def test_no_chunk_of_a_png_tells_anything(name, make):
    data = make()
    assert clean(with_chunk(data, PNG_SECRETS[name])) == clean(data)
    assert SECRET[:7] not in clean(data).data


def test_a_png_keeps_the_chunks_that_give_its_numbers_a_colour():
    gamma, depth = images.chunk(b"gAMA", struct.pack(">I", 45455)), images.chunk(b"sBIT", b"\x05\x06\x05")
    data = with_chunk(images.photo(size=SIZE, format="PNG"), gamma + depth)
    assert clean(data).data == data


def test_a_webp_has_neither_exif_nor_xmp_nor_an_unknown_chunk():
    data = with_riff_secrets(images.photo(size=SIZE, format="WEBP"))
    data = images.riff(*images.riff_chunks(data), (b"MINE", SECRET))
    result = clean(data).data
    assert [kind for kind, _ in images.riff_chunks(result)] == [b"VP8X", b"VP8L"]
    assert SECRET not in result
    assert b"Exif" not in result
    assert same_pixels(data, result)


def test_the_flags_of_a_webp_say_what_is_still_there():
    opaque = with_riff_secrets(images.photo(size=SIZE, format="WEBP"))
    clear = with_riff_secrets(images.with_alpha(alpha=77, format="WEBP"))
    assert [dict(images.riff_chunks(clean(data).data))[b"VP8X"][0] for data in (opaque, clear)] == [0, 0x10]


def test_a_second_picture_inside_a_webp_goes():
    first, second = (images.photo(seed, SIZE, "WEBP") for seed in (1, 2))
    assert clean(images.riff(*images.riff_chunks(first), *images.riff_chunks(second))) == clean(first)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("rider", [images.ZIP + SECRET, images.MP4 + SECRET])
def test_what_rides_behind_a_picture_stays_behind(name, rider):
    data = images.photo(size=SIZE, format=name)
    assert clean(images.polyglot(data, rider)) == clean(data)


def test_a_phones_second_picture_goes_and_the_first_stays():
    two = images.mpo()
    result = clean(two).data
    assert Image.open(io.BytesIO(result)).format == "JPEG"
    assert result.count(b"\xff\xd8\xff") == 1
    assert same_pixels(two, result)


# --- any mix, any harm ----------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(sorted(JPEG_SECRETS)), max_size=12), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_any_mix_of_segments_leaves_the_same_pixels_and_no_secret(names, progressive, rider):
    plain = images.photo(3, (120, 90), progressive=progressive)
    data = plain
    for name in names:
        data = images.with_segment(data, *JPEG_SECRETS[name])
    result = clean(images.polyglot(data, SECRET) if rider else data).data
    assert SECRET not in result
    assert same_pixels(plain, result)


@given(st.lists(st.sampled_from(sorted(PNG_SECRETS)), max_size=12))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_any_mix_of_chunks_leaves_the_same_file(names):
    plain = images.photo(3, (120, 90), "PNG")
    data = with_chunk(plain, b"".join(PNG_SECRETS[name] for name in names))
    assert clean(data) == clean(plain)


def cut(name, by) -> bytes:
    return images.truncated(images.photo(format=name), by)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing at all": (lambda: b"", "empty"),
    "a ZIP": (lambda: images.ZIP, "format_refused"),
    "a GIF": (images.gif, "format_refused"),
    "a giant": (images.giant_png, "too_many_pixels"),
    "a crowd of comments": (images.crowded_jpeg, "too_complex"),
    "a text bomb": (images.text_bomb, "metadata_too_large"),
    "an animation": (images.animated_webp, "animated"),
    "a JPEG that is only its start": (lambda: images.photo()[:3], "truncated"),
    "a canvas without a picture": (lambda: images.riff((b"VP8X", bytes(4) + b"\x63\0\0\x63\0\0")), "damaged"),
    "a turned picture that is broken": (lambda: images.flipped_bits(images.oriented(6)), "damaged"),
    **{
        f"a {name} cut by {by}": (partial(cut, name, by), "truncated")
        for name in ("JPEG", "PNG", "WEBP", "HEIF")
        for by in (1, 200, 15_000)
    },
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_sound_file_is_refused_with_its_reason(name):
    make, code = HOSTILE[name]
    with pytest.raises(Rejected) as refused:
        clean(make())
    assert refused.value.code == code


def test_limits_are_the_callers_to_set():
    with pytest.raises(Rejected, match="too_many_pixels"):
        clean(images.photo(), Limits(max_pixels=100_000))


MUTABLE: dict[str, Callable[[], bytes]] = {
    **{name: partial(images.photo, 3, (120, 90), name) for name in ("JPEG", "PNG", "WEBP", "HEIF")},
    "JPEG with a profile": lambda: images.with_profile(images.photo(3, (120, 90)), images.swapped_profile()),
}
mutations = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255), st.integers(0, 40)), min_size=1, max_size=6)


@given(st.sampled_from(sorted(MUTABLE)), mutations)
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_a_mutated_picture_is_cleaned_or_refused_and_nothing_else(name, steps):
    data = MUTABLE[name]()
    for where, value, dropped in steps:
        at = int(where * len(data))
        data = data[:at] + bytes([value]) + data[at + dropped :]
    try:
        assert clean(data).extension in ("jpg", "png", "webp")
    except Rejected as refused:
        if refused.code not in CODES:
            raise
