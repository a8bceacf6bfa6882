"""webdataset: tar shards of key.jpg, key.cls and key.json, in order of digest, which mixes the labels."""

import tarfile
from collections.abc import Iterator
from typing import Any

from .plan import Plan, content
from .spool import Spool
from .types import File, Member, canonical

SAMPLES, BYTES = 10_000, 1_000_000_000  # a shard ends before it would pass either
BLOCK = 512


def webdataset(plan: Plan) -> Iterator[tuple[Member, str]]:
    """train-000000.tar and so on. Yields every picture and where it lies."""
    for split in plan.splits:
        shards = Shards(plan, split)
        for member, file in plan.mixed(split):
            yield member, f"{shards.add(member, file)}/{member.stem}.{file.extension}"
        shards.close()


class Shards:
    """The shards of one split in the making; finished ones go to the plan's entries."""

    def __init__(self, plan: Plan, split: str):
        self.plan, self.split, self.number = plan, split, 0
        self.spool, self.samples = self._next(), 0

    def add(self, member: Member, file: File) -> str:
        """Append a sample; the name of the shard it lies in."""
        if self.samples and (self.samples == SAMPLES or self.spool.size + file.size > BYTES):
            self.close()
            self.number += 1
            self.spool, self.samples = self._next(), 0
        self.samples += 1
        self._file(f"{member.stem}.cls", str(self.plan.places[member.label]).encode())
        self._file(f"{member.stem}.{file.extension}", content(self.plan.source, file))
        self._file(f"{member.stem}.json", canonical(facts(self.plan, member, file)))
        return self.spool.name

    def close(self) -> None:
        """Finish the shard."""
        self.spool.write(bytes(2 * BLOCK))
        self.plan.entries.append(self.spool.entry())

    def _next(self) -> Spool:
        return Spool(self.plan.work, f"{self.split}-{self.number:06}.tar")

    def _file(self, name: str, data: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        self.spool.write(info.tobuf(tarfile.USTAR_FORMAT))
        self.spool.write(data)
        self.spool.write(bytes(-len(data) % BLOCK))


def facts(plan: Plan, member: Member, file: File) -> dict[str, Any]:
    """key.json. The same keys of the same types in every sample: readers take the first few for all."""
    row, place = member.row, member.row.get("place") or {}
    told = {key: row[key] for key in ("id", "sha256", "split", "licence", "credit", "verified")}
    told |= {"label": plan.folders[member.label], "labels": [plan.folders[label] for label in row["labels"]]}
    told |= {"negatives": plan.denied_of(member)} if plan.negatives else {}
    told |= {"country": place.get("country") or "", "region": place.get("region") or ""}
    return told | {"fold": row.get("fold") or 0, "width": file.width, "height": file.height}
