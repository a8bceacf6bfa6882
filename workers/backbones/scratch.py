"""A small network in the manner of VGG, trained from nothing: the yardstick for what pretrained weights are worth."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

SIDE = 128
WIDTHS = (16, 32, 64, 96, 128)  # channels of its five blocks


def build(side: int = SIDE, widths: tuple[int, ...] = WIDTHS) -> "keras.Model":
    """Blocks of one 3 x 3 convolution, pooling between; random weights. (n, side, side, 3) → (n, h, w, widths[-1])."""
    import keras

    given = keras.Input((side, side, 3))
    x = given
    for number, width in enumerate(widths, 1):
        x = keras.layers.Conv2D(
            width, 3, padding="same", activation="relu", kernel_initializer="he_uniform", name=f"block{number}_conv1"
        )(x)
        if number < len(widths):
            x = keras.layers.MaxPooling2D(name=f"block{number}_pool")(x)
    return keras.Model(given, x, name="scratch")
