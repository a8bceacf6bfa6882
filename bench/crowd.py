"""Ten people do 10,000 things at once; then every stored count against a recount, and the audit."""

import argparse
import logging
import tempfile
import time
from pathlib import Path

from bench._database import scratch
from bench._table import headline, table


def run(argv: list[str]) -> None:
    """Give, judge, moderate, wish, freeze and leave at random, in a database and folders of our own."""
    parser = argparse.ArgumentParser(prog="crowd")
    parser.add_argument("--acts", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as files, scratch("crowd"):
        settle(Path(files))
        from tests.crowd import Crowd

        crowd, start = Crowd(options.acts // 8, options.seed), time.perf_counter()
        crowd.run(options.acts, options.people)
        wrong = report(crowd, time.perf_counter() - start)
    headline("crowd", wrong, "counts that differ, breaches and errors", 0)


def settle(files: Path) -> None:
    """Store in folders of our own, send no mail, and trust who gave a few photos."""
    from django.conf import settings

    from tests.parts import empty_storage

    empty_storage(settings, files)
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    settings.NEW_ACCOUNT_PHOTOS = 3
    logging.disable(logging.ERROR)


def report(crowd, seconds: float) -> int:
    """Say what was done and what came of it; how much of it is wrong."""
    from tests.parts import broken
    from tests.recount import differences, stored

    broke, differ = broken(), differences()
    table(("act", "done"), crowd.done.most_common())
    table(("refused for", "times"), crowd.refused.most_common())
    table(
        ("stored", "counts", "differ"),
        [(name, len(rows), len(differ.get(name, ()))) for name, rows in stored().items()],
    )
    for rule, breaches in broke.items():
        print(f"broken: {rule}: {breaches}")
    for trace in crowd.wrong[:20]:
        print(trace)
    print(f"{sum(crowd.done.values()) + sum(crowd.refused.values()):,} acts in {seconds:.0f} s")
    return sum(map(len, differ.values())) + sum(map(len, broke.values())) + len(crowd.wrong)
