"""Pictures: decode, inspect, hash, render. Bytes in, bytes out; knows neither Django nor Celery nor the hub."""

from .clean import Clean, clean
from .fingerprint import distance
from .matching import same_scene
from .pipeline import process
from .types import CODES, Limits, Picture, Rejected, Rendition

__all__ = ["CODES", "Clean", "Limits", "Picture", "Rejected", "Rendition", "clean", "distance", "process", "same_scene"]
