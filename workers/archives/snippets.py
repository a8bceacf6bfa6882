"""A few lines of code for every format: how to load the unpacked folder."""

from .plan import Plan

FEW = 50  # class names that a snippet can list
NAMES = """import csv

names = [row["folder"] for row in csv.DictReader(open("labels.csv"))]
"""
DATASETS = """from datasets import ClassLabel, load_dataset

data = load_dataset("path/to/this/folder")
"""
CAST = """# The label is text; where a number is wanted:
data = data.cast_column("label", ClassLabel(names=names))
"""
KERAS = """import keras

train = keras.utils.image_dataset_from_directory("train", class_names=names)
"""
TORCH = """from torchvision.datasets import ImageFolder

train = ImageFolder("train")
"""
COCO = """from pycocotools.coco import COCO

train = COCO("annotations/train.json")
"""
SHARDS = """from glob import glob

import webdataset

train = webdataset.WebDataset(sorted(glob("train-*.tar")), shardshuffle=False)
train = train.decode("pil").to_tuple("jpg;png;webp", "cls")
"""
PLAIN = """from datasets import load_dataset

data = load_dataset("path/to/this/folder")  # an Image and a ClassLabel
"""


def text(plan: Plan) -> str:
    """Code blocks for the plan's format."""
    classes = f"names = {list(plan.folders.values())}\n" if len(plan.folders) <= FEW else NAMES
    blocks = {
        "imagefolder": [classes + DATASETS + CAST, classes + KERAS, TORCH],
        "coco": [COCO, classes + DATASETS + CAST],
        "webdataset": [SHARDS, PLAIN],
        "parquet": [PLAIN],
    }
    return "\n".join(f"```python\n{block}```\n" for block in blocks[plan.format]).strip()
