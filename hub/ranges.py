"""One part of a file, as HTTP asks for it (RFC 9110, section 14): which bytes, and a file that holds only those."""

import io
import re
from typing import IO

from hub.problems import Refused

ONE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def asked(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of the one range a `Range` header names; None (the whole) for none, several, or nonsense.

    Raises Refused for a range that lies beyond `size` bytes.
    """
    match = ONE.fullmatch(header.replace(" ", ""))
    if not match or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < start:
            return None
    if start >= size:
        raise Refused("bad_range", 416, size=size)
    return start, end


class Slice(io.RawIOBase):
    """The bytes of `file` from `start` on, `length` of them, as a file of its own. Closing it closes the file.

    Servers that send files by themselves (`wsgi.file_wrapper`) ask it for its length by seeking.
    """

    def __init__(self, file: IO[bytes], start: int, length: int) -> None:
        self.file, self.start, self.length, self.at = file, start, length, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.length}[whence]
        self.at = max(0, base + offset)
        return self.at

    def read(self, size: int = -1) -> bytes:
        left = max(0, self.length - self.at)
        self.file.seek(self.start + self.at)
        data = self.file.read(left if size < 0 else min(size, left))
        self.at += len(data)
        return data

    def close(self) -> None:
        self.file.close()
        super().close()
