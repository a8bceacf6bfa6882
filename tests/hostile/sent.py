"""How a hostile file is written down: what is sent, and the one answer it must get."""

from collections.abc import Callable
from typing import NamedTuple


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
