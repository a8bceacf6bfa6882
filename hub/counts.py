"""Counts of the catalogue: derived rows that change in the transaction that changes an image."""

from django.db import transaction

from hub import sql


def lock() -> None:
    """Wait for the catalogue's lock, kept to the end of the transaction: one writer of images and counts at a time."""
    sql.call("pg_advisory_xact_lock", 7_236_001)


class recounting:  # noqa: N801  reads as a statement
    """Take images out of every count, and put them back as they are after the block. Inside the lock only."""

    def __init__(self, images: list[int]) -> None:
        self.images = images

    def __enter__(self) -> None:
        sql.call("hub_tally", self.images, -1)

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            sql.call("hub_place_under_labels", self.images)
            sql.call("hub_tally", self.images, 1)


def recount() -> None:
    """Make every count anew, after the hierarchy has changed under images."""
    with transaction.atomic():
        lock()
        sql.call("hub_recount")
