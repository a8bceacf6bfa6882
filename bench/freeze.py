"""Freeze a dataset of a million images: seconds, and peak memory of the process that does it."""

import argparse
import multiprocessing
import resource
import time

from bench._database import scratch
from bench._fill import fill, fingerprints
from bench._table import headline, table

GOAL_SECONDS, GOAL_MIB = 60, 300


def run(argv: list[str]) -> None:
    """Fill a database of our own, then freeze most of it in a process of its own, as a worker would."""
    parser = argparse.ArgumentParser(prog="freeze")
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--together", default="", help="batch, supplier or place: groups tied beyond look-alikes")
    parser.add_argument("--times", type=int, default=2)
    options = parser.parse_args(argv)
    with scratch("freeze") as name:
        fill(options.images)
        fingerprints()
        found = [freeze_once(name, options.together) for _ in range(options.times)]
    rows = [
        (number, f"{images:,}", f"{seconds:.1f}", f"{peak:.0f}", digest[:12])
        for number, (images, seconds, peak, digest) in enumerate(found, 1)
    ]
    table(("run", "members", "seconds", "peak MiB", "id"), rows)
    headline(
        "freeze",
        f"{max(f[1] for f in found):.0f} s, {max(f[2] for f in found):.0f} MiB",
        "",
        f"{GOAL_SECONDS} s, {GOAL_MIB} MiB",
    )


def freeze_once(name: str, together: str) -> tuple[int, float, float, str]:
    """Members, seconds, peak MiB and id of one freeze in a new process, of a dataset of its own."""
    from django.db import connections

    connections.close_all()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, (name, together))


def work(name: str, together: str) -> tuple[int, float, float, str]:
    """What the process does: order a version of every label that has enough, and freeze it."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = name
    from hub import datasets
    from hub.models import Account, DatasetVersion, LabelStat
    from hub.selections import read
    from workers import export

    large = LabelStat.objects.filter(facet="direct", n__gte=200).values_list("label", flat=True)
    selection = read({"labels": [{"id": label, "below": False} for label in sorted(large)], "overlap": "first",
                      "split": {"together": together}})  # fmt: skip
    owner = Account.objects.order_by("id")[0]
    version, job = datasets.order_version(datasets.create(owner=owner, name="Everything", selection=selection))
    start = time.perf_counter()
    export.freeze(job.pk)
    seconds = time.perf_counter() - start
    version = DatasetVersion.objects.get(pk=version.pk)
    if version.state != "ready":
        raise SystemExit(f"{version.reason} {version.detail}")
    return version.images, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, version.digest
