"""Decoding, squeezing and changing pictures, and the weights' files: what needs no TensorFlow."""

import hashlib
import io
import os
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from workers.backbones import precision, spec
from workers.backbones.packed import Packed
from workers.backbones.pictures import Album, changed, squeezed
from workers.backbones.spec import Published
from workers.backbones.types import Example, Failure
from workers.backbones.weights import fetch, locate

from . import tiny

PIXELS = squeezed(tiny.drawn(0), 64)


def album(folder, read, n=4, side=16) -> Album:
    return Album(tiny.examples()[:n], read, side, folder)


def test_the_whole_picture_is_squeezed_to_the_square():
    wide = Image.new("RGB", (90, 30), (255, 0, 0))
    wide.paste((0, 0, 255), (45, 0, 90, 30))
    buffer = io.BytesIO()
    wide.save(buffer, "PNG")
    pixels = squeezed(buffer.getvalue(), 16)
    assert pixels.shape == (16, 16, 3)
    assert (pixels[:, :7] == (255, 0, 0)).all()
    assert (pixels[:, 9:] == (0, 0, 255)).all()


def test_a_grey_picture_becomes_rgb():
    buffer = io.BytesIO()
    Image.new("L", (40, 40), 77).save(buffer, "PNG")
    assert (squeezed(buffer.getvalue(), 8) == 77).all()


def test_the_plain_view_is_the_picture_itself():
    assert changed(PIXELS, "a", 0, 7) is PIXELS


def test_a_drawn_view_is_the_same_for_the_same_seed_image_and_number():
    assert (changed(PIXELS, "a", 1, 7) == changed(PIXELS, "a", 1, 7)).all()


@pytest.mark.parametrize("other", [("b", 1, 7), ("a", 2, 7), ("a", 1, 8)], ids=["image", "number", "seed"])
def test_a_drawn_view_differs_by(other):
    assert (changed(PIXELS, "a", 1, 7) != changed(PIXELS, *other)).any()


def test_a_drawn_view_still_shows_the_same_thing():
    for number in range(1, 20):
        view = changed(PIXELS, "a", number, 7).astype(int)
        reddish = ((view[..., 0] > view[..., 1] + 60).mean(), (PIXELS[..., 0] > PIXELS[..., 1].astype(int) + 60).mean())
        assert reddish[0] == pytest.approx(reddish[1], rel=0.5)


def test_an_album_reads_each_picture_once(tmp_path):
    asked = []
    pictures = album(tmp_path, lambda example: asked.append(example.id) or tiny.read(example))
    first, again = pictures.load([0, 1, 0]), pictures.load([1, 0], 0)
    assert len(asked) == 2
    assert (first[[1, 0]] == again).all()
    assert os.listdir(tmp_path) == []


def test_a_picture_that_is_gone_is_named(tmp_path):
    def gone(example: Example) -> bytes:
        raise FileNotFoundError(example.id)

    with pytest.raises(Failure) as failure:
        album(tmp_path, gone).load([2])
    assert (failure.value.code, failure.value.detail) == ("picture_gone", {"image": tiny.examples()[2].id})


@pytest.mark.parametrize("data", [b"", b"no picture", tiny.drawn(0)[:300]], ids=["empty", "noise", "cut short"])
def test_a_picture_that_does_not_decode_is_named(tmp_path, data):
    with pytest.raises(Failure) as failure:
        album(tmp_path, lambda _: data).load([1])
    assert (failure.value.code, failure.value.detail) == ("picture_unreadable", {"image": tiny.examples()[1].id})


def test_storage_that_does_not_answer_is_no_fault_of_the_picture(tmp_path):
    def down(_: Example) -> bytes:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        album(tmp_path, down).load([0])


def test_packed_rows_come_back_in_any_order_and_leave_no_file(tmp_path):
    packed = Packed(tmp_path, 5)
    for row in (7, 0, 3):
        packed.write(row, bytes([row] * 5))
    assert [packed.read(row)[0] for row in (0, 3, 7)] == [0, 3, 7]
    assert os.listdir(tmp_path) == []
    with pytest.raises(ValueError, match="4 bytes"):
        packed.write(1, b"four")


@pytest.mark.parametrize(
    ("flags", "wanted", "settled"),
    [
        ("sse4_2 avx512f avx512_bf16", "auto", "bfloat16"),
        ("amx_bf16", "auto", "bfloat16"),
        ("sse4_2 avx512f", "auto", "float32"),
        ("avx512_bf16", "float32", "float32"),
    ],
)
def test_bfloat16_where_the_processor_has_it(tmp_path, monkeypatch, flags, wanted, settled):
    monkeypatch.setattr(precision, "_accelerated", lambda: False)
    (tmp_path / "cpuinfo").write_text(f"processor : 0\nflags\t\t: fpu {flags}\n")
    assert precision.settled(wanted, tmp_path / "cpuinfo") == settled


def test_an_unknown_processor_computes_in_float32(tmp_path, monkeypatch):
    monkeypatch.setattr(precision, "_accelerated", lambda: False)
    assert precision.settled("auto", tmp_path / "none") == "float32"
    with pytest.raises(ValueError, match="float16"):
        precision.settled("float16")


def located(folder, data: bytes | None, accepted: bytes | None):
    if data is not None:
        (folder / tiny.FILE).write_bytes(data)
    known = {} if accepted is None else {tiny.FILE: hashlib.sha256(accepted).hexdigest()}
    return locate("tiny", folder, known)


@pytest.mark.parametrize(
    ("data", "accepted", "code"),
    [
        (None, b"weights", "weights_missing"),
        (b"weigh", b"weights", "weights_damaged"),
        (b"weights", None, "weights_damaged"),
        (b"others", b"weights", "weights_damaged"),
    ],
    ids=["absent", "truncated", "unknown hash", "other hash"],
)
def test_weights_are_refused(tmp_path, data, accepted, code):
    with pytest.raises(Failure) as failure:
        located(tmp_path, data, accepted)
    assert (failure.value.code, failure.value.detail) == (code, {"backbone": "tiny", "file": tiny.FILE})


def test_weights_an_operator_accepts_are_found(tmp_path):
    found = located(tmp_path, b"weights", b"weights")
    assert (found.path, found.sha256) == (tmp_path / tiny.FILE, hashlib.sha256(b"weights").hexdigest())


@pytest.fixture
def published(monkeypatch):
    """Publish other weights for the tiny network: their MD5 as given, their address too."""

    def publish(data: bytes, url="http://127.0.0.1:9/tiny.weights.h5") -> None:
        facts = Published(tiny.FILE, url, hashlib.md5(data).hexdigest())
        monkeypatch.setitem(spec.BACKBONES, "tiny", replace(tiny.BACKBONE, published=facts))

    return publish


def test_weights_with_the_published_md5_are_found(tmp_path, published):
    published(b"weights")
    assert located(tmp_path, b"weights", None).path == tmp_path / tiny.FILE


def test_published_weights_are_fetched_and_proven(tmp_path, published):
    (tmp_path / "there").write_bytes(b"weights")
    published(b"weights", (tmp_path / "there").as_uri())
    assert fetch("tiny", tmp_path / "here").path.read_bytes() == b"weights"


def test_other_bytes_than_were_published_are_refused_when_fetched(tmp_path, published):
    (tmp_path / "there").write_bytes(b"others")
    published(b"weights", (tmp_path / "there").as_uri())
    with pytest.raises(Failure) as failure:
        fetch("tiny", tmp_path / "here")
    assert failure.value.code == "weights_damaged"


def test_weights_nobody_hands_out_end_in_a_failure(tmp_path, published):
    published(b"weights")
    with pytest.raises(Failure) as failure:
        fetch("tiny", tmp_path)
    assert failure.value.code == "weights_unreachable"


def test_scratch_has_no_weights_to_find(tmp_path):
    with pytest.raises(ValueError, match="scratch"):
        locate("scratch", tmp_path)


def test_the_views_of_one_key_have_the_keys_of_all_that_decides_them():
    from workers.backbones.features import Source

    source = Source("vgg16", "w", "float32", 224, 7)
    others = [Source("vgg19", "w", "float32", 224, 7), Source("vgg16", "x", "float32", 224, 7),
              Source("vgg16", "w", "bfloat16", 224, 7), Source("vgg16", "w", "float32", 224, 8)]  # fmt: skip
    keys = {one.key("image", view) for one in [source, *others] for view in (0, 1)} | {source.key("other", 0)}
    assert len(keys) == 10  # the plain view knows no seed
    assert all(len(key) == 64 for key in keys)


def test_numpy_is_all_that_importing_costs():
    import subprocess
    import sys

    code = "import sys, workers.backbones; print([n for n in ('keras', 'tensorflow', 'sklearn') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_float16_holds_what_is_too_large_for_it_at_its_end():
    from workers.backbones.features import Layout

    layout = Layout((1, 1, 2), 1, np.dtype("<f2"))
    packed = layout.packed(np.array([[[1e6, -1e6]]], "float32"), np.ones(1, "float32"))
    assert len(packed) == layout.size == 8
    assert np.frombuffer(packed[:4], "<f2").tolist() == [65504, -65504]
