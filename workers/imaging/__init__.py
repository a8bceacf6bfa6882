"""Pictures: decode, inspect, hash, render. Bytes in, bytes out; knows neither Django nor Celery nor the hub."""

from .fingerprint import distance
from .matching import same_scene
from .pipeline import process
from .types import CODES, Limits, Picture, Rejected, Rendition

__all__ = ["CODES", "Limits", "Picture", "Rejected", "Rendition", "distance", "process", "same_scene"]
