"""Many files into one, as fast as the machine can: small ones through one small buffer, large ones by the kernel."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from .types import Damaged, Progress

# What a file system or a kernel answers when it will not copy by itself; anything else is an error of the disk.
UNWILLING = {errno.EINVAL, errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.EPERM, errno.ETXTBSY}
UNWILLING |= {errno.ENOTSOCK}  # a kernel that sends files to sockets only
STRIDE = 16 << 20  # bytes the kernel is asked for at once, so that progress moves


class Pack:
    """Bytes and files, one behind the other, into descriptor `out` by way of a buffer of `room` bytes."""

    def __init__(self, out: int, room: int, progress: Progress):
        self.out, self.progress, self.sent, self.held = out, progress, 0, 0
        self.buffer = memoryview(bytearray(room))

    def add(self, data: bytes) -> None:
        """Append bytes."""
        if self.held + len(data) > len(self.buffer):
            self.flush()
        if len(data) > len(self.buffer):
            self._send(memoryview(data))
        else:
            self.buffer[self.held : self.held + len(data)] = data
            self.held += len(data)

    def copy(self, path: Path | str, size: int, name: str) -> None:
        """Append a file that must have `size` bytes. Raises Damaged(name) when it has not."""
        descriptor = _open(path, name)
        try:
            if size < len(self.buffer):
                self._read(descriptor, size, name)
            else:
                self._copy(descriptor, size, name)
        finally:
            os.close(descriptor)

    def flush(self) -> None:
        """Write what waits."""
        held, self.held = self.held, 0
        self._send(self.buffer[:held])

    def _read(self, descriptor: int, size: int, name: str) -> None:
        if self.held + size + 1 > len(self.buffer):
            self.flush()
        # One byte more than expected tells a file that has grown, without asking for its size.
        got = os.readv(descriptor, [self.buffer[self.held : self.held + size + 1]])
        if got != size:
            raise Damaged(name, f"{_length(descriptor)} bytes are stored, {size} were expected")
        self.held += size

    def _copy(self, descriptor: int, size: int, name: str) -> None:
        if _length(descriptor) != size:
            raise Damaged(name, f"{_length(descriptor)} bytes are stored, {size} were expected")
        self.flush()
        left = size
        while left:
            done = transfer(descriptor, self.out, min(left, STRIDE))
            if not done:
                raise Damaged(name, f"ended {left} bytes early")
            left -= done
            self._sent(done)

    def _send(self, data: memoryview) -> None:
        while data:
            done = os.write(self.out, data)
            data = data[done:]
            self._sent(done)

    def _sent(self, count: int) -> None:
        self.sent += count
        self.progress(self.sent)


def transfer(source: int, target: int, count: int) -> int:
    """Move up to `count` bytes between descriptors by the quickest means both allow; 0 at the end of the source."""
    for means in MEANS:
        try:
            return means(source, target, count)
        except OSError as error:
            if error.errno not in UNWILLING:
                raise
    data = memoryview(os.read(source, min(count, 1 << 20)))
    done = 0
    while done < len(data):
        done += os.write(target, data[done:])
    return done


def _send_file(source: int, target: int, count: int) -> int:
    return os.sendfile(target, source, None, count)


# Linux has both, others have one or none.
MEANS: list[Callable[[int, int, int], int]] = [_send_file]
if hasattr(os, "copy_file_range"):
    MEANS.insert(0, os.copy_file_range)


def blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """A file, `size` bytes at a time."""
    while block := file.read(size):
        yield block


def _length(descriptor: int) -> int:
    return os.fstat(descriptor).st_size


def _open(path: Path | str, name: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Damaged(name, "is not in the store") from None
