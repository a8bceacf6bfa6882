"""How hostile files and requests are written down: what is sent, and the one answer it must get."""

from collections.abc import Callable
from typing import Any, NamedTuple

NUL, LONE, DEEP = "\0", '"\\ud800"', "[" * 100_000
HUGE = 10**30


class File(NamedTuple):
    """Bytes to be sent, and what must become of them: "accepted", or the code they are refused with."""

    make: Callable[[], bytes]
    answer: str


def sound(*names_and_makers) -> dict[str, File]:
    """Files that must be taken; each maker gets a seed of its own, so that no two are the same picture."""
    return {
        name: File(lambda make=make, seed=seed: make(seed), "accepted")
        for seed, (name, make) in enumerate(names_and_makers, 1000)
    }


def bad(answer: str, **makers) -> dict[str, File]:
    """Files that must be refused with this code."""
    return {name.replace("_", " "): File(make, answer) for name, make in makers.items()}


def always(data: bytes) -> Callable[[], bytes]:
    return lambda: data


class Asked(NamedTuple):
    """One request and its answer. `line` is a method and an address, `%(…)s` filled from the house.

    Addresses of /api/ are asked with a token, all others by a browser that takes JSON. `code` is "" where there is no
    problem to name: 200 and 201 say that nonsense was overlooked on purpose, 422 alone is a form with its mistakes.
    """

    line: str
    status: int
    code: str = ""
    data: Any = None
    headers: dict[str, str] = {}
