"""A million images: every page, every route of the API, what workers do, the audit, and the bytes of every table."""

import argparse
import logging
from collections.abc import Callable, Iterator

from bench._database import scratch
from bench._table import headline, table

PARTS = ("pages", "api", "work", "audit", "datasets", "bytes")
BYTES_PER_IMAGE, SECONDS_PER_IMAGE = 7_000, 0.0009  # measured at a million on two cores
SIZES = """
SELECT relname, reltuples::bigint, pg_table_size(oid), pg_indexes_size(oid), pg_total_relation_size(oid)
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_total_relation_size(oid) > 1000000
ORDER BY 5 DESC
"""


def run(argv: list[str]) -> None:
    """Fill a database of our own (or find it where `--keep` left it), and ask it everything."""
    parser = argparse.ArgumentParser(prog="scale")
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--keep", default="", help="a folder where servers and database stay for the next run")
    parser.add_argument("--times", type=int, default=20, help="0: count queries and rows alone")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--only", default="", help="ask only what has this in its name")
    parser.add_argument("--explain", type=float, default=0, help="show plans of queries that take so many ms")
    options = parser.parse_args(argv)
    gib, minutes = options.images * BYTES_PER_IMAGE / 2**30, options.images * SECONDS_PER_IMAGE / 60
    print(f"{options.images:,} images take about {gib:.0f} GiB of disk and {minutes:.0f} minutes to make", flush=True)
    with scratch("scale", options.keep):
        logging.disable(logging.ERROR)
        settle(options.images)
        marked = [line for part in options.parts.split(",") for line in measure(part, options)]
    headline("scale", len(marked), "answers slower than their goal, or reading many rows", 0)


def settle(images: int) -> None:
    """Fill it, unless it is filled, and let nothing leave."""
    from django.conf import settings

    from bench import _house
    from hub.models import TrainingEpoch

    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    settings.ALLOWED_HOSTS = ["*"]
    if not TrainingEpoch.objects.exists():
        _house.build(images)


def measure(part: str, options: argparse.Namespace) -> list:
    """Print one table; the lines that bear a mark."""
    from bench._watching import report

    if part == "bytes":
        return sizes()
    asked: dict[str, Callable] = {
        "pages": pages, "api": routes, "work": work, "audit": audit, "datasets": datasets
    }  # fmt: skip
    return report(part, asked[part](options), options.explain)


def pages(options: argparse.Namespace) -> Iterator:
    """Every page, asked by whoever of those it answers waits the longest."""
    from bench import _addresses, _house

    owner, moderator, operator = _house.people()
    house, big = _house.house(owner), _house.big(owner)
    visitors = _addresses.browsers(owner, moderator, operator)
    for one in _addresses.pages(big, house):
        if options.only in one.name:
            yield _addresses.slowest(one, visitors, options.times, _addresses.PAGE_GOAL, {})


def routes(options: argparse.Namespace) -> Iterator:
    """Every route of the API, by the owner's token."""
    from django.test import Client

    from bench import _addresses, _house
    from hub import tokens
    from hub.models import Token

    owner = _house.people()[0]
    house, big = _house.house(owner), _house.big(owner)
    Token.objects.filter(account=owner, name="bench").delete()
    secret = tokens.make(owner, "bench", ["read", "give", "datasets"])[1]
    browser, headers = {"owner": Client(raise_request_exception=False)}, {"Authorization": f"Bearer {secret}"}
    for one in _addresses.routes(big, house):
        if options.only in one.name:
            yield _addresses.slowest(one, browser, options.times, _addresses.API_GOAL, headers)


def work(options: argparse.Namespace) -> Iterator:
    from bench import _house, _works

    owner, moderator, _ = _house.people()
    yield from _works.works(owner, moderator, options.times, options.only)


def audit(options: argparse.Namespace) -> Iterator:
    from bench import _works

    yield from _works.audits(options.times, options.only)


def datasets(options: argparse.Namespace) -> Iterator:
    from bench import _house, _shelving

    yield from _shelving.works(_house.people()[0], options.times, options.only)


def sizes() -> list:
    """Rows and bytes of every table and its indexes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(SIZES)
        rows = cursor.fetchall()
    print("\nbytes")
    table(
        ("table", "rows", "MB", "MB of indexes", "bytes a row, indexes too"),
        [
            (name, f"{max(n, 0):,}", f"{own / 1e6:,.0f}", f"{index / 1e6:,.0f}", f"{whole / max(n, 1):,.0f}")
            for name, n, own, index, whole in rows
        ],
    )
    print(f"all: {sum(row[4] for row in rows) / 1e9:.2f} GB")
    return []
