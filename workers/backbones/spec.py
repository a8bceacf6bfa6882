"""The networks to start from: input size, pixel scaling, published weights, and where the last block begins."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import scratch

if TYPE_CHECKING:
    import keras

PUBLISHED = "https://storage.googleapis.com/tensorflow/keras-applications"


@dataclass(frozen=True, slots=True)
class Published:
    """A file of pretrained weights (ImageNet, without the top): its name, where Keras has it, and its MD5 there."""

    file: str
    url: str
    md5: str


@dataclass(frozen=True, slots=True)
class Backbone:
    """A convolutional network without its head.

    `build` gives it with random weights, for pictures of `side` x `side`; `cut` finds in it the output that feeds the
    last convolution block. `scaling` is a key of `assemble.SCALINGS`. Without `published` it is trained from scratch.
    """

    name: str
    side: int
    scaling: str
    build: Callable[[], "keras.Model"]
    cut: Callable[["keras.Model"], Any]
    published: Published | None = None


def _application(name: str, side: int) -> Callable[[], "keras.Model"]:
    def build() -> "keras.Model":
        import keras

        return getattr(keras.applications, name)(weights=None, include_top=False, input_shape=(side, side, 3))

    return build


def _after(layer: str) -> Callable[["keras.Model"], Any]:
    return lambda base: base.get_layer(layer).output


def _before(layer: str) -> Callable[["keras.Model"], Any]:
    return lambda base: base.get_layer(layer).input


def _file(stem: str) -> str:
    return f"{stem}_weights_tf_dim_ordering_tf_kernels_notop.h5"


# MD5 as in keras/src/applications/*.py of Keras 3.15.
_VGG16 = Published(_file("vgg16"), f"{PUBLISHED}/vgg16/{_file('vgg16')}", "6d6bbae143d832006294945121d1f1fc")
_VGG19 = Published(_file("vgg19"), f"{PUBLISHED}/vgg19/{_file('vgg19')}", "253f8cb515780f3b799900260a226db6")
_INCEPTION = Published(
    _file("inception_v3"), f"{PUBLISHED}/inception_v3/{_file('inception_v3')}", "bcbd6486424b2319ff4ef7d526e38f63"
)
_XCEPTION = Published(
    _file("xception"), f"{PUBLISHED}/xception/{_file('xception')}", "b0042744bf5b25fce3cb969f33bebb97"
)

BACKBONES = {
    one.name: one
    for one in (
        Backbone("vgg16", 224, "caffe", _application("VGG16", 224), _after("block4_pool"), _VGG16),
        Backbone("vgg19", 224, "caffe", _application("VGG19", 224), _after("block4_pool"), _VGG19),
        # mixed9 and mixed10 follow.
        Backbone("inceptionv3", 299, "tf", _application("InceptionV3", 299), _after("mixed8"), _INCEPTION),
        # The sum before the last exit flow block has a name that Keras numbers anew in every process.
        Backbone("xception", 299, "tf", _application("Xception", 299), _before("block14_sepconv1"), _XCEPTION),
        Backbone("scratch", scratch.SIDE, "tf", scratch.build, _after("block4_pool")),
    )
}
