"""For Prometheus: what this hub counts, to whoever has its token."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from hub.operations import metrics
from hub.problems import Refused
from hub.views.health import parts
from workers.listening import lengths, listening


@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """All metrics, to the bearer of HUB_METRICS_TOKEN and to operators; without a token set, others find nothing."""
    if not _may_read(request):
        raise Refused("unknown_token", 401) if settings.METRICS_TOKEN else Refused("not_found", 404)
    return HttpResponse(metrics.page(parts(), listening, lengths), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return constant_time_compare(secret.strip(), settings.METRICS_TOKEN)
    return bool(getattr(request.user, "is_operator", False))
