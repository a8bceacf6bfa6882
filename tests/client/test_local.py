"""`dih predict`: photos are answered with no hub, and nothing that could run code is opened unasked."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from dih import __main__ as command

from tests import images, tflites

# Keras 3.15 copies TensorFlow's variables in a way NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
RED, GREEN = (200, 30, 30), (30, 200, 30)
LABELS = "red\n=green\nblue\n"


@pytest.fixture
def model(tmp_path):
    """A model's folder."""
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("model-float16.tflite", "model-int8.tflite"):
        (folder / name).write_bytes(tflites.by_colour(3))
    (folder / "labels.txt").write_text(LABELS)
    return folder


@pytest.fixture
def photos(tmp_path):
    """A folder of photos, one of them cut."""
    files = {"a.png": images.plain(RED), "b/c.png": images.plain(GREEN), "d.jpg": images.truncated(images.photo(), 999)}
    for name, data in files.items():
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).write_bytes(data)
    return tmp_path / "photos"


@pytest.fixture
def predict(capsys):
    """Run `dih predict`; its exit code and what it told scripts."""

    def run(*arguments):
        exit = command.main(["predict", *map(str, arguments), "--json"])
        return exit, json.loads(capsys.readouterr().out)

    return run


def test_every_photo_is_answered_and_a_broken_one_is_told(predict, model, photos):
    exit, told = predict(model, photos, "--top", 1)
    assert (exit, told["unread"]) == (1, 1)
    said = {Path(one["file"]).name: one["top"][0]["label"] for one in told["files"] if "top" in one}
    assert said == {"a.png": "red", "c.png": "=green"}
    [cut] = [one for one in told["files"] if "words" in one]
    assert cut["file"].endswith("d.jpg")
    assert "damaged" in cut["words"]


def test_the_table_has_a_line_a_photo_and_no_formula(predict, model, photos, tmp_path):
    predict(model / "model-int8.tflite", photos, photos / "nothing.jpg", "--csv", tmp_path / "out.csv")
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text("utf-8").splitlines()))
    assert [row["label"] for row in rows] == ["red", "'=green", "", ""]
    assert sum(float(rows[0][name]) for name in ("red", "'=green", "blue")) == pytest.approx(1)
    assert rows[3]["not read"] == "No such file or directory"
    assert "damaged" in rows[2]["not read"]


@pytest.mark.parametrize(
    ("name", "exit", "code"),
    [
        ("", 3, "no_model"),
        ("notes.txt", 2, "no_model"),
        ("hostile.keras", 2, "not_trusted"),
        ("bad.tflite", 2, "bad_model"),
    ],
)
def test_what_is_no_model_is_refused_in_words(predict, model, photos, name, exit, code):
    (model / "model-float16.tflite").unlink()
    for one in ("notes.txt", "hostile.keras", "bad.tflite"):
        (model / one).write_bytes(b"nothing")
    done, told = predict(model / name, photos)
    assert (done, told["code"]) == (exit, code)


def test_labels_that_do_not_fit_are_told(predict, model, photos):
    (model / "labels.txt").write_text("red\n")
    assert predict(model, photos)[1]["code"] == "bad_model"
    (model / "labels.txt").unlink()
    assert predict(model, photos)[1]["code"] == "no_labels"


def test_a_folder_without_photos_is_told(predict, model, tmp_path):
    (tmp_path / "empty").mkdir()
    assert predict(model, tmp_path / "empty")[1]["code"] == "no_photos"


def test_a_hostile_keras_file_runs_nothing_even_when_trusted(predict, model, photos, tmp_path, monkeypatch):
    import keras

    monkeypatch.chdir(tmp_path)
    given = keras.Input((None, None, 3))
    hostile = keras.layers.Lambda(lambda x: (__import__("os").mkdir("ran"), x)[1], output_shape=(None, None, 3))
    keras.Model(given, keras.layers.GlobalAveragePooling2D()(hostile(given))).save(model / "hostile.keras")
    keras.saving.load_model(model / "hostile.keras", safe_mode=False).predict_on_batch(np.zeros((1, 8, 8, 3)))
    (tmp_path / "ran").rmdir()  # so it does run code
    exit, told = predict(model / "hostile.keras", photos, "--trust")
    assert (exit, told["code"]) == (2, "bad_model")
    assert not (tmp_path / "ran").exists()


def test_a_keras_file_that_is_trusted_answers(predict, model, photos):
    import keras

    given = keras.Input((None, None, 3))
    answer = keras.layers.Softmax()(keras.layers.GlobalAveragePooling2D()(given))
    keras.Model(given, answer).save(model / "good.keras")
    _, told = predict(model / "good.keras", photos / "a.png", "--trust")
    assert told["files"][0]["top"][0]["label"] == "red"


def test_missing_packages_are_named_with_what_installs_them(model, photos, tmp_path):
    code = (
        "import sys; from importlib import util; real = util.find_spec;"
        "util.find_spec = lambda name, *rest: None if name == 'ai_edge_litert' else real(name, *rest);"
        "from dih.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    arguments = [sys.executable, "-c", code, "predict", str(model), str(photos)]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.returncode == 2
    assert "ai_edge_litert is not installed. Install what it needs: pip install 'dih[predict]'" in done.stderr
