"""Networks: features, training, calibration, assembly. Knows neither Django nor the hub; Keras comes when used."""

from .recipe import train
from .spec import BACKBONES, Backbone
from .weights import Weights, fetch, locate

__all__ = ["BACKBONES", "Backbone", "Weights", "fetch", "locate", "train"]
