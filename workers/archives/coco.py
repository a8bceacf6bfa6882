"""COCO annotations: every picture with a box around the whole of it for each of its labels.

What a picture was judged not to show is named as LVIS does: https://www.lvisdataset.org/dataset
"""

import json
from typing import Any

from . import licences
from .layout import Entry
from .plan import Plan
from .spool import Spool
from .types import File, Member


class Annotations:
    """annotations/<split>.json in the making. The boxes wait in a file of their own until the images are told."""

    def __init__(self, plan: Plan, split: str):
        self.plan, self.licences = plan, sorted(plan.licences)
        self.spool = Spool(plan.work, f"annotations/{split}.json")
        self.waiting = Spool(plan.work, f"annotations/{split}.boxes")
        self.boxes = self.images = 0
        self.spool.write(f'{{"info":{dumped(self._info(split))},\n"images":['.encode())

    def add(self, member: Member, file: File, name: str) -> None:
        """Tell one picture and its labels."""
        row = member.row
        image = {"id": row["id"], "file_name": name, "width": file.width, "height": file.height}
        told = image | {"license": self.licences.index(row["licence"]) + 1, "sha256": row["sha256"]}
        told |= {"neg_category_ids": row.get("negatives", [])} if self.plan.negatives else {}
        self.spool.write(f"{',' * bool(self.images)}\n{dumped(told)}".encode())
        self.images += 1
        for label in row["labels"]:
            self._box(row["id"], label, file)

    def entry(self) -> Entry:
        """The finished file."""
        self.waiting.entry()
        self.spool.write(b'],\n"annotations":[')
        with self.waiting.path.open("rb") as boxes:
            for line in boxes:
                self.spool.write(line)
        self.waiting.path.unlink()
        self.spool.write(f'],\n"categories":{dumped(self._categories())},\n'.encode())
        self.spool.write(f'"licenses":{dumped(self._licences())}}}\n'.encode())
        return self.spool.entry()

    def _box(self, image: int, label: int, file: File) -> None:
        self.boxes += 1
        whole = [0, 0, file.width, file.height]
        box = {"id": self.boxes, "image_id": image, "category_id": label, "bbox": whole, "iscrowd": 0}
        box |= {"area": file.width * file.height, "segmentation": []}
        self.waiting.write(f"{',' * (self.boxes > 1)}\n{dumped(box)}".encode())

    def _info(self, split: str) -> dict[str, Any]:
        return {"description": f"{self.plan.title}: {split}", "version": self.plan.digest}

    def _categories(self) -> list[dict[str, Any]]:
        return [
            {"id": label["id"], "name": self.plan.folders[label["id"]], "supercategory": ""}
            for label in self.plan.header["labels"]
        ]

    def _licences(self) -> list[dict[str, Any]]:
        known = [licences.KNOWN[spdx] for spdx in self.licences]
        return [{"id": n, "name": one.spdx, "url": one.url} for n, one in enumerate(known, 1)]


def dumped(value: object) -> str:
    """Compact JSON of one line."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
