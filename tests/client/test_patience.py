"""What the client tries again, and how long it waits before."""

import httpx
import pytest
from dih.hub import passing, pause


@pytest.mark.parametrize(
    ("status", "headers", "again"),
    [
        (429, {"Retry-After": "30"}, True),
        (503, {"Retry-After": "10"}, True),
        (502, {}, True),
        (429, {}, False),  # a quota, which no minute mends
        (422, {}, False),
        (500, {}, False),
    ],
)
def test_it_tries_again_what_passes_and_nothing_else(status, headers, again):
    assert passing(httpx.Response(status, headers=headers)) is again


def test_it_waits_as_long_as_the_hub_asks_and_a_minute_at_most():
    assert [pause(0, asked) for asked in ("30", "86400", "", "soon")] == [30, 60, 0.25, 0.25]
