"""Labels and datasets: look, freeze, compare."""

from itertools import islice
from typing import Any

from dih.failures import DIFFERENT, OK, REFUSED, Failure
from dih.hub import Hub
from dih.said import Said


def labels(hub: Hub, said: Said, asked: Any) -> int:
    """`dih labels`: those that match, or all of them. Raises Failure."""
    found = list(islice(hub.pages("/labels", q=asked.query, under=asked.under), asked.limit))
    for label in found:
        said.line(f"{label['images']:>9,}  {label['slug']:<30}  {' › '.join(label['path'])}")
    said.result({"items": found})
    return OK


def negatives(hub: Hub, said: Said, asked: Any) -> int:
    """`dih negatives`: the images that people judged not to show a label. Raises Failure."""
    found = list(islice(hub.pages(f"/labels/{asked.label}/negatives"), asked.limit))
    for image in found:
        said.line(f"{image['sha256']}  {', '.join(label['name'] for label in image['labels'])}")
    said.result({"items": found})
    return OK


def datasets(hub: Hub, said: Said, asked: Any) -> int:
    """`dih datasets`: those you may see. Raises Failure."""
    found = list(hub.pages("/datasets", mine=asked.mine and "true"))
    for one in found:
        seen = "public" if one["public"] else "private"
        said.line(f"{one['id']:>6}  {one['latest'] or 'not frozen':<64}  {seen:<7}  {one['owner']}: {one['name']}")
    said.result({"items": found})
    return OK


def freeze(hub: Hub, said: Said, asked: Any) -> int:
    """`dih freeze`: the id of what the dataset's selection gives now. Raises Failure."""
    version = hub.post(f"/datasets/{asked.dataset}/versions")
    version = hub.wait(version["url"], lambda now: now["state"] != "queued")
    if version["reason"] == "nothing_changed":
        same = hub.get(f"/datasets/{asked.dataset}/versions/{version['about']['number']}")
        return told(said, same, version["words"])
    if version["state"] != "ready":
        raise Failure(REFUSED, version["reason"], version["words"], version["advice"])
    return told(said, version, f"version {version['number']}: {version['images']} images, {version['groups']} groups")


def told(said: Said, version: dict[str, Any], words: str) -> int:
    """Say which version it is."""
    said.line(words)
    names = {label["id"]: label["name"] for label in version["header"]["labels"]}
    for denied in version["header"].get("negatives", ()):
        said.line(f"{denied['images']} of them verified not to show {names[denied['label']]}")
    said.line(version["id"])
    said.result(version)
    return OK


def diff(hub: Hub, said: Said, asked: Any) -> int:
    """`dih diff`: 0 when the two versions are equal, else 1. Raises Failure."""
    found = hub.get(f"/versions/{asked.a}/diff/{asked.b}")
    counts = {name: found[name] for name in ("added", "removed", "relabelled", "moved", "withdrawn")}
    for name, n in counts.items():
        said.line(f"{n:>9,}  {name}")
    if asked.changes:
        found["items"] = list(hub.pages(found["changes"]))
        for one in found["items"]:
            said.line(f"{one['change']:<10}  {one['sha256']}")
    said.result(found)
    return DIFFERENT if any(counts.values()) else OK
