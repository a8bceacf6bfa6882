"""The map of a class is Grad-CAM's, and its picture says where without hiding what."""

import io

import numpy as np
import pytest
from PIL import Image

from workers.backbones import heat


def drawn(hidden=True, seed=1):
    """Activations (4, 5, 6) and the dense layers of three classes."""
    rng = np.random.default_rng(seed)
    sizes = [(6, 8), (8, 3)] if hidden else [(6, 3)]
    layers = [(rng.normal(size=size), rng.normal(size=size[1])) for size in sizes]
    return np.maximum(0, rng.normal(size=(4, 5, 6))), layers


def logit(activations, layers, label):
    *hidden, (weights, bias) = layers
    values = activations.mean(axis=(0, 1))
    for inner, shift in hidden:
        values = np.maximum(0, values @ inner + shift)
    return (values @ weights + bias)[label]


def by_small_steps(activations, layers, label, step=1e-5):
    """Grad-CAM as published, its gradients taken by moving every activation up and down."""
    gradient = np.empty_like(activations)
    for place in np.ndindex(activations.shape):
        moved = np.zeros_like(activations)
        moved[place] = step
        up, down = (logit(activations + sign * moved, layers, label) for sign in (1, -1))
        gradient[place] = (up - down) / (2 * step)
    weighed = np.maximum(0, (activations * gradient.mean(axis=(0, 1))).sum(axis=2))
    return weighed / weighed.max()


@pytest.mark.parametrize("hidden", [True, False])
@pytest.mark.parametrize("label", [0, 1, 2])
def test_the_closed_form_is_grad_cam_by_finite_differences(hidden, label):
    activations, layers = drawn(hidden)
    assert heat.grad_cam(activations, layers, label) == pytest.approx(
        by_small_steps(activations, layers, label), abs=1e-6
    )


def test_the_map_is_hot_where_the_class_was_seen():
    activations = np.zeros((7, 7, 2))
    activations[1, 5, 0], activations[6, 0, 1] = 3, 3
    layers = [(np.eye(2), np.zeros(2))]
    assert np.unravel_index(heat.grad_cam(activations, layers, 0).argmax(), (7, 7)) == (1, 5)
    assert np.unravel_index(heat.grad_cam(activations, layers, 1).argmax(), (7, 7)) == (6, 0)


def test_the_temperature_does_not_change_the_map():
    activations, [hidden, (weights, bias)] = drawn()
    plain = heat.grad_cam(activations, [hidden, (weights, bias)], 1)
    assert heat.grad_cam(activations, [hidden, (weights / 3, bias / 3)], 1) == pytest.approx(plain)


def test_nothing_that_speaks_for_a_class_gives_a_cold_map():
    assert not heat.grad_cam(np.ones((2, 2, 1)), [(-np.ones((1, 2)), np.zeros(2))], 0).any()


def test_two_hidden_layers_are_refused():
    activations, [hidden, last] = drawn()
    with pytest.raises(ValueError, match="hidden"):
        heat.grad_cam(activations, [hidden, hidden, last], 0)


def test_the_picture_is_one_hue_as_opaque_as_the_map_is_hot():
    warm = np.zeros((7, 7))
    warm[0, 0] = 1
    data = heat.png(warm)
    pixels = np.asarray(Image.open(io.BytesIO(data)))
    assert pixels.shape == (112, 112, 4)
    assert (pixels[..., :3] == heat.HUE).all()
    assert (pixels[0, 0, 3], pixels[-1, -1, 3]) == (255, 0)
    assert len(data) < 10_000


def test_the_picture_has_the_same_bytes_each_time():
    activations, layers = drawn()
    assert heat.png(heat.grad_cam(activations, layers, 0)) == heat.png(heat.grad_cam(activations, layers, 0))
