"""Hand an archive out: a signed link for who may see it, and the bytes behind the link, whole or in parts."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from hub import archives, datasets
from hub.models import Archive
from hub.people import downloads
from hub.views.datasets import who
from hub.views.sending import Stored, from_its_start, send


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
    stored = _stored(archive)
    answer = send(request, stored)
    if request.method == "GET":
        if from_its_start(request, stored):
            archives.count_download(archive)
        downloads.keep(who(request) or archives.holder(token), archive.digest)
    return answer


def _stored(archive: Archive) -> Stored:
    key, name = archives.key(archive), archives.filename(archive)
    return Stored("artifacts", key, archive.size or 0, archive.sha256, "application/zip", name)
