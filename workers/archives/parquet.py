"""parquet: the pictures inside the tables, and in the schema the feature types that `datasets` looks for."""

import io
import json
from collections.abc import Iterator
from typing import Any

from .plan import Plan, content
from .spool import Spool
from .types import File, Member

SHARD = 500_000_000  # bytes of pictures, as the Hugging Face hub cuts them
GROUP, ROWS = 8 << 20, 100  # bytes of pictures and rows in a row group: what is held in memory, several times over
TEXTS = ("sha256", "licence", "credit")
PLACE = ("country", "region")


class Sink(io.RawIOBase):
    """A spool, as Arrow wants its files."""

    def __init__(self, spool: Spool):
        self.spool = spool

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self.spool.write(data)


def parquet(plan: Plan) -> Iterator[tuple[Member, str]]:
    """data/train-00000-of-00001.parquet and so on. Yields every picture and where it lies."""
    for split in plan.splits:
        count = -(-plan.sizes[split] // SHARD)
        shard, passed = Shard(plan, split, 0, count), 0
        for member, file in plan.mixed(split):
            number = passed * count // plan.sizes[split]
            if number > shard.number:
                shard.close()
                shard = Shard(plan, split, shard.number + 1, count)
            passed += file.size
            shard.add(member, file)
            yield member, f"{shard.spool.name}/{member.stem}.{file.extension}"
        shard.close()


class Shard:
    """One file in the making; closed, it goes to the plan's entries."""

    def __init__(self, plan: Plan, split: str, number: int, count: int):
        from pyarrow.parquet import ParquetWriter

        self.plan, self.number, self.schema = plan, number, schema(plan)
        self.spool = Spool(plan.work, f"data/{split}-{number:05}-of-{count:05}.parquet")
        # Pictures do not shrink, and every choice left to Arrow is one that its next version may change.
        fixed = {"compression": "none", "use_dictionary": False, "write_statistics": False, "version": "2.6"}
        self.writer = ParquetWriter(Sink(self.spool), self.schema, **fixed, data_page_version="1.0")
        self.rows: list[dict[str, Any]] = []
        self.held = 0

    def add(self, member: Member, file: File) -> None:
        """Append a row."""
        self.rows.append(row(self.plan, member, file))
        self.held += file.size
        if self.held >= GROUP or len(self.rows) >= ROWS:
            self._flush()

    def close(self) -> None:
        """Finish the file."""
        self._flush()
        self.writer.close()
        self.plan.entries.append(self.spool.entry())

    def _flush(self) -> None:
        import pyarrow

        if self.rows:
            self.writer.write_table(pyarrow.Table.from_pylist(self.rows, schema=self.schema), row_group_size=ROWS)
        self.rows, self.held = [], 0


def row(plan: Plan, member: Member, file: File) -> dict[str, Any]:
    """One picture and what is known of it."""
    told, place = member.row, member.row.get("place") or {}
    name, cell = f"{member.stem}.{file.extension}", place.get("cell") or (None, None)
    known: dict[str, Any] = {"image": {"bytes": content(plan.source, file), "path": name}, "image_id": told["id"]}
    known |= {"label": plan.places[member.label], "labels": [plan.places[label] for label in told["labels"]]}
    if plan.negatives:
        known["negatives"] = [plan.places[label] for label in told.get("negatives", ())]
    known |= {key: told[key] for key in (*TEXTS, "verified")} | {key: place.get(key) for key in PLACE}
    known |= {"fold": told.get("fold"), "width": file.width, "height": file.height}
    return known | {"latitude": cell[0], "longitude": cell[1]}


def schema(plan: Plan) -> Any:
    """The Arrow schema, with `datasets`' own features in its metadata."""
    import pyarrow as pa

    numbers = {"image_id": pa.int64(), "width": pa.int32(), "height": pa.int32()}
    columns = {"image": pa.struct({"bytes": pa.binary(), "path": pa.string()}), "label": pa.int64()}
    columns |= {"labels": pa.list_(pa.int64()), **numbers, "verified": pa.bool_()}
    columns |= dict.fromkeys((*TEXTS, *PLACE), pa.string())
    columns |= {"latitude": pa.float64(), "longitude": pa.float64()}
    columns |= {"fold": pa.int32()} if plan.folds else {}
    columns |= {"negatives": pa.list_(pa.int64())} if plan.negatives else {}
    features = json.dumps({"info": {"features": features_of(plan, columns)}}, sort_keys=True)
    return pa.schema(list(columns.items()), metadata={"huggingface": features})


def features_of(plan: Plan, columns: dict[str, Any]) -> dict[str, Any]:
    """The columns as `datasets` writes them down: https://huggingface.co/docs/datasets/about_dataset_features."""
    known = {"int64": "int64", "int32": "int32", "bool": "bool", "string": "string", "double": "float64"}
    label = {"names": list(plan.folders.values()), "_type": "ClassLabel"}
    typed: dict[str, Any] = {"image": {"_type": "Image"}, "label": label, "labels": [label]}
    typed |= {"negatives": [label]} if plan.negatives else {}
    rest = {name: str(kind) for name, kind in columns.items() if name not in typed}
    return typed | {name: {"dtype": known[kind], "_type": "Value"} for name, kind in rest.items()}
