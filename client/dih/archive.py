"""An archive on the hub: ordered, waited for, and read whole or in parts."""

import io
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from dih.failures import AWAY, REFUSED, Failure
from dih.hub import PASSING, TRIES, Hub, away, pause
from dih.said import Said
from dih.unpack import sound

# Read at once from a remote archive: dozens of small pictures, one request.
BLOCK = 1024 * 1024


def packed(hub: Hub, version: str, format: str, size: str, said: Said) -> "Archive":
    """The archive of a version, packed: whoever asks first waits while the hub does. Raises Failure."""
    for found in hub.get(f"/versions/{version}/archives"):
        if (found["format"], found["pictures"], found["state"]) == (format, size, "ready"):
            return Archive(hub, found)
    found = hub.post(f"/versions/{version}/archives", {"format": format, "size": size})
    with said.bar(100, "packing", bytes=False) as bar:
        found = hub.wait(
            found["url"], lambda now: now["state"] not in ("queued", "packing"), lambda now: move(bar, now)
        )
    if found["state"] == "stale":  # a photo was withdrawn while it was packed
        return packed(hub, version, format, size, said)
    if found["state"] != "ready":
        raise Failure(REFUSED, found["reason"] or found["state"], found["words"] or "The hub could not pack it.")
    return Archive(hub, found)


def move(bar: Any, archive: dict[str, Any]) -> None:
    """Show how much is packed."""
    bar.update(archive["percent"] - bar.n)


class Archive:
    """A packed archive, read by a link that is renewed when it runs out."""

    def __init__(self, hub: Hub, told: dict[str, Any]) -> None:
        self.hub, self.told = hub, told
        self.size, self.sha256, self.filename = told["size"], told["sha256"], told["filename"]

    @contextmanager
    def stream(self, start: int, end: int | None = None) -> Iterator[httpx.Response]:
        """The bytes from `start` on, to `end` (inclusive); see `begins` for where it really begins."""
        # No If-Range: a link is for these very bytes, and a bucket it leads to names them otherwise.
        asked = {"Range": f"bytes={start}-{'' if end is None else end}"} if start or end is not None else {}
        try:
            with self.hub.stream(self.told["link"], **asked) as response:
                yield response
        except Failure as failure:
            if failure.status not in (403, 410):
                raise
            self._renew()
            with self.hub.stream(self.told["link"], **asked) as response:
                yield response

    def _renew(self) -> None:
        found = self.hub.get(self.told["url"])
        if found["state"] != "ready" or found["sha256"] != self.sha256:
            title = "A photo in the archive was taken back meanwhile."
            raise Failure(REFUSED, "archive_gone", title, "Run the command again.")
        self.told = found

    def part(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end` (inclusive), tried again while the network fails. Raises Failure."""
        for attempt in range(TRIES):
            try:
                with self.stream(start, end) as response:
                    if not begins(response, start):
                        raise Failure(REFUSED, "no_ranges", "This hub does not give parts of an archive.")
                    return response.read()
            except httpx.TransportError as error:
                if attempt == TRIES - 1:
                    raise away(self.hub.base, error) from None
            except Failure as failure:
                if failure.status not in PASSING or attempt == TRIES - 1:
                    raise
            time.sleep(pause(attempt))
        raise AssertionError  # the last try returned or raised

    def opened(self) -> zipfile.ZipFile:
        """The archive as a zip that is fetched where it is read. Raises Failure."""
        with sound("The archive does not open"):
            return zipfile.ZipFile(io.BufferedReader(Remote(self), BLOCK))


def begins(response: httpx.Response, start: int) -> bool:
    """Whether the bytes begin at `start`, and not at the start of the file: some buckets say so with status 200."""
    return start == 0 or response.headers.get("Content-Range", "").startswith(f"bytes {start}-")


class Remote(io.RawIOBase):
    """An archive on the hub as a file."""

    def __init__(self, archive: Archive) -> None:
        self.archive, self.at, self.fetched = archive, 0, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.archive.size}[whence])
        return self.at

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), self.archive.size - self.at)
        if size <= 0:
            return 0
        data = self.archive.part(self.at, self.at + size - 1)
        if len(data) != size:
            raise Failure(AWAY, "away", "The hub sent another part of the archive than was asked for.")
        buffer[:size] = data
        self.at += size
        self.fetched += size
        return size
