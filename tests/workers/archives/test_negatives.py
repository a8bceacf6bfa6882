"""What pictures were judged not to show goes with them, in every format; and nothing else changes."""

import csv
import hashlib
import io
import json
import tarfile
from zipfile import ZipFile

import pytest
from pyarrow import parquet

from tests.workers.archives.making import Folder, Version, version
from workers.archives import FORMATS

# Archives that were packed before there were negatives: a version without any is still these bytes.
BEFORE = {
    "imagefolder": "dc7965b715b91603b83dc2f443cc6f7e550766c139f29a1d5b2129ea2ae01c49",
    "coco": "681b07e23a18730e11c4da7ad9f4ab0d8e5f79955f55618942723dd9dfc1ab14",
    "webdataset": "09cd8451b102893f9bda52b517159f191633eeb2a8186509780a1054f9fb4a37",
    "parquet": "c7c472f30e02d4a617a066cba57dbae3dd62df5c7987613e1d3079f5b67db1a3",
}


def of_text(root, **how) -> Version:
    """A version whose pictures are bytes that no encoder chooses."""
    made = version(root, **how)
    store = Folder(root / "store")
    made.rows = [(row, store.put(f"picture {row['id']}".encode())) for row, _ in made.rows]
    return made


@pytest.mark.parametrize("format", FORMATS)
def test_an_archive_without_negatives_is_the_same_bytes_as_ever(tmp_path, format):
    packed = of_text(tmp_path).zip(format)
    assert hashlib.sha256(packed.read_bytes()).hexdigest() == BEFORE[format]


def denied(number: int) -> dict:
    """Of valves (12) and ducks (13) taking turns, the first duck is no valve."""
    return {"negatives": [12]} if number == 1 else {}


def test_tables_name_what_a_picture_does_not_show(tmp_path):
    packed = ZipFile(of_text(tmp_path, rows=denied, negatives=[{"label": 12, "images": 1}]).zip("imagefolder"))
    rows = list(csv.DictReader(packed.read("train/metadata.csv").decode().splitlines()))
    assert {row["image_id"]: row["negatives"] for row in rows} == dict.fromkeys(
        (row["image_id"] for row in rows), "unknown"
    ) | {"2": "valve"}


def test_coco_names_it_as_lvis_does(tmp_path):
    packed = ZipFile(of_text(tmp_path, rows=denied, negatives=[{"label": 12, "images": 1}]).zip("coco"))
    told = json.loads(packed.read("annotations/train.json"))["images"]
    assert [one["id"] for one in told if one["neg_category_ids"] == [12]] == [2]
    assert sum(one["neg_category_ids"] == [] for one in told) == len(told) - 1


def test_samples_name_it(tmp_path):
    packed = ZipFile(of_text(tmp_path, rows=denied, negatives=[{"label": 12, "images": 1}]).zip("webdataset"))
    with tarfile.open(fileobj=io.BytesIO(packed.read("train-000000.tar"))) as shard:
        told = [json.load(shard.extractfile(name)) for name in shard.getnames() if name.endswith(".json")]
    assert {one["id"]: one["negatives"] for one in told} == {one["id"]: [] for one in told} | {2: ["valve"]}


def test_tables_of_pictures_name_it_by_the_number_of_the_class(tmp_path):
    packed = ZipFile(of_text(tmp_path, rows=denied, negatives=[{"label": 12, "images": 1}]).zip("parquet"))
    table = parquet.read_table(io.BytesIO(packed.read("data/train-00000-of-00001.parquet"))).to_pylist()
    assert {row["image_id"]: row["negatives"] for row in table} == {row["image_id"]: [] for row in table} | {2: [0]}


@pytest.mark.parametrize("format", FORMATS)
def test_the_card_counts_them_by_label_and_split(tmp_path, format):
    packed = ZipFile(of_text(tmp_path, rows=denied, negatives=[{"label": 12, "images": 1}]).zip(format))
    card = packed.read("README.md").decode()
    assert "## Verified negatives" in card
    assert "| Valve | valve | 1 | 0 | 0 |" in card
