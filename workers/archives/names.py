"""Names that every file system, reader and spreadsheet takes, whatever a label is called."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

LONGEST = 80
# Devices of Windows, with any extension or none.
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
# What readers of CSV take for a missing or logical value.
VALUES = {"", "na", "nan", "nil", "null", "none", "true", "false"}


def folders(labels: Sequence[dict[str, Any]]) -> dict[int, str]:
    """Label id → the name of its folder: lower-case ASCII, distinct, after the label's slug where that will do."""
    given: dict[int, str] = {}
    taken: set[str] = set()
    for label in labels:
        name = _folder(label["slug"])
        if not name or name in taken:
            name = f"{name or 'label'}-{label['id']}"
            name = f"label-{name}" if reads_as_a_value(name) else name  # 0e-1 is a number
        while name in taken:
            name += "-2"
        taken.add(name)
        given[label["id"]] = name
    return given


def _folder(slug: str) -> str:
    plain = unicodedata.normalize("NFKD", slug).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].strip("-")
    if not name:
        return ""
    return f"label-{name}" if name in DEVICES or reads_as_a_value(name) else name


def reads_as_a_value(text: str) -> bool:
    """Whether a reader of CSV that guesses types would take the text for a number, a truth or nothing at all."""
    if text.strip().lower().strip("#<>").replace("/", "") in VALUES:
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


def title(labels: Sequence[dict[str, Any]]) -> str:
    """What a dataset of these labels is called; the labels alone decide it."""
    names = [" ".join(label["name"].split()) for label in labels]
    shown = names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} more"]
    together = " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
    return f"{together}, from Deep Images Hub"
