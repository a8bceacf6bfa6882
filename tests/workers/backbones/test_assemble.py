"""One model: the resize, the scaling, the cut, the layers that learn."""

import numpy as np
import pytest
from PIL import Image

from workers.backbones import assemble, probe, spec
from workers.backbones.spec import BACKBONES

from . import tiny

PHOTO = np.random.default_rng(1).integers(0, 256, (50, 70, 3), np.uint8)


def pillow(pixels: np.ndarray, side: int) -> np.ndarray:
    """Squeezed in Pillow's float mode, channel by channel."""
    channels = [Image.fromarray(pixels[..., c]).convert("F") for c in range(3)]
    return np.stack([np.asarray(one.resize((side, side), Image.Resampling.BILINEAR)) for one in channels], axis=-1)


def built(make):
    """A network made to compute in the tests: its output for a NumPy batch."""
    import keras

    given = keras.Input((None, None, 3))
    return keras.Model(given, make(given)).predict_on_batch


@pytest.mark.parametrize("side", [16, 50, 120], ids=["smaller", "same height", "larger"])
def test_the_resize_in_the_model_is_pillows(side):
    answer = built(lambda x: assemble.shrunk(x, side))(PHOTO[None].astype("float32"))
    assert np.abs(answer[0] - pillow(PHOTO, side)).max() < 2e-3


@pytest.mark.parametrize(
    ("name", "module"),
    [("vgg16", "vgg16"), ("vgg19", "vgg19"), ("inceptionv3", "inception_v3"), ("xception", "xception")],
)
def test_pixels_are_scaled_as_the_backbone_was_trained(name, module):
    import keras

    scaled = built(assemble.SCALINGS[BACKBONES[name].scaling])(PHOTO[None].astype("float32"))
    wanted = getattr(keras.applications, module).preprocess_input(PHOTO[None].astype("float32"))
    np.testing.assert_allclose(scaled, wanted, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "cut", "last", "first_of_tail"),
    [
        ("vgg16", (14, 14, 512), (7, 7, 512), "block5_conv1"),
        ("vgg19", (14, 14, 512), (7, 7, 512), "block5_conv1"),
        ("inceptionv3", (8, 8, 1280), (8, 8, 2048), "mixed9"),
        ("xception", (10, 10, 1024), (10, 10, 2048), "block14_sepconv1"),
    ],
)
def test_trunk_and_tail_share_out_the_layers_of(name, cut, last, first_of_tail, monkeypatch):
    import keras

    # Drawing 20 million random numbers takes longer than all the rest of this test.
    monkeypatch.setattr(keras.initializers.GlorotUniform, "__call__", lambda self, shape, dtype=None: np.zeros(shape))
    base = assemble.base(BACKBONES[name], "float32")
    trunk, tail = keras.Model(base.input, BACKBONES[name].cut(base)), assemble.tail(BACKBONES[name], base)
    assert (trunk.output_shape[1:], tail.output_shape[1:]) == (cut, last)
    assert {layer.name for layer in trunk.layers} | {layer.name for layer in tail.layers} >= {
        x.name for x in base.layers
    }
    assert trunk.count_params() + tail.count_params() == base.count_params()
    assert first_of_tail in {layer.name for layer in tail.layers} - {layer.name for layer in trunk.layers}


def test_trunk_and_tail_together_are_the_base():
    import keras

    base = assemble.base(tiny.BACKBONE, "float32")
    trunk = keras.Model(base.input, tiny.BACKBONE.cut(base))
    x = np.random.default_rng(0).normal(size=(2, tiny.SIDE, tiny.SIDE, 3)).astype("float32")
    tail = assemble.tail(tiny.BACKBONE, base)
    np.testing.assert_array_equal(tail.predict_on_batch(trunk.predict_on_batch(x)), base.predict_on_batch(x))


def test_batch_normalisation_keeps_its_statistics_in_fine_tuning():
    import keras

    from workers.backbones.fitting import compiled

    def build():
        given = keras.Input((8, 8, 3))
        cut = keras.layers.Conv2D(4, 3, name="cut")(given)
        return keras.Model(given, keras.layers.BatchNormalization()(keras.layers.Conv2D(4, 3)(cut)))

    backbone = spec.Backbone("normal", 8, "tf", build, lambda base: base.get_layer("cut").output)
    base = assemble.base(backbone, "float32")
    before = base.get_weights()
    model = compiled(assemble.tuned(backbone, base, assemble.head(4, 2, 0, 0.0, 1)), 1e-2)
    model.train_on_batch(np.random.default_rng(0).normal(5, 3, (8, 6, 6, 4)).astype("float32"), np.arange(8) % 2)
    frozen = [np.array_equal(old, new) for old, new in zip(before, base.get_weights(), strict=True)]
    # Kernel and bias of the trunk; those of the tail; scale, shift, mean and variance.
    assert frozen == [True, True, False, False, True, True, True, True]


def test_a_probe_in_the_head_answers_what_scikit_learn_answers():
    from sklearn.datasets import make_classification
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    for classes in (2, 4):
        x, y = make_classification(200, 24, n_informative=8, n_classes=classes, random_state=1)
        x = (x * 3 + 5).astype("float32")
        wanted = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000)).fit(x, y)
        line = probe.fitted(x, y, classes)
        head = assemble.head(24, classes, 0, 0.0, 1)
        probe.into(head, line)
        logits = head.predict_on_batch(x)
        found = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(found, wanted.predict_proba(x), atol=2e-3)
        assert probe.accuracy(line, x, y) == pytest.approx(wanted.score(x, y), abs=0.01)


def test_a_class_the_probe_never_saw_is_never_its_answer():
    x, y = np.random.default_rng(0).normal(size=(40, 6)).astype("float32"), np.arange(40) % 2 * 2
    weights, bias = probe.fitted(x, y, 4)
    assert set(np.argmax(x @ weights + bias, axis=1)) <= {0, 2}
