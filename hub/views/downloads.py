"""Hand an archive out: a signed link for who may see it, and the bytes behind the link, whole or in parts."""

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from hub import archives, datasets, storage
from hub.models import Archive
from hub.people import downloads
from hub.problems import Refused, problem
from hub.ranges import Slice, asked
from hub.views.datasets import who

ZIP = "application/zip"


@require_safe
def archive_link(request: HttpRequest, pk: int, number: int, archive: int) -> HttpResponse:
    """Make a link to an archive, for this visitor, and go there."""
    version = get_object_or_404(datasets.versions_visible_to(who(request)), dataset=pk, number=number)
    found = get_object_or_404(Archive, pk=archive, digest=version.digest)
    answer = redirect("fetch", archives.link(found, who(request)))
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_safe
def fetch(request: HttpRequest, token: str) -> HttpResponseBase:
    """The bytes of an archive; whether they may still be had is asked each time."""
    archive = archives.by_link(token, who(request))
    try:
        part = asked(_range(request, archive), archive.size or 0)
    except Refused as refused:
        answer = problem(request, refused.status, refused.code, **refused.detail)
        answer["Content-Range"] = f"bytes */{archive.size}"
        return answer
    if request.method == "HEAD":
        return _with_headers(HttpResponse(content_type=ZIP), archive, part)
    if part is None or part[0] == 0:
        archives.count_download(archive)
    downloads.keep(who(request) or archives.holder(token), archive.digest)
    path = storage.local_path("artifacts", archives.key(archive))
    if path is None:
        return storage.response("artifacts", archives.key(archive), ZIP, attachment=archives.filename(archive))
    return _with_headers(_file(path, part or (0, (archive.size or 0) - 1)), archive, part)


def _range(request: HttpRequest, archive: Archive) -> str:
    """The range asked for; none where the visitor began with other bytes than these."""
    began_with = request.headers.get("If-Range", "")
    return request.headers.get("Range", "") if began_with in ("", _tag(archive)) else ""


def _tag(archive: Archive) -> str:
    return f'"{archive.sha256}"'


def _file(path: str, part: tuple[int, int]) -> FileResponse:
    start, end = part
    return FileResponse(Slice(open(path, "rb"), start, end - start + 1), content_type=ZIP)


def _with_headers(answer: HttpResponseBase, archive: Archive, part: tuple[int, int] | None) -> HttpResponseBase:
    start, end = part or (0, (archive.size or 0) - 1)
    if part:
        answer.status_code = 206
        answer["Content-Range"] = f"bytes {start}-{end}/{archive.size}"
    answer["Content-Length"] = str(end - start + 1)
    answer["Content-Disposition"] = f'attachment; filename="{archives.filename(archive)}"'
    answer["Accept-Ranges"] = "bytes"
    answer["ETag"] = _tag(archive)
    answer["Cache-Control"] = "private, no-transform"
    return answer
