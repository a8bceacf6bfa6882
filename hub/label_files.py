"""Read a hierarchy of labels from files: the starter set and any CSV like it, or the files of Open Images.

A CSV has a label per line: `name,parent[,parent…]`. A first line that begins with `name` names the columns instead:
`name`, any number of `parent`, and `synonyms` (separated by |).
"""

import csv
import json
from pathlib import Path
from typing import Any

from hub.hierarchy import MAX_NAME, Unusable, Wanted, same

STARTER = Path(__file__).parent / "data" / "starter_labels.csv"
HIERARCHY = "bbox_labels_600_hierarchy.json"
DESCRIPTIONS = "class-descriptions.csv"
ROOT = "/m/0bl9f"
COLUMNS = ("name", "parent", "synonyms")


def from_csv(path: Path) -> list[Wanted]:
    """The labels of a CSV file. Raises Unusable."""
    rows = [(number, row) for number, row in _rows(path) if any(row)]
    header = bool(rows) and same(rows[0][1][0]) == "name"
    columns = _columns(path, rows.pop(0)[1]) if header else None
    if not rows:
        raise Unusable(f"{path} has no labels in it.")
    lines: dict[str, int] = {}
    return [_wanted(f"{path}, line {number}", number, row, columns, lines) for number, row in rows]


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            return [(reader.line_num, [" ".join(cell.split()) for cell in row]) for row in reader]
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise Unusable(f"{path} is not a CSV file in UTF-8: {error}.") from error


def _columns(path: Path, header: list[str]) -> list[str]:
    columns = [same(cell) for cell in header]
    if strange := [cell for cell in columns if cell not in COLUMNS]:
        raise Unusable(f"{path} has a column “{strange[0]}”; it may have {', '.join(COLUMNS)}.")
    return columns


def _wanted(where: str, number: int, row: list[str], columns: list[str] | None, lines: dict[str, int]) -> Wanted:
    """One row as a label; `lines` remembers on which line each name was."""
    columns = columns or ["name", *["parent"] * (len(row) - 1)]
    if any(row[len(columns) :]):
        raise Unusable(f"{where}: more cells than columns.")
    cells = [(column, cell) for column, cell in zip(columns, row, strict=False) if cell]
    name = checked("".join(cell for column, cell in cells if column == "name"), where)
    if (first := lines.setdefault(same(name), number)) != number:
        raise Unusable(f"{where}: “{name}” was on line {first} already.")
    synonyms = [text.strip() for column, cell in cells if column == "synonyms" for text in cell.split("|")]
    return Wanted(
        key=same(name),
        name=name,
        kind_of=[same(checked(cell, where)) for column, cell in cells if column == "parent"],
        synonyms=[checked(text, where) for text in synonyms if text],
    )


def checked(name: str, where: str) -> str:
    """The name, if it can be a label's. Raises Unusable."""
    if not name:
        raise Unusable(f"{where}: the name is empty.")
    if len(name) > MAX_NAME:
        raise Unusable(f"{where}: “{name[:40]}…” is longer than {MAX_NAME} characters.")
    if not name.isprintable():
        raise Unusable(f"{where}: “{name!a}” has characters that cannot be shown.")
    return name


def from_open_images(folder: Path) -> list[Wanted]:
    """The labels of the Open Images boxes: subcategories as kinds, parts as parts. Raises Unusable."""
    names = {mid: name for _, (mid, name, *_) in _rows_of_two(folder / DESCRIPTIONS)}
    names.setdefault(ROOT, "Entity")
    found: dict[str, Wanted] = {}
    _walk(_json(folder / HIERARCHY), folder / HIERARCHY, names, found)
    return list(found.values())


def _rows_of_two(path: Path) -> list[tuple[int, list[str]]]:
    rows = _rows(path)
    for number, row in rows:
        if len(row) < 2:
            raise Unusable(f"{path}, line {number}: an id and a name belong here.")
    return rows


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise Unusable(f"{path} is not JSON: {error}.") from error


def _walk(node: Any, path: Path, names: dict[str, str], found: dict[str, Wanted]) -> Wanted:
    """Note a node and everything below it in `found`, a label once however often it appears."""
    mid = node.get("LabelName") if isinstance(node, dict) else None
    if not isinstance(mid, str):
        raise Unusable(f"{path}: a node without a LabelName.")
    if mid not in names:
        raise Unusable(f"{path}: {mid} has no name in {DESCRIPTIONS}.")
    label = found.setdefault(mid, Wanted(key=mid, name=checked(names[mid], mid), mid=mid))
    for below in _list(node, "Subcategory", path):
        _above(_walk(below, path, names, found).kind_of, mid)
    for below in _list(node, "Part", path):
        _above(_walk(below, path, names, found).part_of, mid)
    return label


def _list(node: dict[str, Any], key: str, path: Path) -> list[Any]:
    below = node.get(key, [])
    if not isinstance(below, list):
        raise Unusable(f"{path}: {key} of {node['LabelName']} is not a list.")
    return below


def _above(parents: list[str], mid: str) -> None:
    if mid not in parents:
        parents.append(mid)
