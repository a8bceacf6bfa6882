"""The card of a model says what it is worth, and plainly what it is not."""

import dataclasses
import re

import pytest
from ruamel.yaml import YAML

from workers.backbones import card, export

METRICS = {
    "accuracy": 0.86,
    "interval": [0.79, 0.92],
    "macro_f1": 0.84,
    "per_class": [{"label": "a | b", "precision": None, "recall": 0.5, "f1": None, "support": 4}],
    "random_split": {"method": "probe", "accuracy": 0.94, "honest": 0.81, "gap": 0.13},
    "baselines": {"majority": 0.5, "probe": 0.81, "scratch": None, "chance": 0.5},
    "calibration": {"ece": 0.04},
    "n": {"train": {"images": 1200, "groups": 900}, "test": {"images": 150, "groups": 110}},
}
FILES = [export.Artefact(name, 1000, "ab" * 32) for name in export.MODELS if name != export.ONNX]
GAPS = {export.KERAS: {"gap": 2e-7, "agree": 10, "pictures": 10}}
VERSION = "0123456789abcdef" * 4
FACTS = card.Facts(
    title="Ducks: <b>& geese",
    labels=["a | b", "*goose*"],
    backbone="vgg16",
    method="finetune",
    seed=7,
    data="Ducks, version 3, of Deep Images Hub",
    split="By groups of like pictures.",
    weights="published",
    weights_sha256="cd" * 32,
    version=VERSION,
    licences={"CC-BY-4.0": 900, "CC0-1.0": 300},
    credits=41,
    made={"versions": {"keras": "3.15.1"}},
)


def written(**changes) -> tuple[dict, str]:
    """The YAML head and the body."""
    _, head, body = card.card(dataclasses.replace(FACTS, **changes), METRICS, FILES, GAPS).split("---\n", 2)
    return YAML(typ="safe").load(head), body


def test_model_hubs_find_what_they_look_for():
    head, _ = written()
    assert head["base_model"] == "keras-applications/vgg16"
    assert (head["pipeline_tag"], head["library_name"]) == ("image-classification", "keras")
    assert head["datasets"] == [f"deep-images-hub/{VERSION}"]
    assert head["license_name"] == "CC-BY-4.0, CC0-1.0"
    [index] = head["model-index"]
    assert index["results"][0]["metrics"] == [{"type": "accuracy", "value": 0.86}, {"type": "f1", "value": 0.84}]


def test_the_honest_figure_stands_beside_the_one_a_random_split_would_have_given():
    _, body = written()
    assert "accuracy **86.0%** on pictures never learnt from (95 % interval 79.0% to 92.0%)" in body
    assert re.search(r"random split.*94\.0%.*81\.0%", body)
    assert "1,200" in body
    assert "small network trained from scratch" not in body  # it was not measured


@pytest.mark.parametrize(
    ("weights", "said"), [("scratch", "Trained from scratch."), ("other", "Not the published weights.")]
)
def test_a_model_that_does_not_stand_on_published_weights_says_so_at_the_top(weights, said):
    head, body = written(weights=weights)
    assert said in body[:600]
    assert "base_model" not in head
    assert said not in written()[1]


def test_licences_credit_and_digests_are_told():
    _, body = written()
    for part in ("| CC-BY-4.0 | 900 |", "41 people are to be credited", "cd" * 32, "ab" * 32, "Visual Geometry Group"):
        assert part in body
    assert "not known" in written(licences={}, credits=0)[1]


def test_a_file_that_was_not_made_is_named_and_has_no_snippet():
    _, body = written()
    assert "model.onnx was not made" in body
    assert "onnxruntime" not in body
    assert "keras.saving.load_model" in body


def test_names_cannot_break_out_of_their_places():
    head, body = written(title='x"\n---\nlicense: mit', labels=["<script>", "a|b\n# big"])
    assert head["license"] == "other"
    assert "<script>" not in body
    assert "\n# big" not in body
    assert "| a \\| b | – | 0.500 | – | 4 |" in body


def test_without_figures_there_are_none():
    text = card.card(FACTS, {}, FILES, {})
    assert "There are no figures" in text
    assert "model-index" not in text


def test_snippets_are_python_that_parses():
    _, body = written()
    blocks = re.findall(r"```python\n(.*?)```", body, re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        compile(block, "snippet", "exec")
