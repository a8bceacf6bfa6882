"""Other people's readers open what we pack, unchanged. They come with dependency group `proof`."""

import csv
import gc
import json
import os
import subprocess
import sys
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from tests.workers.archives import making

# Warnings in here are other people's.
pytestmark = [pytest.mark.proof, pytest.mark.filterwarnings("ignore")]
NAMES = ("Valve", "../x", "null", "🦆", "2024")
FOLDERS = ["valve", "x", "label-null", "label-15", "label-2024"]
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
SPLITS = Counter(train=29, validation=10, test=10)  # 50 pictures, one of them withdrawn


@pytest.fixture(scope="module", autouse=True)
def offline(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (OFFLINE | {"HF_HOME": str(tmp_path_factory.mktemp("hf"))}).items():
            patch.setenv(name, value)
        yield


@pytest.fixture(autouse=True)
def _their_files_are_closed_here():
    """What their readers left open is found now, where warnings are ignored, not in the middle of a later test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """Format → the folder that its archive unpacks to."""
    root = tmp_path_factory.mktemp("proof")
    version = making.version(root, 50, tombstones={3}, names=NAMES, rows=odd, split=folded())
    made: dict[str, Path] = {}

    def unpack(format: str) -> Path:
        if format not in made:
            made[format] = root / format
            with zipfile.ZipFile(version.zip(format)) as archive:
                archive.extractall(made[format])
        return made[format]

    return unpack


def folded() -> dict:
    return {"train": 0.6, "validation": 0.2, "test": 0.2, "seed": 0, "folds": 5, "together": ""}


def odd(number: int) -> dict:
    """Credits, places and folds of which readers that guess could make numbers or nothing, differently per split."""
    if number < 30:
        return {"credit": ("123", "NA", "")[number % 3], "place": None, "fold": number % 5 + 1}
    return {"credit": ("=1+1", "ada")[number % 2], "place": {"country": "NA", "cell": [-22.6, 17]}}


def counted(loaded) -> Counter:
    return Counter({split: len(loaded[split]) for split in loaded})


@pytest.mark.parametrize("format", ["imagefolder", "coco"])
def test_datasets_reads_pictures_and_their_table(unpacked, format, tmp_path):
    datasets = pytest.importorskip("datasets", reason="datasets is not installed: uv sync --group proof")
    loaded = datasets.load_dataset(str(unpacked(format)), cache_dir=str(tmp_path))
    assert counted(loaded) == SPLITS
    typed = loaded.cast_column("label", datasets.ClassLabel(names=FOLDERS))
    for example in (*typed["train"], *typed["test"]):
        assert example["image"].size == (64, 48)
        assert example["labels"] == FOLDERS[example["label"]] == FOLDERS[(example["image_id"] - 1) % 5]


def test_datasets_reads_parquet_with_images_and_classes_unaided(unpacked, tmp_path):
    datasets = pytest.importorskip("datasets", reason="datasets is not installed: uv sync --group proof")
    loaded = datasets.load_dataset(str(unpacked("parquet")), cache_dir=str(tmp_path))
    assert counted(loaded) == SPLITS
    features = loaded["train"].features
    assert features["image"] == datasets.Image()
    assert features["label"] == datasets.ClassLabel(names=FOLDERS)
    for example in loaded["validation"]:
        assert example["image"].size == (64, 48)
        assert example["labels"] == [example["label"]] == [(example["image_id"] - 1) % 5]


def test_datasets_reads_webdataset_shards(unpacked, tmp_path):
    datasets = pytest.importorskip("datasets", reason="datasets is not installed: uv sync --group proof")
    loaded = datasets.load_dataset(str(unpacked("webdataset")), cache_dir=str(tmp_path))
    assert counted(loaded) == SPLITS
    assert all(example["json"]["label"] == FOLDERS[example["cls"]] for example in loaded["train"])


def test_webdataset_reads_its_shards(unpacked):
    webdataset = pytest.importorskip("webdataset", reason="webdataset is not installed: uv sync --group proof")
    shards = [str(path) for path in sorted(unpacked("webdataset").glob("train-*.tar"))]
    samples = list(webdataset.WebDataset(shards, shardshuffle=False).decode("pil"))
    assert len(samples) == SPLITS["train"]
    for sample in samples:
        assert sample["jpg"].size == (64, 48)
        assert sample["json"]["label"] == FOLDERS[sample["cls"]]
        assert sample["json"]["sha256"].startswith(sample["__key__"])


def test_keras_reads_a_split_as_it_is(unpacked):
    keras = pytest.importorskip("keras", reason="tensorflow is not installed: uv sync --group proof")
    read = keras.utils.image_dataset_from_directory(
        str(unpacked("imagefolder") / "train"), class_names=FOLDERS, image_size=(48, 64), verbose=False, shuffle=False
    )
    assert read.class_names == FOLDERS
    found = Counter(int(label) for _, labels in read for label in labels)
    assert found == {0: 6, 1: 6, 2: 6, 3: 5, 4: 6}


def test_torchvision_reads_a_split_as_it_is(unpacked):
    torchvision = pytest.importorskip("torchvision", reason="torchvision is not installed")
    read = torchvision.datasets.ImageFolder(str(unpacked("imagefolder") / "train"))
    assert read.classes == sorted(FOLDERS)
    assert len(read) == SPLITS["train"]


def test_a_coco_reader_finds_every_picture_its_box_and_its_category(unpacked):
    coco = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed: uv sync --group proof")
    for split, pictures in SPLITS.items():
        read = coco.COCO(str(unpacked("coco") / "annotations" / f"{split}.json"))
        assert len(read.getImgIds()) == pictures
        for image in read.loadImgs(read.getImgIds()):
            assert (unpacked("coco") / split / image["file_name"]).is_file()
            (box,) = read.loadAnns(read.getAnnIds(imgIds=image["id"]))
            assert box["bbox"] == [0, 0, 64, 48]
            assert read.loadCats(box["category_id"])[0]["name"] == FOLDERS[(image["id"] - 1) % 5]


@pytest.mark.parametrize("format", ["imagefolder", "coco", "webdataset", "parquet"])
def test_mlcroissant_validates_and_iterates_the_records(unpacked, format):
    croissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed: uv sync --group proof")
    described = croissant.Dataset(str(unpacked(format) / "croissant.json"))
    assert not described.metadata.ctx.issues.errors
    records = list(described.records("images"))
    assert Counter(record["images/split"].decode() for record in records) == SPLITS
    if format != "webdataset":
        assert all(record["images/image"].size == (64, 48) for record in records)
    if format in ("imagefolder", "coco"):
        told = list(described.records("metadata"))
        assert {row["metadata/sha256"] for row in told} == {row.encode() for row in digests(unpacked(format))}


def test_mlcroissants_own_command_accepts_it(unpacked):
    pytest.importorskip("mlcroissant", reason="mlcroissant is not installed: uv sync --group proof")
    command = Path(sys.executable).with_name("mlcroissant")
    program = [str(command), "validate", "--jsonld", str(unpacked("imagefolder") / "croissant.json")]
    done = subprocess.run(program, capture_output=True, text=True, env=os.environ | OFFLINE)
    assert done.returncode == 0, done.stderr
    assert "Done" in done.stderr + done.stdout


def digests(folder: Path) -> set[str]:
    """Of the pictures that were not withdrawn, by the manifest and the tombstones."""
    lines = (folder / "manifest.jsonl").read_text().splitlines()[1:]
    with (folder / "tombstones.csv").open(newline="") as table:
        gone = {row["sha256"] for row in csv.DictReader(table)}
    return {json.loads(line)["sha256"] for line in lines} - gone
