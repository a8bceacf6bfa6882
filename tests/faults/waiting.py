"""To wait for what must come true."""

import time
from collections.abc import Callable
from typing import Any


def until(holds: Callable[[], Any], seconds: float, what: str) -> float:
    """Wait until `holds()`; how many seconds it took. Fails after so many."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, f"After {seconds} s still not: {what}"
        time.sleep(0.1)
    return time.monotonic() - begun
