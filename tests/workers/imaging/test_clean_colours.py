"""A clean original has the colours and the way up that the hub shows it in; its profile names no screen or owner."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from hub import audit
from tests import images
from workers.imaging import Limits, clean, formats, jpeg, process

SIZE = (400, 300)
SECRET = b"S3CRET-at-home"
TOLD = (SECRET, SECRET[:12], b"LG27", b"Anna", b"LGsn", b"meas", b"mine", "mine".encode("utf-16-be"))


def screen() -> bytes:
    """A profile that names its screen and owner: in header and texts, in tags without colour, and behind its end."""
    profile = images.swapped_profile()
    entry = profile.index(b"chrm")
    at = int.from_bytes(profile[entry + 4 : entry + 8])
    profile = profile[:at] + b"XYZ \0\0\0\0" + SECRET + profile[at + 8 + len(SECRET) :]
    profile = profile.replace(b"chrm", b"LGsn", 1).replace(b"cprt", b"meas", 1)
    return profile[:48] + b"LG27" + profile[52:80] + b"Anna" + profile[84:] + SECRET


def stored(data: bytes) -> np.ndarray:
    """The pixels as they lie in the file, its EXIF and its profile left alone."""
    return np.array(Image.open(io.BytesIO(data)))


def shown(data: bytes) -> np.ndarray:
    """The largest rendition that the hub makes of a file."""
    return stored(process(data).renditions[1024].data).astype(int)


def profile_of(data: bytes) -> bytes:
    return formats.read(data, Limits()).icc


def near(pixels: np.ndarray, scene: np.ndarray) -> bool:
    return pixels.shape == scene.shape and np.abs(pixels.astype(int) - scene).mean() < 5


PROFILED = {
    "JPEG": lambda: images.with_profile(images.photo(size=SIZE), screen()),
    "PNG": lambda: images.saved(images.picture(size=SIZE), "PNG", icc_profile=screen()),
    "WEBP": lambda: images.saved(images.picture(size=SIZE), "WEBP", icc_profile=screen()),
    "CMYK": lambda: images.with_profile(images.cmyk(), images.ink_profile()),
}


@pytest.mark.parametrize("name", PROFILED)
def test_a_profile_that_changes_colours_stays_and_they_are_the_same(name):
    data = PROFILED[name]()
    result = clean(data).data
    assert np.array_equal(stored(result), stored(data))
    assert np.array_equal(shown(result), shown(data))
    plain = images.cmyk() if name == "CMYK" else images.photo(size=SIZE)
    assert not near(shown(result), shown(plain))


@pytest.mark.parametrize("name", PROFILED)
def test_a_profile_that_stays_is_where_others_look_for_it(name):
    result = clean(PROFILED[name]()).data
    assert Image.open(io.BytesIO(result)).info["icc_profile"] == profile_of(result)


def test_a_jpeg_begins_with_jfif_whatever_follows():
    assert clean(PROFILED["JPEG"]()).data[6:11] == b"JFIF\0"


@pytest.mark.parametrize("name", PROFILED)
def test_a_profile_that_stays_names_no_screen_and_no_owner(name):
    told = [word for word in TOLD if word in profile_of(PROFILED[name]())]
    assert (told == []) == (name == "CMYK")
    assert [word for word in told if word in profile_of(clean(PROFILED[name]()).data)] == []


@pytest.mark.parametrize(("version", "texts"), [(2, {b"desc", b"text"}), (4, {b"mluc"})])
def test_a_profile_that_stays_is_whole_and_of_its_version(version, texts):
    profile = bytearray(screen())
    profile[8] = version
    kept = profile_of(clean(images.with_profile(images.photo(), bytes(profile))).data)
    opened = ImageCms.ImageCmsProfile(io.BytesIO(kept)).profile
    assert opened.profile_description == opened.copyright == "colours of this picture"
    assert int.from_bytes(kept[:4]) == len(kept)
    assert {kind for kind in (b"desc\0\0\0\0", b"text\0\0\0\0", b"mluc\0\0\0\0") if kind in kept} == {
        kind + bytes(4) for kind in texts
    }


def test_a_profile_of_srgb_is_left_out():
    assert clean(images.with_profile(images.photo(), images.srgb_profile())) == clean(images.photo())


def test_a_profile_for_other_inks_than_the_pictures_is_left_out():
    assert clean(images.with_profile(images.cmyk(), screen())) == clean(images.cmyk())


def test_a_profile_longer_than_a_segment_is_put_into_several():
    profile = bytes(range(256)) * 600
    assert profile_of(jpeg.bare(images.photo(), profile)) == profile


@pytest.mark.parametrize("orientation", range(10))
def test_a_turned_photo_comes_out_upright_for_those_who_ignore_exif(orientation):
    result = clean(images.oriented(orientation))
    assert result.extension == "jpg"
    assert near(stored(result.data), images.pixels(1, SIZE))
    assert audit.metadata(result.data) == []


def test_a_turned_png_stays_a_png_and_exact():
    turned = images.saved(images.picture(1, SIZE).transpose(Image.Transpose.ROTATE_90), "PNG")
    result = clean(images.with_exif(turned, orientation=6, comment=SECRET.decode()))
    assert result.extension == "png"
    assert np.array_equal(stored(result.data), images.pixels(1, SIZE))
    assert SECRET not in result.data


def test_a_turned_webp_becomes_an_upright_jpeg():
    turned = images.picture(1, SIZE).transpose(Image.Transpose.ROTATE_180)
    result = clean(images.saved(turned, "WEBP", exif=images.exif_block(orientation=3, comment=SECRET.decode())))
    assert result.extension == "jpg"
    assert near(stored(result.data), images.pixels(1, SIZE))
    assert SECRET not in result.data


WRITTEN_ANEW = {
    "a turned photo": (lambda: images.oriented(6), lambda: images.with_profile(images.oriented(6), screen())),
    "a HEIC": (images.heic, lambda: images.saved(images.picture(size=SIZE), "HEIF", icc_profile=screen())),
}


@pytest.mark.parametrize("name", WRITTEN_ANEW)
def test_what_is_written_anew_is_in_srgb(name):
    plain, profiled = (make() for make in WRITTEN_ANEW[name])
    result = clean(profiled).data
    assert profile_of(result) == b""
    assert near(shown(result), shown(profiled))
    assert not near(shown(result), shown(plain))


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_heic_becomes_an_upright_jpeg_without_anything_else(orientation):
    block = images.exif_block(orientation=orientation, gps=(46.5, 7.4), comment=SECRET.decode())
    data = images.heic(exif=block, xmp=b"<x:xmpmeta>" + SECRET)
    result = clean(data)
    assert result.extension == "jpg"
    assert (SECRET in data, SECRET in result.data, audit.metadata(result.data)) == (True, False, [])
    assert near(shown(result.data), shown(data))
