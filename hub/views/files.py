"""Signed links to local files; with a bucket, the bucket checks its own."""

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from hub import storage
from hub.problems import problem


@require_safe
def signed_file(request: HttpRequest, token: str) -> HttpResponseBase:
    """What a signed link names, as an attachment, while the link is young."""
    try:
        alias, name = storage.read_signed(token)
        return storage.response(alias, name, "application/octet-stream", attachment=name.rsplit("/", 1)[-1])
    except signing.BadSignature:
        return problem(request, 403, "link_expired")
    except FileNotFoundError:
        raise Http404 from None
