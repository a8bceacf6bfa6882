"""Rows of equal width in a scratch file without a name: memory stays flat however many there are."""

import os
import tempfile
import weakref
from pathlib import Path


class Packed:
    """Rows of `width` bytes by number. The file is gone with the object, or with the process however it ends."""

    def __init__(self, folder: Path, width: int) -> None:
        self.width = width
        self._file, name = tempfile.mkstemp(dir=folder)
        os.unlink(name)
        weakref.finalize(self, os.close, self._file)

    def write(self, row: int, data: bytes) -> None:
        """Put a row in its place. Raises ValueError for another width, OSError when the disk is full."""
        if len(data) != self.width:
            raise ValueError(f"a row of {len(data)} bytes, not {self.width}")
        view, at = memoryview(data), row * self.width
        while view:
            written = os.pwrite(self._file, view, at)
            view, at = view[written:], at + written

    def read(self, row: int) -> bytes:
        """A row written before. `pread`, not a memory map, whose pages would count as ours."""
        return os.pread(self._file, self.width, row * self.width)
