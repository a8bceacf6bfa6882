"""Everything the hub keeps of an account, as a zip that is written while it is read."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from hub import storage
from hub.models import Account, Image, Submission
from hub.people import takeout_rows

CHUNK = 1024 * 1024
# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "HEIF": "heic"}
# The oldest day a zip can say: nothing in it depends on the clock.
STAMP = (1980, 1, 1, 0, 0, 0)


class _Pipe(io.RawIOBase):
    """Where the zip is written to: what came since it was last asked."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.waiting += data
        return len(data)

    def taken(self) -> bytes:
        data = bytes(self.waiting)
        self.waiting.clear()
        return data


def chunks(account: Account) -> Iterator[bytes]:
    """The zip, piece by piece: tables as CSV, the rest as JSON, the originals; a few megabytes in memory at most."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for name, pieces, packed in entries(account):
            with archive.open(_info(name, packed), "w", force_zip64=True) as entry:
                for piece in pieces:
                    entry.write(piece)
                    if len(pipe.waiting) >= CHUNK:
                        yield pipe.taken()
            yield pipe.taken()
    yield pipe.taken()


def _info(name: str, packed: bool) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, STAMP)
    info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    return info


def entries(account: Account) -> Iterator[tuple[str, Iterable[bytes], bool]]:
    """Name, contents, and whether it is worth packing."""
    yield "README.txt", [takeout_rows.README.encode()], True
    yield "account.json", [as_json(takeout_rows.about(account))], True
    yield "datasets.json", [as_json(takeout_rows.datasets(account))], True
    for name, (columns, rows) in takeout_rows.TABLES.items():
        yield f"{name}.csv", table(columns, rows(account)), True
    missing: list[str] = []
    for image in _kept(account):
        if (pieces := original(image["sha256"])) is None:
            missing.append(image["sha256"])
        else:
            yield f"originals/{image['sha256']}.{EXTENSIONS[image['format']]}", pieces, False
    for sha256 in _waiting(account):
        if (pieces := original(sha256)) is not None:
            yield f"originals/waiting/{sha256}", pieces, False
    if missing:
        yield "originals/missing.txt", ["\n".join(missing).encode()], True


def as_json(thing: Any) -> bytes:
    """A value as people can read it."""
    return json.dumps(thing, indent=1, ensure_ascii=False, default=said).encode()


def said(value: Any) -> Any:
    """A value as JSON tells it, and as a cell does."""
    if isinstance(value, datetime):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else value


def cell(value: Any) -> Any:
    """A value as a cell of a table; text that a spreadsheet would compute keeps to being text."""
    told = said(value)
    return f"'{told}" if isinstance(told, str) and told.startswith(FORMULA) else told


def table(columns: tuple[str, ...], rows: Iterable[tuple]) -> Iterator[bytes]:
    """A CSV, a row at a time."""
    line = io.StringIO()
    writer = csv.writer(line)
    for row in _headed(columns, rows):
        writer.writerow([cell(value) for value in row])
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()


def _headed(columns: tuple[str, ...], rows: Iterable[tuple]) -> Iterator[tuple]:
    yield columns
    yield from rows


def _kept(account: Account) -> Iterator[Any]:
    return (
        Image.objects.filter(supplier=account, withdrawn_at=None).order_by("id").values("sha256", "format").iterator()
    )


def _waiting(account: Account) -> Iterator[str]:
    """Files that are not in the catalogue yet."""
    found: QuerySet[Submission] = Submission.objects.filter(batch__supplier=account, state__in=["received", "review"])
    return found.exclude(sha256="").order_by().values_list("sha256", flat=True).distinct().iterator()


def original(sha256: str) -> Iterator[bytes] | None:
    """The bytes of a file as they were received, piece by piece; None where storage has none."""
    try:
        file = storage.opened("originals", storage.key(sha256))
    except FileNotFoundError:
        return None
    return _pieces(file)


def _pieces(file: Any) -> Iterator[bytes]:
    with file:
        read: Callable[[], bytes] = lambda: file.read(CHUNK)  # noqa: E731
        yield from iter(read, b"")
