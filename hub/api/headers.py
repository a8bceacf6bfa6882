"""The headers of the API's answers."""

from typing import Any

from django.http import HttpResponse

HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}
# Which field of an answer its Location header repeats: where what was made is, or what makes it.
LOCATIONS = {201: "url", 202: "job"}


def locate(response: HttpResponse, data: Any) -> HttpResponse:
    """The response with its Location, if it has one."""
    where = data.get(LOCATIONS.get(response.status_code)) if isinstance(data, dict) else None
    if where:
        response["Location"] = where
    return response
