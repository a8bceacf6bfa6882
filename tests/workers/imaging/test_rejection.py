"""Every bad file gets its own reason, quickly, in little memory; and nothing but Rejected ever comes out."""

import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import images
from workers.imaging import CODES, Limits, Picture, Rejected, process

ROOT = Path(__file__).parents[3]
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")

REFUSED = {
    "nothing at all": (lambda: b"", "empty"),
    "one byte": (lambda: b"\xff", "not_a_picture"),
    "only zeros": (lambda: bytes(5000), "only_zeros"),
    "noise": (lambda: bytes(range(1, 256)) * 20, "not_a_picture"),
    "more bytes than we take": (lambda: images.photo() + bytes(20 << 20), "too_large"),
    "a JPEG with flipped bits": (lambda: images.flipped_bits(images.photo()), "damaged"),
    "a PNG with flipped bits": (lambda: images.flipped_bits(images.photo(format="PNG")), "damaged"),
    "a PNG with one flipped bit": (lambda: images.flipped_bits(images.photo(format="PNG"), bits=1), "damaged"),
    "a JPEG with zeros inside": (lambda: images.zero_filled(images.photo(size=(1600, 1200))), "damaged"),
    "a PNG with zeros inside": (lambda: images.zero_filled(images.photo(format="PNG")), "damaged"),
    "a JPEG whose rest is zeros": (lambda: images.zero_filled(images.photo(), 0.5, 10**9), "truncated"),
    "a JPEG that is only its start": (lambda: images.photo()[:3], "truncated"),
    "a PNG of 2³¹-1 squared": (images.giant_png, "too_many_pixels"),
    "a JPEG of 65,535 squared": (images.giant_jpeg, "too_many_pixels"),
    "a WebP of 16,384 squared in 34 bytes": (images.giant_webp, "too_many_pixels"),
    "a WebP larger inside than outside": (images.two_sided_webp, "too_many_pixels"),
    "30,000 squared in one bit": (images.one_bit_bomb, "too_many_pixels"),
    "169 megapixels under Pillow's limit": (images.under_pillows_limit, "too_many_pixels"),
    "a strip of 1 x 60,000": (images.strip, "too_narrow"),
    "a side over 16,384": (lambda: images.png(17_000, 2_000, colour=0), "side_too_large"),
    "a side under 64": (lambda: images.png(63, 80), "side_too_small"),
    "a text bomb": (images.text_bomb, "metadata_too_large"),
    "a profile bomb": (images.profile_bomb, "metadata_too_large"),
    "thousands of texts": (images.many_texts, "metadata_too_large"),
    "a million chunks": (images.crowded_png, "too_complex"),
    "two million comments": (images.crowded_jpeg, "too_complex"),
    "a thousand scans": (images.many_scans, "too_many_scans"),
    "65 scans": (lambda: images.many_scans(60), "too_many_scans"),
    "an APNG of 10,000 frames": (images.apng, "animated"),
    "a WebP of 10,000 frames": (images.animated_webp, "animated"),
    "a GIF of 10,000 frames": (images.gif, "format_refused"),
    "a HEIF sequence": (images.heif_sequence, "animated"),
    "an EPS": (lambda: images.EPS, "format_refused"),
    "a TIFF": (images.tiff, "format_refused"),
    "a BMP": (images.bmp, "format_refused"),
    "a PSD": (lambda: images.PSD, "format_refused"),
    "a PDF": (lambda: images.PDF, "format_refused"),
    "an SVG": (lambda: images.SVG, "format_refused"),
    "an HTML page": (lambda: images.HTML, "format_refused"),
    "a ZIP": (lambda: images.ZIP, "format_refused"),
    "a video": (lambda: images.MP4, "format_refused"),
    "an AVIF": (images.avif, "format_refused"),
    **{
        f"a {name} cut by {by}": (lambda name=name, by=by: images.truncated(images.photo(format=name), by), "truncated")
        for name in FORMATS
        for by in (1, 2, 200, 15_000)
    },
}


def reason(data: bytes) -> str:
    with pytest.raises(Rejected) as refused:
        process(data)
    return refused.value.code


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused_with_its_own_reason_within_five_seconds(name):
    make, code = REFUSED[name]
    data, started = make(), time.monotonic()
    assert reason(data) == code
    assert time.monotonic() - started < 5


def test_a_refusal_carries_the_numbers_to_put_into_words():
    with pytest.raises(Rejected) as refused:
        process(images.giant_jpeg())
    assert refused.value.detail == {"width": 65_535, "height": 65_535, "limit": 50_000_000}


def test_a_refusal_survives_the_way_between_processes():
    copy = pickle.loads(pickle.dumps(Rejected("too_large", bytes=3, limit=2)))
    assert (copy.code, copy.detail) == ("too_large", {"bytes": 3, "limit": 2})


def test_limits_are_the_callers_to_set():
    with pytest.raises(Rejected, match="too_many_pixels"):
        process(images.photo(), Limits(max_pixels=100_000))
    with pytest.raises(Rejected, match="side_too_small"):
        process(images.photo(), Limits(min_side=700))


MEASURED = """
import resource, sys
sys.path.insert(0, {root!r})
from workers.imaging import Rejected, process
try:
    print(process(sys.stdin.buffer.read()).format)
except Rejected as refused:
    print(refused.code)
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""

HEAVY = {
    "30,000 squared in one bit": (images.one_bit_bomb, "too_many_pixels"),
    "169 megapixels": (images.under_pillows_limit, "too_many_pixels"),
    "a text bomb": (images.text_bomb, "metadata_too_large"),
    "a profile bomb": (images.profile_bomb, "metadata_too_large"),
    "49 megapixels of RGBA": (lambda: images.png(7000, 7000, colour=6), "PNG"),
    "49 megapixels of 16-bit RGBA": (lambda: images.png(7000, 7000, depth=16, colour=6), "PNG"),
    "a gigabyte after the last row": (lambda: images.png(100, 100, body=images.zeros(1 << 30)), "PNG"),
    "a thousand scans": (images.many_scans, "too_many_scans"),
}


@pytest.mark.parametrize("name", HEAVY)
def test_a_heavy_file_stays_within_768_mebibytes(name):
    make, expected = HEAVY[name]
    child = [sys.executable, "-c", MEASURED.format(root=str(ROOT))]
    answer = subprocess.run(child, input=make(), capture_output=True, timeout=60, check=True).stdout.split()
    assert answer[0].decode() == expected
    assert int(answer[1]) <= 768 * 1024


mutations = st.lists(
    st.tuples(st.sampled_from(["set", "cut", "double", "drop"]), st.floats(0, 1), st.integers(0, 255)),
    min_size=1,
    max_size=6,
)


def mutated(data: bytes, steps) -> bytes:
    for act, where, value in steps:
        at = int(where * max(len(data) - 1, 0))
        data = {
            "set": data[:at] + bytes([value]) + data[at + 1 :],
            "cut": data[: at + 1],
            "double": data[:at] + data[at : at + value] + data[at:],
            "drop": data[:at] + data[at + value :],
        }[act]
    return data


@given(st.sampled_from(FORMATS), mutations)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_a_mutated_picture_is_a_picture_or_refused_and_nothing_else(name, steps):
    try:
        assert isinstance(process(mutated(images.photo(3, (120, 90), name), steps)), Picture)
    except Rejected as refused:
        if refused.code not in CODES:
            raise
