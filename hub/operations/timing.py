"""How long answers take, as this web process saw it: a histogram by view, never by the address that was asked."""

import time

from prometheus_client import Histogram

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SECONDS = Histogram(
    "hub_request_seconds", "Time until the answer begins.", ["view", "method", "status"], buckets=BUCKETS
)


def timed(get_response):
    """Around everything, the refusals of other middleware too: those that reached no view count as "none"."""

    def middleware(request):
        begun = time.perf_counter()
        response = get_response(request)
        view = request.resolver_match.view_name if request.resolver_match else ""
        method = request.method if request.method in METHODS else "other"
        SECONDS.labels(view or "none", method, f"{response.status_code // 100}xx").observe(time.perf_counter() - begun)
        return response

    return middleware
