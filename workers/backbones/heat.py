"""Where in a picture a class was seen: Grad-CAM (Selvaraju et al. 2017) in closed form, without a gradient tape.

After the last convolution come only global average pooling and one or two dense layers, so the gradient of a class's
logit is the same at every place of a channel, and a product of the weights.
"""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

HUE = (232, 62, 30)
Dense = tuple[np.ndarray, np.ndarray]  # weights (in, out) and bias (out,)


def grad_cam(activations: np.ndarray, layers: Sequence[Dense], label: int) -> np.ndarray:
    """A map (h, w) in 0..1 of what speaks for class `label`: 1 at its strongest, all 0 where nothing does.

    `activations` (h, w, c) come from the last convolution, as pooled. `layers` are Dense(k), or Dense(relu) and
    Dense(k); what scales all logits alike (the temperature) changes nothing. The map covers the whole picture.
    """
    activations = np.asarray(activations, np.float64)
    weighed = np.maximum(activations @ slopes(activations.mean(axis=(0, 1)), layers, label), 0)
    most = weighed.max()
    return weighed / most if most > 0 else weighed


def slopes(pooled: np.ndarray, layers: Sequence[Dense], label: int) -> np.ndarray:
    """How much the logit of a class rises with each pooled channel (c,): its gradient there. Raises ValueError."""
    *hidden, (last, _) = layers
    if len(hidden) > 1:
        raise ValueError("more than one hidden layer")
    slope = np.asarray(last, np.float64)[:, label]
    for weights, bias in hidden:
        slope = weights @ (slope * (pooled @ weights + bias > 0))
    return slope


def png(heat: np.ndarray, side: int = 112) -> bytes:
    """A square PNG to lay over the picture, stretched to it: one hue, as opaque as the map (h, w) is hot."""
    alpha = Image.fromarray(np.asarray(heat, np.float32)).resize((side, side), Image.Resampling.BILINEAR)
    picture = Image.new("RGBA", (side, side), HUE)
    picture.putalpha(Image.fromarray((np.clip(np.asarray(alpha), 0, 1) * 255).round().astype(np.uint8)))
    data = io.BytesIO()
    picture.save(data, "PNG", optimize=True)
    return data.getvalue()
