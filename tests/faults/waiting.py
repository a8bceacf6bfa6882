"""To wait for what must come true; and where to be waited for."""

import random
import socket
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


def port() -> int:
    """A free port that the kernel lends to no client: whoever listens on it goes away and comes back."""
    while True:
        wanted = random.SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", wanted)):
                return wanted
