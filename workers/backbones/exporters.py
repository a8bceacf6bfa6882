"""A model in the formats of others: what each exporter must be kept from doing, so that files and memory stay small."""

import contextlib
import importlib.util
import io
import logging
import shutil
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .golden import BEGINNING

if TYPE_CHECKING:
    from keras import Model

ONNX_NEEDS, OPSET = ("tf2onnx", "onnx", "onnxruntime"), 18


def keras(path: Path, model: "Model") -> None:
    """.keras, rebuilt, because a model that was compiled drags its optimizer along, twice its own size."""
    with _quiet():
        bare(model).save(path)


def bare(model: "Model") -> "Model":
    """The same model, never compiled."""
    made = type(model).from_config(model.get_config())
    made.set_weights(model.get_weights())
    return made


def saved(path: Path, model: "Model") -> None:
    """SavedModel as a zip. `model.export` would write every weight twice: it reaches them by two ways."""
    import tensorflow as tf

    module, folder = tf.Module(), path.with_suffix("")
    module.kept = [weight.value for weight in model.weights]
    module.serve = tf.function(lambda image: model(image, training=False), input_signature=[_image()])
    with _quiet():
        tf.saved_model.save(module, folder, signatures=module.serve)
    _pack(folder, path)
    shutil.rmtree(folder)


def float16(path: Path, fixed: "Model") -> None:
    """TFLite with weights of 16 bits, which are widened as it loads: the answers are those of float32 to 1e-4."""
    import tensorflow as tf

    converter = _converter(fixed)
    converter.target_spec.supported_types = [tf.float16]
    _convert(converter, path)


def int8(path: Path, fixed: "Model", pictures: Callable[[], Iterable[np.ndarray]]) -> None:
    """TFLite with weights and activations of 8 bits, their ranges found on `pictures` (side, side, 3) from training,
    which may be asked for again. Floats go in and come out."""
    converter = _converter(fixed)
    converter.representative_dataset = lambda: ([one[None]] for one in pictures())
    _convert(converter, path)


def onnx(path: Path, model: "Model") -> None:
    """ONNX; nothing where its exporter is not installed.

    Converted with its weights as inputs, which are filled in afterwards: with the weights inside, the converter copies
    the graph again and again (VGG16: 4.5 GB more memory, against 0.2, and 11 s against 2).
    """
    if not all(importlib.util.find_spec(name) for name in ONNX_NEEDS):
        return
    from onnx import numpy_helper, save

    with _quiet():
        weights = _weights(model)
        proto = _unfilled(model, weights)
    asked = [one for one in proto.graph.input if one.name not in weights]
    filled = [one.name for one in proto.graph.input if one.name in weights]
    proto.graph.initializer.extend(numpy_helper.from_array(weights[name], name) for name in filled)
    del proto.graph.input[:]
    proto.graph.input.extend(asked)
    save(proto, path)


def _weights(model: "Model") -> dict[str, np.ndarray]:
    """Every weight by a name of its own, the trainable ones first."""
    both = (*model.trainable_variables, *model.non_trainable_variables)
    return {f"weight_{number}": weight.numpy() for number, weight in enumerate(both)}


def _unfilled(model: "Model", weights: dict[str, np.ndarray]) -> Any:
    """The ONNX graph of `model`, whose inputs are the image and then its weights."""
    import tensorflow as tf
    import tf2onnx

    trainable = len(model.trainable_variables)

    def answer(image: Any, *filled: Any) -> Any:
        return model.stateless_call(list(filled[:trainable]), list(filled[trainable:]), image, training=False)[0]

    asked = [_image(), *(tf.TensorSpec(weight.shape, weight.dtype, name) for name, weight in weights.items())]
    return tf2onnx.convert.from_function(tf.function(answer, input_signature=asked), asked, opset=OPSET)[0]


def _image() -> Any:
    """Raw upright RGB of any size, 0 to 255."""
    import tensorflow as tf

    return tf.TensorSpec((None, None, None, 3), tf.float32, name="image")


def _converter(fixed: "Model") -> Any:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(fixed)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return converter


def _convert(converter: Any, path: Path) -> None:
    with _quiet():
        path.write_bytes(converter.convert())


def _pack(folder: Path, path: Path) -> None:
    """Stored, since weights do not shrink; sorted and undated, so that the same files are the same zip."""
    with zipfile.ZipFile(path, "w") as archive:
        for one in sorted(folder.rglob("*")):
            if one.is_file():
                entry = zipfile.ZipInfo(f"{folder.name}/{one.relative_to(folder).as_posix()}", BEGINNING)
                with one.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                    shutil.copyfileobj(source, target)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keras, TensorFlow and tf2onnx tell their own story while they export; nobody asked."""
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
