"""A trained model as files: each whole, each small, and each with the same answer."""

import csv
import json
import zipfile

import numpy as np
import pytest

from tests import images
from workers.backbones import assemble, checking, export, exporters, golden
from workers.backbones.types import Epoch, Example, Failure, Outcome

from . import tiny

LABELS = ["=red disc", "green  box\n", "bär"]
TEST = [Example(f"{n:064x}", n % 3, "test", n) for n in range(6)]


@pytest.fixture(scope="module")
def outcome():
    """What training would give, of a model that was compiled and has optimizer variables."""
    import keras

    keras.utils.set_random_seed(5)
    base = assemble.base(tiny.BACKBONE, "float32")
    head = assemble.head(tiny.WIDTHS[-1], 3, 16, 0.0, 1)
    model, fixed = assemble.assembled(tiny.BACKBONE, base, head, 0.05)
    model.compile("adam", "categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    answers = np.random.default_rng(1).dirichlet(np.ones(3), 6)
    return Outcome(
        model=model, fixed=fixed, side=tiny.SIDE, history=[Epoch(1, "head", 1.1, 0.5, 1.0, None, 2.5)],
        temperature=0.05, validation=answers, test=answers, uncalibrated_test=answers, pooled=None,
        activations=lambda indices: np.zeros(0), yardstick=None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def material():
    pictures = [golden.Picture(f"{n:064x}", tiny.drawn(n % 3, n, (48, 40 + n)), "CC-BY-4.0", "ada") for n in range(4)]
    return export.Material(LABELS, TEST, [tiny.drawn(n % 3, n) for n in range(8)], pictures)


@pytest.fixture(scope="module")
def made(outcome, material, tmp_path_factory):
    """The folder of a model, and what was said to be in it."""
    folder, told = tmp_path_factory.mktemp("model"), []
    files = export.artefacts(outcome, material, folder, told.append)
    assert told == list(range(1, len(export.MAKERS) + 1))
    return folder, files


def rows(path):
    return list(csv.reader(path.read_text("utf-8").splitlines()))


def test_every_file_is_there_and_is_what_it_is_said_to_be(made):
    folder, files = made
    assert {one.name for one in files} == set(export.MAKERS) == {path.name for path in folder.iterdir()}
    assert [export.artefact(folder / one.name) for one in files] == files


def test_all_of_them_answer_alike_in_processes_of_their_own(made):
    told = []
    found = checking.check(made[0], told.append)
    assert set(found) == set(export.MODELS)
    assert max(one["gap"] for name, one in found.items() if name != export.INT8) < 1e-4
    assert 0 < found[export.INT8]["gap"] < 0.1
    assert {one["pictures"] for one in found.values()} == {4}
    assert sorted(set(told)) == list(range(6))


def test_weights_are_written_once_and_no_optimizer_with_them(made, outcome):
    sizes = {one.name: one.size for one in made[1]}
    weights = 4 * outcome.model.count_params()
    for name in (export.KERAS, export.SAVED, export.ONNX):
        with_graph = sizes[name] - weights
        assert 0 < with_graph < 1.3 * weights + 150_000, name
    assert sizes[export.INT8] < sizes[export.FLOAT16] < 0.8 * weights
    with zipfile.ZipFile(made[0] / export.SAVED) as archive:
        inside = {entry.filename: entry.file_size for entry in archive.infolist()}
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
    assert inside["saved_model/variables/variables.data-00000-of-00001"] < 1.2 * weights


def test_the_keras_file_opens_safely_and_is_not_compiled(made):
    import keras

    model = keras.saving.load_model(made[0] / export.KERAS, safe_mode=True)
    assert not model.compiled
    assert model.input_shape == (None, None, None, 3)


def test_a_rebuilt_model_answers_as_before(outcome):
    pictures = np.random.default_rng(2).uniform(0, 255, (2, 50, 40, 3)).astype("float32")
    bare = exporters.bare(outcome.model)
    assert (bare.predict_on_batch(pictures) == outcome.model.predict_on_batch(pictures)).all()
    assert not bare.compiled


def test_tables_hold_what_was_measured_and_no_formula(made, outcome):
    head, *said = rows(made[0] / "predictions.csv")
    assert head == ["image", "split", "truth", "guess", "'=red disc", "green box", "bär"]
    assert [row[0] for row in said] == [one.id for one in TEST]
    assert [row[2] for row in said][::3] == ["'=red disc"] * 2
    shares = np.array([[float(cell) for cell in row[4:]] for row in said])
    assert abs(shares - outcome.test).max() < 1e-6
    assert rows(made[0] / "history.csv")[1] == ["1", "head", "1.1", "0.5", "1.0", "", "2.5"]


def test_labels_stand_one_a_line_in_the_order_of_their_classes(made):
    assert (made[0] / "labels.txt").read_text("utf-8").split("\n") == ["=red disc", "green box", "bär", ""]


def test_golden_pictures_are_kept_without_loss_with_their_credit_and_answers(made, material, outcome):
    first = golden.expected(made[0])[0]
    pixels = golden.pixels_of(material.golden[0])
    assert (golden.pixels_of(golden.Picture("", first.png)) == pixels).all()
    assert first.probabilities == pytest.approx(outcome.model.predict_on_batch(pixels[None])[0], abs=1e-6)
    with zipfile.ZipFile(made[0] / golden.FILE) as archive:
        told = json.loads(archive.read(golden.INDEX))
    assert (told["pictures"][0]["licence"], told["pictures"][0]["credit"]) == ("CC-BY-4.0", "ada")


def test_without_its_exporter_there_is_no_onnx_and_no_harm(outcome, tmp_path, monkeypatch):
    monkeypatch.setattr(exporters, "ONNX_NEEDS", ("no_such_exporter",))
    exporters.onnx(tmp_path / export.ONNX, outcome.model)
    assert not list(tmp_path.iterdir())


def test_a_golden_picture_that_does_not_decode_ends_in_a_reason(outcome, tmp_path):
    cut = golden.Picture("ab", images.truncated(images.photo(), 2000))
    with pytest.raises(Failure) as failed:
        golden.write(tmp_path, [cut], LABELS, outcome.model)
    assert (failed.value.code, failed.value.detail) == ("picture_unreadable", {"image": "ab"})


def test_papers_say_no_number_that_is_none(tmp_path):
    made = export.papers(tmp_path, {"accuracy": 0.5}, "# A model\n")
    assert [one.name for one in made] == [export.METRICS, export.CARD]
    assert json.loads((tmp_path / export.METRICS).read_text()) == {"accuracy": 0.5}
    with pytest.raises(ValueError, match="JSON"):
        export.papers(tmp_path, {"accuracy": float("nan")}, "")
