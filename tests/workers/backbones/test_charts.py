"""Charts are files that are the same each time, readable by day and by night, and safe whatever a label holds."""

import io
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from PIL import Image

from workers.backbones import charts
from workers.backbones.types import Epoch

CURVE = {
    "sizes": [20, 36, 63, 112, 200],
    "accuracy": [0.5, 0.6, 0.68, 0.72, 0.75],
    "low": [0.45, 0.57, 0.66, 0.7, 0.75],
    "high": [0.55, 0.64, 0.7, 0.74, 0.75],
    "fit": {"a": 0.9, "b": 1.4, "c": 0.43},
}
BINS = [{"n": 0, "confidence": None, "accuracy": None}, {"n": 50, "confidence": 0.95, "accuracy": 0.8}]


def history(*phases):
    return [Epoch(n, phase, 1 / n, 0.5, 1.2 / n, 0.4, 1.0) for n, phase in enumerate(phases, start=1)]


def words(svg):
    return [text for element in ElementTree.fromstring(svg).iter() if (text := element.text or "").strip()]


DRAWN = {
    "curves": lambda kind: charts.curves(history("head", "head", "tune"), kind),
    "confusion": lambda kind: charts.confusion([[9, 1], [2, 5]], ["Valve", "Leaf"], kind),
    "reliability": lambda kind: charts.reliability(BINS, kind),
    "learning": lambda kind: charts.learning(CURVE, kind),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_has_the_same_bytes_each_time(name):
    assert DRAWN[name]("svg") == DRAWN[name]("svg")
    assert DRAWN[name]("png") == DRAWN[name]("png")


@pytest.mark.parametrize("name", DRAWN)
def test_an_svg_is_well_formed_turns_dark_by_itself_and_fetches_nothing(name):
    svg = DRAWN[name]("svg")
    assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    assert b"prefers-color-scheme:dark" in svg
    assert b'href="http' not in svg
    assert b"<script" not in svg


def test_every_neutral_colour_of_a_chart_has_one_for_the_dark():
    svg = DRAWN["curves"]("svg").decode()
    used = {colour for colour in (charts.INK, charts.SOFT, charts.PAPER, charts.LINE) if f": {colour}" in svg}
    assert used == set(charts.DARK)


def test_a_png_is_a_picture():
    assert Image.open(io.BytesIO(DRAWN["confusion"]("png"))).format == "PNG"


def test_curves_name_the_phase_where_it_begins():
    assert words(charts.curves(history("head", "head", "tune"))).count("tune") == 2


def test_an_epoch_without_validation_is_left_out_of_that_curve():
    epochs = history("head", "head")
    blind = [epochs[0], Epoch(2, "head", 0.5, 0.5, None, None, 1.0)]
    assert charts.curves(blind) != charts.curves(epochs)


def test_a_training_without_epochs_has_empty_curves():
    assert "Loss" in words(charts.curves([]))


def test_a_confusion_matrix_writes_its_counts_but_no_zeros():
    assert {"9", "3"} <= set(words(charts.confusion([[9, 0], [0, 3]], ["Valve", "Leaf"])))
    assert "0" not in words(charts.confusion([[9, 0], [0, 3]], ["Valve", "Leaf"]))


def test_a_class_without_test_pictures_is_an_empty_row():
    assert "4" in words(charts.confusion([[4, 0], [0, 0]], ["Valve", "Leaf"]))


@pytest.mark.parametrize("label", ["<b>&\"'", "$x_1$ $", "日本", "a\x0b\nb", "\\frac{"])
def test_a_label_of_any_kind_is_written_as_it_is(label):
    assert charts.short(label) in words(charts.confusion([[1, 0], [0, 1]], [label, "Leaf"]))
    assert charts.confusion([[1, 0], [0, 1]], [label, "Leaf"], "png")


def test_a_long_label_is_cut():
    assert charts.short("a very long label that goes on") == "a very long label that …"


def test_another_kind_of_file_is_refused():
    with pytest.raises(ValueError, match="gif"):
        charts.reliability(BINS, "gif")


def test_charts_of_a_model_are_written_as_svg_and_png(tmp_path):
    metrics = {
        "per_class": [{"label": "Valve"}, {"label": "Leaf"}],
        "confusion": [[1, 0], [0, 1]],
        "calibration": {"bins": BINS},
        "learning_curve": None,
    }
    files = charts.write(SimpleNamespace(history=history("head")), metrics, tmp_path)
    assert sorted(file.name for file in files) == sorted(path.name for path in tmp_path.iterdir())
    assert {file.name for file in files} == {
        f"{name}.{kind}" for name in ("curves", "confusion", "reliability") for kind in ("svg", "png")
    }
