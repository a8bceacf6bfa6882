"""The self-check notices a file that answers otherwise, not at all, or too late."""

from pathlib import Path

import numpy as np
import pytest

from tests import tflites
from workers.backbones import checking, export, golden, predictor
from workers.backbones.types import Failure, Stopped

from . import tiny

LABELS = ["red", "green", "blue"]


class Answering:
    """What golden.write asks: the model of colours, wrong by `off` for every class in turn."""

    def __init__(self, path, off=0.0):
        self.model, self.off = predictor.load(path, LABELS), off

    def predict_on_batch(self, pictures):
        squeezed = [np.asarray(golden.pixels_of(golden.Picture("", png(one)))) for one in pictures]
        found = [self.model.probabilities(predictor.read(png(one), self.model.side)) for one in squeezed]
        return np.array(found) + np.array([self.off, -self.off, 0.0])


def png(pixels):
    return golden._png(pixels)


@pytest.fixture
def folder(tmp_path):
    """A model's folder with both TFLite files and predict.py."""
    for name in (export.FLOAT16, export.INT8):
        (tmp_path / name).write_bytes(tflites.by_colour(3))
    (tmp_path / predictor.LABELS).write_text("red\ngreen\nblue\n")
    (tmp_path / export.PREDICT).write_bytes(Path(predictor.__file__).read_bytes())
    return tmp_path


def expect(folder, off=0.0):
    pictures = [golden.Picture(str(n), tiny.drawn(n, n)) for n in range(3)]
    golden.write(folder, pictures, LABELS, Answering(folder / export.FLOAT16, off))
    return folder


def failure(folder, **options) -> Failure:
    with pytest.raises(Failure) as failed:
        checking.check(folder, **options)
    return failed.value


def test_files_that_agree_pass_and_tell_by_how_much(folder):
    found = checking.check(expect(folder))
    assert set(found) == {export.FLOAT16, export.INT8}
    assert found[export.FLOAT16]["gap"] < 1e-6
    assert found[export.FLOAT16]["agree"] == found[export.FLOAT16]["pictures"] == 3


def test_a_file_that_answers_otherwise_is_not_delivered(folder):
    found = failure(expect(folder, off=0.002))
    assert (found.code, found.detail["file"]) == ("artefacts_disagree", export.FLOAT16)
    assert found.detail["gap"] == pytest.approx(0.002, rel=0.01)


def test_int8_tells_its_gap_and_is_not_held_to_it(folder):
    expect(folder, off=0.002)
    (folder / export.FLOAT16).unlink()
    assert checking.check(folder)[export.INT8]["gap"] == pytest.approx(0.002, rel=0.01)


def test_answers_that_are_no_numbers_are_broken_even_in_int8(folder):
    expect(folder)
    (folder / export.FLOAT16).unlink()
    code = (folder / export.PREDICT).read_text().replace("get_tensor(self.answer)[0]", "get_tensor(self.answer)[0] / 0")
    (folder / export.PREDICT).write_text(code)
    assert failure(folder).code == "artefact_broken"


@pytest.mark.parametrize("name", [export.FLOAT16, export.ONNX])
def test_a_file_that_does_not_load_is_told_with_its_reason(folder, name):
    expect(folder)
    (folder / name).write_bytes(b"nothing")
    found = failure(folder)
    assert (found.code, found.detail["file"]) == ("artefact_broken", name)
    assert found.detail["why"]


def test_a_file_that_answers_too_late_is_given_up(folder):
    expect(folder)
    (folder / export.PREDICT).write_text("import time; time.sleep(60)")
    found = failure(folder, seconds=0.1)
    assert (found.code, found.detail["why"]) == ("artefact_broken", "it took too long")


def test_the_predict_py_that_is_delivered_is_the_one_that_is_tried(folder):
    expect(folder)
    (folder / export.PREDICT).write_text("raise SystemExit('broken on the way')")
    assert failure(folder).detail["why"] == "broken on the way"


def test_whoever_listens_can_end_it_and_no_process_stays(folder):
    expect(folder)

    def stop(done):
        raise Stopped

    with pytest.raises(Stopped):
        checking.check(folder, stop)
