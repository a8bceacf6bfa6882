"""What an archive holds, whatever the labels and the people behind it are called."""

import csv
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.workers.archives import making
from workers.archives import FORMATS, Damaged, File, folders, names, parquet, tars
from workers.archives.spool import safe
from workers.archives.types import quoted

HOSTILE = ("../x", "CON", "🦆", "=cmd()", "a" * 300, "Valve", "VALVE", "nan", "1e5", "/etc/passwd", "a\nb")
PAPERS = {
    *("README.md", "croissant.json", "ATTRIBUTION.csv", "CITATION.cff", "labels.csv", "manifest.jsonl"),
    *("split_report.json", "quality_report.json", "SHA256SUMS"),
    *(f"LICENSES/{spdx}.txt" for spdx in making.LICENCES),
}


def read(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name).decode()


def listed(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def rows(path: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(read(path, name), newline="")))


@pytest.mark.parametrize("format", FORMATS)
def test_every_archive_carries_its_papers(tmp_path, format):
    assert set(listed(making.version(tmp_path).zip(format))) >= PAPERS


@pytest.mark.parametrize("format", FORMATS)
def test_the_sums_cover_every_other_entry_and_are_right(tmp_path, format):
    path = making.version(tmp_path, tombstones={1}).zip(format)
    sums = dict(reversed(line.split("  ")) for line in read(path, "SHA256SUMS").splitlines())
    with zipfile.ZipFile(path) as archive:
        found = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    del found["SHA256SUMS"]
    assert sums == found


def test_the_manifest_inside_hashes_to_the_version(tmp_path):
    version = making.version(tmp_path, names=("Ente", "Fäßchen"))
    assert hashlib.sha256(read(version.zip(), "manifest.jsonl").encode()).hexdigest() == version.digest


def test_a_manifest_of_another_version_is_refused(tmp_path):
    version = making.version(tmp_path)
    version.digest = "0" * 64
    with pytest.raises(ValueError, match="not 0000"):
        version.layout()


@pytest.mark.parametrize(("format", "side"), [("rar", 224), ("coco", 225)])
def test_a_format_or_a_side_that_does_not_exist_is_refused(tmp_path, format, side):
    with pytest.raises(ValueError, match="no archive"):
        making.version(tmp_path).layout(format, side)


@pytest.mark.parametrize("format", FORMATS)
def test_hostile_labels_lead_to_harmless_names(tmp_path, format):
    for name in listed(making.version(tmp_path, 60, names=HOSTILE).zip(format)):
        path = PurePosixPath(name)
        assert re.fullmatch(r"[A-Za-z0-9._/-]{1,200}", name)
        assert not path.is_absolute()
        assert not any(part.startswith((".", "-", "=")) or part.endswith((".", " ")) for part in path.parts)
        assert not any(part.split(".")[0].lower() in names.DEVICES for part in path.parts)


@example(["0E", "0E"])
@given(st.lists(st.text(max_size=30) | st.sampled_from(HOSTILE), min_size=1, max_size=12))
def test_folders_are_distinct_whatever_the_slugs(slugs):
    made = names.folders([{"id": number, "slug": slug} for number, slug in enumerate(slugs)])
    assert len({folder.lower() for folder in made.values()}) == len(slugs)
    for folder in made.values():
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]*[a-z0-9]|[a-z]", folder)
        assert not names.reads_as_a_value(folder)


def test_the_title_names_two_labels_and_counts_the_others():
    labelled = [{"name": name} for name in ("Valve", "Duck", "Goose", "Teddy bear", "Dog")]
    assert names.title(labelled) == "Valve, Duck and 3 more, from Deep Images Hub"
    assert names.title(labelled[:3]) == "Valve, Duck and Goose, from Deep Images Hub"
    assert names.title(labelled[:2]) == "Valve and Duck, from Deep Images Hub"
    assert names.title(labelled[:1]) == "Valve, from Deep Images Hub"


@given(st.text())
def test_any_text_stands_in_a_head_of_yaml(text):
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed: uv sync --group proof")
    assert yaml.safe_load(f"name: {quoted(text)}\n") == {"name": text}


@given(st.text())
def test_no_cell_is_a_formula(text):
    assert not safe(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert safe(text).removeprefix("'") == text.removeprefix("'")


def test_no_table_runs_in_a_spreadsheet(tmp_path):
    path = making.version(tmp_path, names=HOSTILE, tombstones={1}, rows=lambda _: {"credit": "=cmd()"}).zip()
    for name in listed(path):
        if name.endswith(".csv"):
            for row in rows(path, name):
                assert not any(cell.startswith(("=", "+", "@", "\t", "\r")) for cell in row.values())
    assert rows(path, "ATTRIBUTION.csv")[0]["credit"] == "'=cmd()"


def test_southern_and_western_places_stay_numbers(tmp_path):
    path = making.version(tmp_path, rows=lambda _: {"place": {"country": "BR", "cell": [-22.9, -43]}}).zip()
    assert rows(path, "train/metadata.csv")[0]["latitude"] == "-22.9"
    assert rows(path, "train/metadata.csv")[0]["longitude"] == "-43.0"


def test_withdrawn_images_are_listed_and_not_packed(tmp_path):
    version = making.version(tmp_path, tombstones={2, 7})
    path = version.zip()
    gone = [version.rows[number][0] for number in (2, 7)]
    assert [row["image_id"] for row in rows(path, "tombstones.csv")] == ["3", "8"]
    assert not any(row["sha256"][:20] in name for row in gone for name in listed(path))
    assert len(rows(path, "ATTRIBUTION.csv")) == 18
    assert "2 pictures" in read(path, "README.md")


def test_a_version_that_was_withdrawn_whole_is_refused(tmp_path):
    with pytest.raises(ValueError, match="withdrawn"):
        making.version(tmp_path, 3, tombstones={0, 1, 2}).layout()


def test_a_version_without_tombstones_has_no_list_of_them(tmp_path):
    assert "tombstones.csv" not in listed(making.version(tmp_path).zip())


def test_a_split_without_pictures_has_no_folder(tmp_path):
    path = making.version(tmp_path, rows=lambda _: {"split": "train"}).zip()
    assert not any(name.startswith(("test/", "validation/")) for name in listed(path))
    assert "split: test" not in read(path, "README.md")


def test_a_picture_of_two_labels_lies_with_the_first_and_is_told_with_both(tmp_path):
    version = making.version(tmp_path, 5, rows=lambda _: {"labels": [12, 13], "split": "train"})
    path = version.zip()
    assert {row["file_name"].split("/")[0] for row in rows(path, "train/metadata.csv")} == {"valve"}
    assert {row["labels"] for row in rows(path, "train/metadata.csv")} == {"valve;duck"}
    boxes = json.loads(read(version.zip("coco"), "annotations/train.json"))
    assert len(boxes["images"]) == 5
    assert [box["category_id"] for box in boxes["annotations"]] == [12, 13] * 5


def test_folds_are_told_where_there_are_some(tmp_path):
    split = {"train": 1, "validation": 0, "test": 0, "seed": 0, "folds": 5, "together": ""}
    path = making.version(tmp_path, split=split, rows=lambda number: {"fold": number % 5 + 1}).zip()
    assert {row["fold"] for row in rows(path, "train/metadata.csv")} == set("12345")


@pytest.mark.parametrize(("format", "folder"), [("imagefolder", "train/valve"), ("coco", "train")])
def test_a_crowded_folder_is_cut_into_shards(tmp_path, monkeypatch, format, folder):
    monkeypatch.setattr(folders, "CROWDED", 2)
    path = making.version(tmp_path, 5, names=("Valve",), rows=lambda _: {"split": "train"}).zip(format)
    places = [str(PurePosixPath(name).parent) for name in listed(path) if name.endswith(".jpg")]
    assert places == [f"{folder}/0000"] * 2 + [f"{folder}/0001"] * 2 + [f"{folder}/0002"]
    told = {f"train/{row['file_name']}" for row in rows(path, "train/metadata.csv")}
    assert told == {name for name in listed(path) if name.endswith(".jpg")}


def test_tars_are_cut_by_samples_and_by_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(tars, "SAMPLES", 2)
    version = making.version(tmp_path, 5, rows=lambda _: {"split": "train"})
    assert [name for name in listed(version.zip("webdataset")) if name.endswith(".tar")] == [
        f"train-{number:06}.tar" for number in range(3)
    ]
    monkeypatch.setattr(tars, "BYTES", 1)
    assert len([name for name in listed(version.zip("webdataset")) if name.endswith(".tar")]) == 5


def test_a_tar_holds_every_sample_together(tmp_path):
    path = making.version(tmp_path, 6, rows=lambda _: {"split": "train"}).zip("webdataset")
    with zipfile.ZipFile(path) as archive, tarfile.open(fileobj=archive.open("train-000000.tar")) as tar:
        found = tar.getnames()
    keys = sorted({name.split(".")[0] for name in found})
    assert found == [f"{key}.{ending}" for key in keys for ending in ("cls", "jpg", "json")]


def test_tables_of_pictures_are_cut_by_bytes(tmp_path, monkeypatch):
    version = making.version(tmp_path, 6, rows=lambda _: {"split": "train"})
    monkeypatch.setattr(parquet, "SHARD", sum(file.size for _, file in version.rows) // 2)
    tables = [name for name in listed(version.zip("parquet")) if name.endswith(".parquet")]
    assert tables == [f"data/train-{number:05}-of-00003.parquet" for number in range(3)]


@pytest.mark.parametrize("format", ["webdataset", "parquet"])
def test_a_picture_that_must_be_read_is_checked_against_its_row(tmp_path, format):
    version = making.version(tmp_path)
    file = version.rows[0][1]
    stored = making.Folder(tmp_path / "store").path(file.sha256, "jpg")
    stored.write_bytes(bytes(file.size))
    with pytest.raises(Damaged, match=file.sha256):
        version.layout(format)


def test_originals_keep_their_kind(tmp_path):
    version = making.version(tmp_path, 5)
    row, file = version.rows[0]
    version.rows[0] = (row, File(file.sha256, file.size, file.crc32, "png", 64, 48))
    path = version.zip(side=0)
    assert f"train/valve/{row['sha256'][:20]}.png" in listed(path)
    assert "image/webp" in read(path, "croissant.json")
    assert "originals" in read(path, "README.md")


@pytest.mark.parametrize("labels", [HOSTILE, ("Valve",), ('"quoted": |', "- a", "'")])
def test_the_citation_is_valid(tmp_path, labels):
    (tmp_path / "CITATION.cff").write_text(read(making.version(tmp_path, names=labels).zip(), "CITATION.cff"))
    check = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", "vendor.citation-file-format"]
    done = subprocess.run([*check, "--force-filetype", "yaml", str(tmp_path / "CITATION.cff")], capture_output=True)
    assert done.returncode == 0, done.stdout


def test_one_licence_is_named_and_several_are_not_a_choice(tmp_path):
    one = making.version(tmp_path, rows=lambda _: {"licence": "CC-BY-4.0"}).zip()
    assert "\nlicense: cc-by-4.0\n" in read(one, "README.md")
    assert "\nlicense: CC-BY-4.0\n" in read(one, "CITATION.cff")
    assert [name for name in listed(one) if name.startswith("LICENSES/")] == ["LICENSES/CC-BY-4.0.txt"]
    (tmp_path / "mixed").mkdir()
    mixed = making.version(tmp_path / "mixed").zip()
    assert "\nlicense: other\n" in read(mixed, "README.md")
    assert "\nlicense:" not in read(mixed, "CITATION.cff")


def test_a_label_cannot_write_markup_into_the_card(tmp_path):
    card = read(making.version(tmp_path, names=("<script>x</script>", "[a](http://b) | c")).zip(), "README.md")
    body = card.split("---\n", 2)[2]
    assert "<script>" not in re.sub(r"```.*?```", "", body, flags=re.S)
    assert "](http" not in body
    assert "\\| c" in body


def test_drawn_pictures_are_said_to_be_drawn(tmp_path):
    assert "drawn by a program" in read(making.version(tmp_path, rows=lambda _: {"drawn": True}).zip(), "README.md")
