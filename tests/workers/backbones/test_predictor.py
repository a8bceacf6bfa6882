"""predict.py as it is delivered: one file that answers, whatever it is given."""

import csv
import io
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests import images, tflites
from workers.backbones import predictor

LABELS = ["red", "=green", "blue"]
RED, GREEN, BLUE = (200, 30, 30), (30, 200, 30), (30, 30, 200)


@pytest.fixture
def folder(tmp_path):
    """A model's folder as somebody unpacked it."""
    home = tmp_path / "model"
    home.mkdir()
    for name in (predictor.MODEL, "model-int8.tflite"):
        (home / name).write_bytes(tflites.by_colour(3))
    (home / predictor.LABELS).write_text("".join(f"{label}\n" for label in LABELS), "utf-8")
    shutil.copy(predictor.__file__, home / "predict.py")
    return home


def ask(folder, *arguments):
    """Run the delivered file away from our code, as its user would."""
    command = [sys.executable, "-I", str(folder / "predict.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder.parent)


def put(folder, **pictures):
    for name, data in pictures.items():
        (folder / name.replace("_", ".")).write_bytes(data)
    return folder


def middle(pixels):
    return tuple(pixels[pixels.shape[0] // 2, pixels.shape[1] // 2].round().astype(int))


def test_it_answers_with_nothing_of_ours_beside_it(folder, tmp_path):
    put(tmp_path, a_png=images.plain(RED), b_png=images.plain(BLUE))
    ran = ask(folder, tmp_path / "a.png", tmp_path / "b.png", "--top", 1)
    said = [line.split(": ")[1].split()[0] for line in ran.stdout.splitlines()]
    assert (ran.returncode, said) == (0, ["red", "blue"])


def test_a_folder_becomes_a_table_that_no_spreadsheet_runs(folder, tmp_path):
    photos = tmp_path / "photos"
    (photos / "more").mkdir(parents=True)
    (photos / ".hidden").mkdir()
    put(photos / "more", a_png=images.plain(GREEN))
    put(photos / ".hidden", b_png=images.plain(GREEN))
    put(photos, notes_txt=b"mine")
    ran = ask(folder, photos, "--csv", tmp_path / "out.csv", "--model", folder / "model-int8.tflite")
    assert ran.returncode == 0
    [row] = csv.DictReader((tmp_path / "out.csv").read_text("utf-8").splitlines())
    assert (row["file"], row["label"]) == (str(photos / "more" / "a.png"), "'=green")
    shares = [float(row[name]) for name in ("red", "'=green", "blue")]
    assert shares[1] == float(row["probability"]) == max(shares)
    assert sum(shares) == pytest.approx(1)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (images.truncated(images.photo(), 2000), "damaged"),
        (b"", "damaged"),
        (images.SVG, "damaged"),
        (images.EPS, "damaged"),
        (images.tiff(), "damaged"),
        (images.gif(2), "damaged"),
        (images.giant_webp(), "more than 50 million"),
        (images.under_pillows_limit(), "more than 50 million"),
        (images.one_bit_bomb(), "more than 50 million"),
        (images.giant_png(), "more than 50 million"),
        (images.text_bomb(), "damaged"),
        (images.heic()[:300], "damaged"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused_in_words(data, words):
    with pytest.raises(predictor.Unreadable, match=words):
        predictor.read(data, 32)


def test_broken_pictures_are_told_and_the_others_answered(folder, tmp_path):
    put(tmp_path, a_jpg=images.truncated(images.photo(), 2000), b_png=images.plain(RED))
    ran = ask(folder, tmp_path / "a.jpg", tmp_path / "b.png", tmp_path / "nothing.jpg")
    assert (ran.returncode, len(ran.stdout.splitlines())) == (1, 1)
    assert "a.jpg: damaged" in ran.stderr
    assert "nothing.jpg" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_model_that_is_missing_or_none_is_told_in_words(folder, tmp_path):
    put(tmp_path, a_png=images.plain(RED))
    (folder / "model-int8.tflite").write_bytes(b"nothing")
    for model in ("nowhere.tflite", "model-int8.tflite"):
        ran = ask(folder, tmp_path / "a.png", "--model", folder / model)
        assert ran.returncode == 2
        assert model in ran.stderr
        assert "Traceback" not in ran.stderr


def test_labels_must_be_as_many_as_the_model_has(folder):
    with pytest.raises(ValueError, match="3 classes, and 2 labels"):
        predictor.load(folder / predictor.MODEL, ["a", "b"])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_squeezed_upright(orientation):
    data = images.oriented(orientation)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    bands = [band.convert("F").resize((64, 64), Image.Resampling.BILINEAR) for band in upright.split()]
    expected = np.stack([np.asarray(band) for band in bands], -1)
    assert abs(predictor.read(data, 64) - expected).max() < 1e-2
    assert (predictor.read(data) == np.asarray(upright)).all()


def test_tall_pictures_are_squeezed_strip_by_strip_into_the_same():
    whole = images.picture(1, (90, 1200))
    bands = [band.convert("F").resize((64, 64), Image.Resampling.BILINEAR) for band in whole.split()]
    expected = np.stack([np.asarray(band) for band in bands], -1)
    assert abs(predictor.read(images.saved(whole, "PNG"), 64) - expected).max() < 1e-2


def test_every_kind_of_photo_is_read_as_its_eyes_would():
    assert middle(predictor.read(images.sixteen_bit(value=32768))) == (128, 128, 128)
    assert (predictor.read(images.with_alpha(alpha=0), 32)[:, -1] == 255).all()
    assert predictor.read(images.mpo()).shape == (600, 800, 3)
    assert predictor.read(images.photo(format="WEBP")).shape == (600, 800, 3)
    assert predictor.read(images.heic()).shape == (300, 400, 3)
    assert predictor.read(images.grey()).shape == (300, 400, 3)
    assert predictor.read(images.saved(images.picture(size=(40, 30)).convert("CMYK"))).shape == (30, 40, 3)


def test_colours_are_those_of_the_profile():
    swapped = images.with_profile(images.saved(Image.new("RGB", (64, 64), RED)), images.swapped_profile())
    red, green, _ = middle(predictor.read(swapped))
    assert green > 150 > red


def test_a_missing_package_is_named(folder, tmp_path):
    (tmp_path / "PIL.py").write_text("raise ModuleNotFoundError('', name='PIL')")
    command = [sys.executable, str(folder / "predict.py"), "a.jpg"]
    ran = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": str(tmp_path), "PATH": ""})
    assert (ran.returncode, ran.stderr) == (1, f"PIL {predictor.NEEDED}\n")


def test_a_model_that_cannot_be_set_up_is_said_to_be_none(tmp_path, monkeypatch):
    from ai_edge_litert.interpreter import Interpreter

    def fail(_):
        raise RuntimeError("Node number 0 failed to prepare.")

    monkeypatch.setattr(Interpreter, "allocate_tensors", fail)
    (tmp_path / "model.tflite").write_bytes(tflites.by_colour(2))
    with pytest.raises(ValueError, match="is no model"):
        predictor.load(tmp_path / "model.tflite", ["a", "b"])
