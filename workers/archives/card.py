"""README.md: the card that people read, and under whose head model hubs and `datasets` find their way."""

import re
from collections.abc import Iterable
from string import Template
from typing import Any

from . import citation, licences, snippets
from .plan import Plan
from .types import pretty, quoted

SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M", 10_000_000: "1M<n<10M"}
PATTERNS = {
    "imagefolder": "{split}/**",
    "coco": "{split}/**",
    "webdataset": "{split}-*.tar",
    "parquet": "data/{split}-*.parquet",
}
BODY = Template("""
# $title

$pictures pictures of $classes labels, given by people to Deep Images Hub, chosen, split and frozen as version
`$digest`.
$content

## Labels

$labels
$negatives
## How they were chosen

$chosen

```json
$selection```

## How they were split

$split

## Quality

$quality

## Licences and credit

$licences

ATTRIBUTION.csv names the author and the licence of every picture; LICENSES/ says what the licences ask.
$drawn$tombstones
## Is it whole?

    sha256sum -c --quiet SHA256SUMS

`sha256sum manifest.jsonl` gives the version, and manifest.jsonl says everything about every picture in it. The same
version in the same format and size is the same zip, byte for byte, for as long as nobody withdraws a picture.

## Load it

$load

## Cite it

> $citation

CITATION.cff has the same for machines.
""")
CHOSEN = "By these labels and filters, out of what the hub held when the version was frozen:"
QUALITY = (
    "quality_report.json has resolutions, brightness, sharpness, suppliers and near-duplicates, by label and split."
)
SPLIT = (
    "Pictures that resemble each other share a group, and groups are never torn apart; split_report.json certifies it."
)
NEGATIVES = (
    "People looked and agreed that these pictures do not show a label, though somebody had said so. Each is in here"
    " for another label that it shows; of a label that is not named either way, nothing is known."
)
CONTENT = {
    0: "The pictures are the originals, upright and without their metadata.",
    224: "The pictures are JPEGs whose shorter side has 224 pixels at most.",
    299: "The pictures are JPEGs whose shorter side has 299 pixels at most.",
    1024: "The pictures are JPEGs whose longer side has 1024 pixels at most.",
}


def text(plan: Plan) -> str:
    """The whole card."""
    parts = {
        "title": escaped(plan.title),
        "pictures": f"{plan.facts['pictures']:,}",
        "classes": len(plan.folders),
        "digest": plan.digest,
        "content": CONTENT[plan.side],
        "labels": _labels(plan),
        "negatives": _negatives(plan),
        "chosen": CHOSEN,
        "selection": pretty(plan.header.get("selection", {})).decode(),
        "split": f"{SPLIT}\n\n{_facts(plan.header.get('split', {}) | plan.header.get('split_report', {}))}",
        "quality": f"{QUALITY}\n\n{_facts(_rates(plan) | plan.header.get('quality', {}))}",
        "licences": _licences(plan),
        "drawn": _drawn(plan),
        "tombstones": _tombstones(plan),
        "load": snippets.text(plan),
        "citation": escaped(citation.sentence(plan)),
    }
    return head(plan) + BODY.substitute(parts)


def head(plan: Plan) -> str:
    """The YAML between the dashes: https://huggingface.co/docs/hub/datasets-cards."""
    lines = [
        f"pretty_name: {quoted(plan.title)}",
        *_licence(plan),
        "task_categories:\n- image-classification",
        f"size_categories:\n- {size(plan.facts['pictures'])}",
        "annotations_creators:\n- crowdsourced",
        "source_datasets:\n- original",
        "tags:\n- deep-images-hub\n- croissant",
        "configs:\n- config_name: default\n  data_files:",
    ]
    pattern = PATTERNS[plan.format]
    lines += [f"  - split: {split}\n    path: {quoted(pattern.format(split=split))}" for split in plan.splits]
    return "\n".join(("---", *lines, "---", ""))


def size(pictures: int) -> str:
    """The hub's word for how many rows a dataset has."""
    return next((word for limit, word in SIZES.items() if pictures < limit), "10M<n<100M")


def _licence(plan: Plan) -> Iterable[str]:
    if len(plan.licences) == 1:
        return [f"license: {spdx.lower()}" for spdx in plan.licences]
    name = quoted(f"{', '.join(sorted(plan.licences))}: each picture under its own")
    return ["license: other", f"license_name: {name}", "license_link: ATTRIBUTION.csv"]


def _labels(plan: Plan) -> str:
    rows: list[list[object]] = [["#", "label", "folder", *plan.splits]]
    for number, label in enumerate(plan.header["labels"]):
        counts = [plan.labelled[split, label["id"]] for split in plan.splits]
        rows.append([number, escaped(label["name"]), plan.folders[label["id"]], *counts])
    rows.append(["", "pictures", "", *(plan.in_split[split] for split in plan.splits)])
    return _table(rows)


def _negatives(plan: Plan) -> str:
    if not plan.denied:
        return ""
    rows: list[list[object]] = [["label", "folder", *plan.splits]]
    for label in plan.header["labels"]:
        counts = [plan.denied[split, label["id"]] for split in plan.splits]
        if any(counts):
            rows.append([escaped(label["name"]), plan.folders[label["id"]], *counts])
    return f"\n## Verified negatives\n\n{NEGATIVES}\n\n{_table(rows)}\n"


def _table(rows: list[list[object]]) -> str:
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join((lines[0], "|---" * len(rows[0]) + "|", *lines[1:]))


def _facts(report: dict[str, Any]) -> str:
    """What of a report can be said in a line each; the rest stands in its file."""
    short = {key: value for key, value in report.items() if isinstance(value, str | int | float)}
    return "\n".join(f"- {key.replace('_', ' ')}: {escaped(str(value))}" for key, value in sorted(short.items()))


def _rates(plan: Plan) -> dict[str, str]:
    pictures = plan.facts["pictures"]
    return {"verified": f"{plan.facts['verified']:,} of {pictures:,} pictures, by at least two people each"}


def _licences(plan: Plan) -> str:
    rows: list[list[object]] = [["licence", "pictures", "text"]]
    rows += [[spdx, number, licences.KNOWN[spdx].url] for spdx, number in sorted(plan.licences.items())]
    return _table(rows)


def _drawn(plan: Plan) -> str:
    drawn = plan.facts["drawn"]
    return f"\n{drawn:,} of the pictures are drawn by a program and are no photos; the manifest marks them.\n" * bool(
        drawn
    )


def _tombstones(plan: Plan) -> str:
    gone = plan.facts["tombstones"]
    said = f"\nWithdrawn since, and so not in here: {gone:,} pictures of this version. tombstones.csv lists them.\n"
    return said * bool(gone)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&$^=@-])", r"\\\1", " ".join(text.split()))
