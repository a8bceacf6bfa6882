"""From a manifest to a layout: the pictures in the format asked for, and the papers that go with every archive."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import card, citation, croissant, folders, licences, parquet, tables, tars
from .layout import Layout
from .plan import Plan, count
from .spool import Spool, made
from .types import Members, Source, pretty

SIDES = (224, 299, 1024, 0)  # 0: the original without its metadata
PACKERS = {
    "imagefolder": folders.imagefolder,
    "coco": folders.coco,
    "webdataset": tars.webdataset,
    "parquet": parquet.parquet,
}
TELL = 100  # pictures between two words about progress
FORMATS = tuple(PACKERS)


def layout(
    header: dict[str, Any],
    members: Members,
    digest: str,
    format: str,
    side: int,
    source: Source,
    work: Path,
    told: Callable[[int], None] = lambda _: None,
) -> Layout:
    """The archive of one version in one format, ready to be written.

    `members` gives the manifest's lines anew each time it is called, in their order. `work` is an empty scratch folder
    that must outlive the layout. `told` hears how many pictures have been laid out. Raises ValueError for a format or
    side that does not exist, a manifest of another digest and a version of which no picture is left, Damaged for a
    picture that is not what its row says.
    """
    if format not in PACKERS or side not in SIDES:
        raise ValueError(f"no archive in format {format!r} at side {side!r}")
    plan = Plan(header, members, digest, format, side, source, work)
    count(plan)
    attribution = tables.Attribution(plan)
    for number, (member, place) in enumerate(PACKERS[format](plan), 1):
        attribution.add(member, place)
        if number % TELL == 0:
            told(number)
    plan.entries += [attribution.entry(), tables.labels(plan)]
    _papers(plan)
    _sums(plan)
    return Layout(plan.entries, source)


def _papers(plan: Plan) -> None:
    papers = {
        "README.md": card.text(plan),
        "CITATION.cff": citation.text(plan),
        "croissant.json": croissant.text(plan),
        **{f"LICENSES/{spdx}.txt": licences.KNOWN[spdx].text for spdx in plan.licences},
    }
    plan.entries += [made(plan.work, name, text.encode()) for name, text in papers.items()]
    for name in ("split_report", "quality"):
        report = name if name.endswith("report") else f"{name}_report"
        plan.entries.append(made(plan.work, f"{report}.json", pretty(plan.header.get(name, {}))))


def _sums(plan: Plan) -> None:
    """SHA256SUMS, as `sha256sum -c` reads it: every entry but itself."""
    sums = Spool(plan.work, "SHA256SUMS")
    for entry in sorted(plan.entries, key=lambda entry: entry.name):
        sums.write(f"{entry.sha256}  {entry.name}\n".encode())
    plan.entries.append(sums.entry())
