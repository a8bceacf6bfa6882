"""Send a stored file as an attachment: whole, or the part that was asked for, so that a broken download goes on."""

from typing import NamedTuple

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase

from hub import storage
from hub.ranges import Slice, asked


class Stored(NamedTuple):
    """A stored object whose size and SHA-256 its row knows, and how it is sent."""

    alias: str
    key: str
    size: int
    sha256: str
    content_type: str
    filename: str


def send(request: HttpRequest, file: Stored) -> HttpResponseBase:
    """The bytes of `file` that a request asks for; a bucket sends them itself.

    Raises Refused for a part beyond its end, FileNotFoundError when its bytes are missing.
    """
    part = asked(_range(request, file), file.size)
    if request.method == "HEAD":
        return _with_headers(HttpResponse(content_type=file.content_type), file, part)
    path = storage.local_path(file.alias, file.key)
    if path is None:
        return storage.response(file.alias, file.key, file.content_type, attachment=file.filename)
    start, end = part or (0, file.size - 1)
    whole = open(path, "rb")  # noqa: SIM115  the answer closes it
    return _with_headers(FileResponse(Slice(whole, start, end - start + 1), content_type=file.content_type), file, part)


def from_its_start(request: HttpRequest, file: Stored) -> bool:
    """Whether a download of `file` begins with this request, rather than goes on. Raises Refused as `send` does.

    The answer does not tell: that of a bucket is the address of the whole.
    """
    part = asked(_range(request, file), file.size)
    return part is None or part[0] == 0


def _range(request: HttpRequest, file: Stored) -> str:
    """The range asked for; none where the visitor began with other bytes than these."""
    began_with = request.headers.get("If-Range", "")
    return request.headers.get("Range", "") if began_with in ("", _tag(file)) else ""


def _tag(file: Stored) -> str:
    return f'"{file.sha256}"'


def _with_headers(answer: HttpResponseBase, file: Stored, part: tuple[int, int] | None) -> HttpResponseBase:
    start, end = part or (0, file.size - 1)
    if part:
        answer.status_code = 206
        answer["Content-Range"] = f"bytes {start}-{end}/{file.size}"
    answer["Content-Length"] = str(end - start + 1)
    answer["Content-Disposition"] = f'attachment; filename="{file.filename}"'
    answer["Accept-Ranges"] = "bytes"
    answer["ETag"] = _tag(file)
    answer["Cache-Control"] = "private, no-transform"
    return answer
