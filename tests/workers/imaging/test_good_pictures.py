"""What comes out of a good picture, however odd: upright, in the right colours, in four clean renditions."""

import hashlib
import io
import zlib
from datetime import datetime

import numpy as np
import pytest
from PIL import Image

from tests import images
from workers.imaging import distance, process, same_scene

ODD = {
    "CMYK": images.cmyk,
    "16-bit": images.sixteen_bit,
    "palette": images.palette,
    "palette with transparency": lambda: images.palette(transparent=3),
    "one-bit": images.one_bit,
    "greyscale JPEG": images.grey,
    "greyscale PNG": lambda: images.grey(format="PNG"),
    "RGBA": images.with_alpha,
    "LA": lambda: images.with_alpha(mode="L"),
    "WebP with alpha": lambda: images.with_alpha(format="WEBP"),
    "tRNS on RGB": images.keyed,
    "HEIC": images.heic,
    "progressive": lambda: images.photo(size=(400, 300), progressive=True),
    "WebP": lambda: images.photo(size=(400, 300), format="WEBP"),
}


def opened(rendition) -> Image.Image:
    image = Image.open(io.BytesIO(rendition.data))
    image.load()
    return image


def shown(data: bytes, size=1024) -> np.ndarray:
    return np.asarray(opened(process(data).renditions[size])).astype(int)


def close(pixels, colour, tolerance=6) -> bool:
    return bool((np.abs(pixels.reshape(-1, 3).mean(axis=0) - colour) <= tolerance).all())


@pytest.mark.parametrize("name", ODD)
def test_an_odd_but_good_picture_passes(name):
    picture = process(ODD[name]())
    assert (picture.width, picture.height) == (400, 300)
    assert {size: opened(one).mode for size, one in picture.renditions.items()} == dict.fromkeys(
        (1024, 100, 299, 224), "RGB"
    )


@pytest.mark.parametrize("make", [images.cmyk, images.heic, lambda: images.photo(1, (400, 300), "WEBP")])
def test_colours_survive_their_format(make):
    assert np.abs(shown(make()) - images.pixels(1, (400, 300))).mean() < 12


def test_a_phones_second_picture_is_left_alone_and_the_first_is_a_jpeg():
    picture = process(images.mpo())
    assert (picture.format, picture.content_type, picture.extension) == ("JPEG", "image/jpeg", "jpg")


@pytest.mark.parametrize(("name", "kind"), [("PNG", "image/png"), ("WEBP", "image/webp"), ("HEIF", "image/heic")])
def test_the_type_comes_from_the_bytes(name, kind):
    assert process(images.photo(format=name)).content_type == kind


def test_sixteen_bits_are_scaled_and_not_clipped():
    assert close(shown(images.sixteen_bit(value=32_768)), 128, 1)


@pytest.mark.parametrize("make", [images.with_alpha, lambda: images.with_alpha(format="WEBP"), images.keyed])
def test_what_is_transparent_becomes_white(make):
    right = shown(make())[:, 220:]
    assert close(right, 255, 2)


def test_half_transparent_is_half_white():
    scene = shown(images.with_alpha(alpha=128))[:, 220:].mean()
    assert scene == pytest.approx((images.pixels(1, (400, 300))[:, 220:].mean() + 255) / 2, abs=4)


@pytest.mark.parametrize("orientation", range(10))
def test_every_orientation_comes_out_upright(orientation):
    picture = process(images.oriented(orientation))
    assert (picture.width, picture.height) == (400, 300)
    upright = np.asarray(opened(picture.renditions[1024])).astype(int)
    assert np.abs(upright - images.pixels(1, (400, 300))).mean() < 10


def test_renditions_fit_their_boxes_and_cover_their_squares():
    sizes = {size: (one.width, one.height) for size, one in process(images.photo(size=(2000, 1000))).renditions.items()}
    assert sizes == {1024: (1024, 512), 100: (100, 50), 299: (598, 299), 224: (448, 224)}


def test_a_small_picture_is_never_enlarged():
    sizes = {size: (one.width, one.height) for size, one in process(images.photo(size=(150, 120))).renditions.items()}
    assert sizes == {1024: (150, 120), 100: (100, 80), 299: (150, 120), 224: (150, 120)}


def test_a_long_picture_is_decoded_large_enough_for_its_shorter_side():
    renditions = process(images.photo(size=(4000, 400))).renditions
    assert (renditions[299].width, renditions[299].height) == (2990, 299)


@pytest.mark.parametrize("size", [(2000, 1500), (1500, 2000), (4000, 401), (333, 1000)])
@pytest.mark.parametrize("name", ["JPEG", "PNG"])
def test_a_rendition_says_what_it_is(size, name):
    for key, one in process(images.photo(size=size, format=name)).renditions.items():
        assert (one.size, (one.width, one.height)) == (key, opened(one).size)
        assert (one.sha256, one.crc32) == (hashlib.sha256(one.data).hexdigest(), zlib.crc32(one.data))


@pytest.mark.parametrize("name", ["JPEG", "PNG"])
def test_renditions_are_as_good_as_a_full_lanczos_resize(name):
    from workers.imaging import decode, formats, render
    from workers.imaging.types import Limits

    data = images.photo(size=(2400, 1800), format=name)
    made = render.scaled(decode.pixels(formats.read(data, Limits()), render.decode_scale(2400, 1800)), 2400, 1800)
    for pixels in made.values():
        whole = Image.open(io.BytesIO(data)).resize(pixels.shape[1::-1], Image.Resampling.LANCZOS)
        error = ((np.asarray(whole).astype(float) - pixels) ** 2).mean()
        assert 10 * np.log10(255**2 / error) >= 40


def test_no_rendition_carries_metadata():
    data = images.with_exif(
        images.photo(), gps=(46.5, 7.4), comment="<script>", note=bytes(60_000), taken_at="2024:05:06 07:08:09"
    )
    data = images.with_segment(
        images.with_segment(data, 0xFE, b"<script>"), 0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>"
    )
    for one in process(images.polyglot(data)).renditions.values():
        assert set(opened(one).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert b"script" not in one.data
        assert one.data.endswith(b"\xff\xd9")


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("rider", [images.ZIP, images.HTML])
def test_a_sound_picture_with_a_rider_gives_the_same_renditions(name, rider):
    data = images.photo(format=name)
    assert process(images.polyglot(data, rider)).renditions == process(data).renditions


def test_the_same_bytes_always_give_the_same_answer():
    data = images.photo(size=(1700, 1300))
    assert process(data) == process(data)


def test_time_and_place_are_read_as_the_camera_wrote_them():
    picture = process(images.with_exif(images.photo(), gps=(-33.5, 151.25), taken_at="2024:05:06 07:08:09"))
    assert picture.gps == pytest.approx((-33.5, 151.25), abs=1e-4)
    assert picture.taken_at == datetime(2024, 5, 6, 7, 8, 9)  # noqa: DTZ001


def test_a_png_has_exif_too():
    picture = process(images.with_exif(images.photo(size=(400, 300), format="PNG"), orientation=6, gps=(1.5, 2.5)))
    assert (picture.width, picture.height) == (300, 400)
    assert picture.gps == pytest.approx((1.5, 2.5), abs=1e-4)


@pytest.mark.parametrize(
    "facts", [{"gps": (999, 999)}, {"gps": (95, 0)}, {"taken_at": "0000:00:00 00:00:00"}, {"taken_at": "soon"}]
)
def test_absurd_facts_are_none(facts):
    picture = process(images.with_exif(images.photo(), **facts))
    assert (picture.gps, picture.taken_at) == (None, None)


@pytest.mark.parametrize(
    "block", [b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(40)]
)
def test_broken_exif_harms_nothing(block):
    assert process(images.with_segment(images.photo(), 0xE1, block)).gps is None


def test_another_colour_space_is_brought_to_srgb():
    red = images.saved(Image.new("RGB", (300, 300), (220, 30, 30)), quality=95)
    assert close(shown(red), (220, 30, 30))
    changed = shown(images.with_profile(red, images.swapped_profile())).reshape(-1, 3).mean(axis=0)
    assert changed[1] > changed[0]


def test_a_broken_profile_changes_nothing():
    assert process(images.with_profile(images.photo(), b"junk" * 100)).renditions == process(images.photo()).renditions


def test_saving_metadata_anew_keeps_the_pixels_digest():
    data = images.photo()
    assert process(images.with_exif(data, comment="mine")).pixels_sha256 == process(data).pixels_sha256
    assert process(images.photo(2)).pixels_sha256 != process(data).pixels_sha256


def test_the_hash_knows_a_copy_and_a_mirror_image_and_tells_strangers_apart():
    first, other = process(images.photo(1)), process(images.photo(2))
    assert distance(first.fingerprint, process(images.reencoded(1)).fingerprint) <= 31
    assert distance(first.mirrored, process(images.mirrored(1)).fingerprint) <= 31
    assert distance(first.fingerprint, other.fingerprint) > 90
    assert distance(first.fingerprint, first.mirrored) > 90


def test_a_frame_does_not_hide_a_copy():
    framed = Image.new("RGB", (860, 660), "white")
    framed.paste(images.picture(1), (30, 30))
    assert distance(process(images.photo(1)).fingerprint, process(images.saved(framed)).fingerprint) <= 31


def test_a_plain_picture_has_no_fingerprint_and_says_so():
    picture = process(images.plain())
    assert (picture.fingerprint, picture.mirrored) == (None, None)
    assert {"low_information", "blurry"} <= set(picture.flags)
    assert picture.tint == 0xC8C8C8


@pytest.mark.parametrize(
    ("make", "flag"),
    [
        (lambda: images.plain((5, 5, 5)), "dark"),
        (lambda: images.plain((255, 255, 255)), "light"),
        (lambda: images.photo(size=(150, 150)), "small"),
        (lambda: images.saved(images.picture(1, (60, 45)).resize((800, 600))), "blurry"),
    ],
)
def test_flags_say_what_a_picture_is_like(make, flag):
    assert flag in process(make()).flags


def test_a_good_photo_has_no_flags():
    assert process(images.photo()).flags == ()


def test_one_scene_is_recognised_cut_and_mirrored_and_another_is_not():
    scene = images.picture(1)
    whole, other = process(images.photo(1)), process(images.photo(2))
    cut, turned = process(images.saved(scene.crop((60, 40, 780, 580)))), process(images.mirrored(1))
    assert same_scene(whole.renditions[299].data, cut.renditions[299].data)
    assert same_scene(whole.renditions[299].data, turned.renditions[299].data)
    assert not same_scene(whole.renditions[299].data, other.renditions[299].data)
