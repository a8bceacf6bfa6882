"""Archives: a frozen version as one zip, the same bytes for ever. Knows neither Django nor the hub."""

from .build import FORMATS, SIDES, layout
from .layout import Entry, Layout
from .types import Damaged, File, Member, Source, canonical

__all__ = ["FORMATS", "SIDES", "Damaged", "Entry", "File", "Layout", "Member", "Source", "canonical", "layout"]
