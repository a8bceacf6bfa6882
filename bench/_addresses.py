"""Every page and every route of the API, filled from the house of the big data, with who asks."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from bench._watching import Seen, timed, watched

PAGE_GOAL, API_GOAL = 100.0, 100.0  # ms, p95
# What stands under these is asked of the little house, whose files exist.
WITH_FILES = ("rendition", "original", "preview", "fetch", "archive_link", "model_file", "heat", "try_model",
              "submissions", "trainings/{pk}", "files/{sha256}")  # fmt: skip
# Minutes of looking for 42,000 photos that the large supplier's rows name and nobody stored.
ONCE = ("export",)
ROLES = ("stranger", "owner", "moderator", "operator")


class Ask(NamedTuple):
    """An address with a name for the table."""

    name: str
    path: str
    data: dict[str, str]


def pages(big: dict[str, Any], house: dict[str, Any]) -> Iterator[Ask]:
    """Every address of the URLconf that is decided to be read by GET; labels and lists also deep and filtered."""
    from bench.pages import addresses as labels
    from tests.hub.addresses import addresses
    from tests.hub.decisions import DECISIONS

    for one in addresses():
        decided = DECISIONS.get(one.name)
        if decided is None or decided.method != "get":
            continue
        filled = house if one.name in WITH_FILES else house | big
        path = one.path(filled)
        name = one.name if "*" not in one.name else path
        yield Ask(name, path, one.asked_with(filled) | big["with"].get(one.name, {}))
    yield from (Ask(name, path, {}) for name, path in labels())
    for queue in big["queues"]:
        yield Ask(f"queue {queue}", f"/moderation/{queue}/", {})
    yield from (Ask(name, path, {}) for name, path in big["more"])


def routes(big: dict[str, Any], house: dict[str, Any]) -> Iterator[Ask]:
    """Every route of the API that answers GET."""
    from hub.api import api
    from tests.hub.addresses import Address

    for path, methods in sorted(api.get_openapi_schema(path_prefix="/api/v1/")["paths"].items()):
        if "get" in methods:
            template = re.sub(r"\{(\w+)\}", r"%(\1)s", path.lstrip("/"))
            filled = house if any(path.endswith(end) for end in WITH_FILES) else house | big | big["api"]
            yield Ask(path, Address(path, template).path(filled), {})
    yield from (Ask(name, path, {}) for name, path in big["more_api"])


def browsers(owner: Any, moderator: Any, operator: Any) -> dict[str, Any]:
    """Who asks: a browser each, logged in."""
    from django.test import Client

    found = {role: Client(raise_request_exception=False) for role in ROLES}
    for role, account in (("owner", owner), ("moderator", moderator), ("operator", operator)):
        found[role].force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return found


def slowest(ask: Ask, visitors: dict[str, Any], times: int, goal: float, headers: dict[str, str]) -> Seen | None:
    """The address, asked by whoever of those it answers with 200 waits the longest; by anybody where there is none."""
    if not times or ask.name in ONCE:  # rows and queries alone
        return _rows_alone(ask, visitors, goal, headers)
    tries: dict[str, tuple[bool, float]] = {}
    for role, browser in visitors.items():
        status = get(browser, ask, headers)
        tries[role] = (status == 200, min(timed(partial(get, browser, ask, headers)) for _ in range(2)))
    role = max(tries, key=lambda name: tries[name])
    return watched(ask.name, lambda: get(visitors[role], ask, headers), times, goal, role)


def _rows_alone(ask: Ask, visitors: dict[str, Any], goal: float, headers: dict[str, str]) -> Seen:
    for role in ("owner", "operator", "stranger"):
        if role in visitors:
            seen = watched(ask.name, partial(get, visitors[role], ask, headers), 0, goal, role)
            if seen.status == "200":
                break
    return seen


def get(browser: Any, ask: Ask, headers: dict[str, str]) -> int:
    """The status of an answer that was read to its end."""
    answer = browser.get(ask.path, ask.data, headers=headers)
    answer.getvalue()
    return answer.status_code
