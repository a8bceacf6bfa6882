"""The hub's own servers, brought up for a command while the hub does not run."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.db import DatabaseError, connections

from hub import embedded, storage
from hub.operations.postgres import Unusable
from hub.unprivileged import CannotStart

# What keeps a backup from being made or restored, each in words that an operator reads.
TROUBLE = (Unusable, storage.Away, DatabaseError, OSError)
SHOWN = 10


def first_of(found: list[str]) -> str:
    """The first few of what was found, a line each, and how many more there are."""
    more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return "".join(f"\n    {one}" for one in [*found[:SHOWN], *more])


@contextmanager
def servers(*, alone: bool = False) -> Iterator[None]:
    """Postgres and Redis of this home run in the block, started where nobody runs them; those named from outside do.

    Raises Unusable where they do not start, or (`alone`) where the hub runs.
    """
    if os.environ.get("DATABASE_URL"):
        yield
        return
    with ExitStack() as stack:
        try:
            stack.enter_context(embedded.running())
            stack.callback(connections.close_all)
        except embedded.AlreadyRunning as reason:
            if alone:
                raise Unusable(str(reason)) from reason
        except CannotStart as reason:
            raise Unusable(str(reason)) from reason
        yield
