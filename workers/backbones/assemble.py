"""The networks in one piece: resize, pixel scaling, trunk, last block, head, temperature.

All of it is plain layers and operations of Keras, so that a saved model opens without any code of ours.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .precision import policy
from .spec import Backbone

if TYPE_CHECKING:
    import keras

CAFFE_MEAN = (103.939, 116.779, 123.68)  # blue, green, red: keras.applications.imagenet_utils


def shrunk(x: Any, side: int) -> Any:
    """Pictures (n, h, w, 3) squeezed to (n, side, side, 3) by the triangle filter of Pillow's BILINEAR.

    As Pillow does it in its float mode: support grows with the factor when reducing, and stays a pixel when enlarging.
    """
    from keras import ops

    rows, columns = _triangles(x[:, :, 0, 0], side), _triangles(x[:, 0, :, 0], side)
    return ops.einsum("bjw,biwc->bijc", columns, ops.einsum("bih,bhwc->biwc", rows, x))


def _triangles(line: Any, side: int) -> Any:
    """Weights (n, side, length) of every pixel of a line (n, length) in every pixel of the shrunk one."""
    from keras import ops

    place = ops.cumsum(ops.ones_like(line), axis=1) - 0.5  # the length is only known when it runs
    scale = (ops.max(place, axis=1, keepdims=True) + 0.5) / side
    centre = ops.expand_dims(scale, 2) * (np.arange(side, dtype="float32")[None, :, None] + 0.5)
    away = ops.abs(ops.expand_dims(place, 1) - centre) / ops.expand_dims(ops.maximum(scale, 1.0), 2)
    weights = ops.relu(1.0 - away)
    return weights / ops.sum(weights, axis=2, keepdims=True)


def _caffe(x: Any) -> Any:
    import keras

    turned = keras.ops.take(x, [2, 1, 0], axis=-1)
    return keras.layers.Rescaling(1.0, offset=[-mean for mean in CAFFE_MEAN], name="scaling", dtype="float32")(turned)


def _tf(x: Any) -> Any:
    import keras

    return keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="scaling", dtype="float32")(x)


# What each network was trained on: `caffe` is BGR less ImageNet's means, `tf` is -1 to 1.
SCALINGS: dict[str, Callable[[Any], Any]] = {"caffe": _caffe, "tf": _tf}


def base(backbone: Backbone, precision: str) -> "keras.Model":
    """The network with random weights, computing in `precision`. Its batch normalisation never learns: on the few
    pictures of a fine-tuning, its statistics would only spoil what it knows."""
    import keras

    with policy(precision):
        built = backbone.build()
    for layer in built.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False  # which in Keras is inference mode, too
    return built


def extractor(backbone: Backbone, base: "keras.Model") -> "keras.Model":
    """Pictures (n, side, side, 3), 0 to 255 → activations at the cut, and the last ones pooled, float32 (n, d)."""
    import keras

    given = _pictures(backbone)
    cut = keras.Model(base.input, backbone.cut(base))(SCALINGS[backbone.scaling](given))
    return keras.Model(given, [cut, _pooled(tail(backbone, base)(cut))])


def tail(backbone: Backbone, base: "keras.Model") -> "keras.Model":
    """The last block: activations at the cut → last activations. Its layers are those of the base."""
    import keras

    return keras.Model(backbone.cut(base), base.output, name="tail")


def head(width: int, classes: int, dense: int, dropout: float, seed: int) -> "keras.Sequential":
    """Pooled features (n, width) → logits (n, classes), float32. `dense` 0: the last layer alone, as a probe has it."""
    import keras

    layers = [keras.Input((width,))]
    if dense:
        layers.append(keras.layers.Dense(dense, activation="relu", name="hidden", dtype="float32"))
        layers.append(keras.layers.Dropout(dropout, seed=seed, name="dropout", dtype="float32"))
    return keras.Sequential([*layers, keras.layers.Dense(classes, name="logits", dtype="float32")], name="head")


def tuned(backbone: Backbone, base: "keras.Model", head: "keras.Model") -> "keras.Model":
    """Activations at the cut → logits: what fine-tuning trains."""
    import keras

    cut = backbone.cut(base)
    given = keras.Input(cut.shape[1:], dtype=base.compute_dtype)
    return keras.Model(given, head(_pooled(tail(backbone, base)(given))))


def entire(backbone: Backbone, base: "keras.Model", head: "keras.Model") -> "keras.Model":
    """Pictures (n, side, side, 3), 0 to 255 → logits: what full fine-tuning trains."""
    import keras

    given = _pictures(backbone)
    return keras.Model(given, head(_pooled(base(SCALINGS[backbone.scaling](given)))))


def assembled(
    backbone: Backbone, trained: "keras.Model", head: "keras.Model", temperature: float
) -> tuple["keras.Model", "keras.Model"]:
    """(model, fixed), both float32, apart from what they were trained with, answering calibrated probabilities.

    `model` takes pictures (n, any, any, 3), `fixed` (n, side, side, 3), 0 to 255, RGB. The layers of `fixed` that
    others may look for: the base under its own name, `pool`, `hidden` (unless a probe), `logits`, `temperature`.
    """
    import keras

    whole = base(backbone, "float32")
    whole.set_weights(trained.get_weights())
    given = _pictures(backbone)
    x = _pooled(whole(SCALINGS[backbone.scaling](given)))
    for name in ("hidden", "logits"):
        if source := next((layer for layer in head.layers if layer.name == name), None):
            copy = keras.layers.Dense.from_config(source.get_config())
            x = copy(x)
            copy.set_weights(source.get_weights())
    x = keras.layers.Rescaling(1 / temperature, name="temperature", dtype="float32")(x)
    fixed = keras.Model(given, keras.layers.Softmax(name="probabilities", dtype="float32")(x), name="fixed")
    free = keras.Input((None, None, 3), name="image")
    return keras.Model(free, fixed(shrunk(free, backbone.side)), name="model"), fixed


def logits(fixed: "keras.Model") -> "keras.Model":
    """A `fixed` model up to its uncalibrated logits: pictures (n, side, side, 3) → (n, classes), float32."""
    import keras

    return keras.Model(fixed.input, fixed.get_layer("logits").output)


def last_activations(fixed: "keras.Model") -> "keras.Model":
    """The last convolution's output of a `fixed` model: pictures (n, side, side, 3) → (n, h, w, c), float32."""
    import keras

    return keras.Model(fixed.input, fixed.get_layer("pool").input)


def _pictures(backbone: Backbone) -> Any:
    import keras

    return keras.Input((backbone.side, backbone.side, 3), name="image")


def _pooled(x: Any) -> Any:
    import keras

    return keras.layers.GlobalAveragePooling2D(name="pool", dtype="float32")(x)
