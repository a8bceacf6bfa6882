"""Pictures the hub draws itself, for a first sight of an empty hub. Knows nothing of the hub."""

from .gallery import TRAINABLE, Picture, pictures

__all__ = ["TRAINABLE", "Picture", "pictures"]
