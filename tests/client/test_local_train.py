"""`dih train`: a folder of label folders becomes a checked model, with no hub, and can be broken off."""

import csv
import hashlib
import json
import shutil

import pytest
from dih import __main__ as command
from dih import album, going, likeness, train
from dih.backbones import export, spec, worth
from dih.failures import Failure
from dih.said import Said
from PIL import Image

from tests import images
from tests.workers.backbones import tiny
from workers.backbones import spec as ours

# Keras 3.15 copies TensorFlow's variables in a way NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@pytest.fixture
def folder(tmp_path):
    """Two labels of twelve pictures; a copy, a cut one, a note, and one file under both labels."""
    for n, label in enumerate(("disc", "box")):
        put(tmp_path / "data" / label, {f"{k:02}.jpg": tiny.drawn(n, k, (200, 150)) for k in range(12)})
    put(tmp_path / "data" / "disc", {"copy.jpg": tiny.drawn(0, 1, (200, 150)), "notes.txt": b"mine"})
    put(tmp_path / "data" / "box", {"cut.jpg": images.truncated(images.photo(), 999)})
    for label in ("disc", "box"):
        put(tmp_path / "data" / label, {"both.jpg": images.photo(9, (200, 150))})
    return tmp_path / "data"


def put(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def opened(folder, tmp_path, seed=7) -> album.Album:
    return album.opened(folder, album.listed(folder), tmp_path / "small", 32, seed, Said(as_json=True))


def test_each_picture_is_learnt_from_once_and_the_rest_is_told(folder, tmp_path):
    found = opened(folder, tmp_path)
    assert found.labels == ["box", "disc"]
    assert len(found.examples) == 24
    why = {path.name: words for path, words in found.skipped}
    assert why["copy.jpg"].startswith("the same file as")
    assert why["both.jpg"] == "the same file stands under two labels"
    assert "damaged" in why["cut.jpg"]
    assert len(found.skipped) == 4


def test_tables_that_are_not_the_hubs_say_nothing(folder, tmp_path):
    (folder / "labels.csv").write_bytes(b"\xff\xfe\0mine")
    (folder / "ATTRIBUTION.csv").write_text("picture\nx.jpg\n")
    assert opened(folder, tmp_path).labels == ["box", "disc"]
    assert set(album.credits(folder).files.values()) <= {("", "")}


def test_from_scratch_there_is_one_phase(tmp_path):
    asked = command.parser().parse_args(["train", "data", "--out", "model", "--backbone", "scratch", "--epochs", "3"])
    assert (train._recipe(asked).head_epochs, train._recipe(asked).tune_epochs) == (3, 0)


def test_small_pictures_are_upright_and_near_the_networks_size(tmp_path):
    for n in range(2):
        put(tmp_path / "data" / str(n), {f"{k}.jpg": images.photo(n * 9 + k, (900, 600)) for k in range(4)})
    put(tmp_path / "data" / "1", {"turned.jpg": images.oriented(6, 30, (600, 900))})
    found = opened(tmp_path / "data", tmp_path)
    sides = set()
    for one in found.examples:
        with Image.open(found.small / f"{one.id}.jpg") as small:
            sides.add(small.size)
    assert sides == {(96, 64), (64, 96)}


def test_every_label_has_its_share_of_each_part_and_the_seed_decides(folder, tmp_path):
    found = opened(folder, tmp_path)
    for label in (0, 1):
        parts = [one.split for one in found.examples if one.label == label]
        assert (parts.count("test"), parts.count("validation")) == (1, 1)
    assert opened(folder, tmp_path).examples == found.examples
    assert opened(folder, tmp_path, seed=8).examples != found.examples


def test_pictures_that_resemble_each_other_are_never_torn_apart(tmp_path):
    for n in range(2):
        pictures = {f"{k}.jpg": images.photo(n * 20 + k, (400, 300)) for k in range(10)}
        pictures |= {f"{k}-again.jpg": images.reencoded(n * 20 + k, (400, 300), 40) for k in range(10)}
        pictures |= {f"{k}-mirror.jpg": images.mirrored(n * 20 + k, (400, 300)) for k in range(10)}
        put(tmp_path / "data" / str(n), pictures)
    found = opened(tmp_path / "data", tmp_path)
    assert len({one.group for one in found.examples}) == 20
    assert album.torn(found.examples) == 0


def test_blank_pictures_are_not_taken_for_one_another():
    blank = [likeness.structure(Image.new("RGB", (64, 64), colour)) for colour in ("white", "black")]
    assert likeness.groups(blank) == [0, 1]


def test_a_split_that_the_folder_brings_is_kept_and_its_leaks_are_told(tmp_path):
    for k, split in enumerate(("train", "validation", "test")):
        for n, label in enumerate(("b-duck", "a-goose")):
            put(tmp_path / "data" / split / label, {"x.jpg": images.photo(n * 5 + k, (300, 200))})
    put(tmp_path / "data" / "test" / "a-goose", {"leak.jpg": images.reencoded(5, (300, 200), 50)})
    (tmp_path / "data" / "labels.csv").write_text("index,folder,name\n0,b-duck,Duck\n1,a-goose,Goose\n")
    (tmp_path / "data" / "manifest.jsonl").write_bytes(b"{}\n")
    (tmp_path / "data" / "ATTRIBUTION.csv").write_text("file,licence,credit\ntrain/b-duck/x.jpg,CC0-1.0,ada\n")
    found = opened(tmp_path / "data", tmp_path)
    assert found.labels == ["Duck", "Goose"]
    assert found.split.startswith(album.GIVEN)
    assert (len(found.examples), found.torn) == (7, 1)
    credits = album.credits(tmp_path / "data")
    assert credits.version == hashlib.sha256(b"{}\n").hexdigest()
    assert credits.files == {"train/b-duck/x.jpg": ("CC0-1.0", "ada")}


def test_too_few_pictures_of_a_label_are_refused_by_name(tmp_path):
    put(tmp_path / "data" / "many", {f"{k}.jpg": images.photo(k, (200, 150)) for k in range(5)})
    put(tmp_path / "data" / "few", {f"{k}.jpg": images.photo(k + 10, (200, 150)) for k in range(2)})
    with pytest.raises(Failure, match="Label few has 2") as failed:
        opened(tmp_path / "data", tmp_path)
    assert failed.value.code == "too_few"


@pytest.fixture
def ask(monkeypatch, capsys, tmp_path):
    """Run `dih train` with the tiny network; its exit code and what it told."""
    for known in (spec.BACKBONES, ours.BACKBONES):
        monkeypatch.setitem(known, "tiny", tiny.BACKBONE)
    monkeypatch.setitem(spec.BACKBONES, "scratch", tiny.SCRATCH)
    monkeypatch.setattr(worth, "EPOCHS", 1)
    monkeypatch.setattr(command, "BACKBONES", (*command.BACKBONES, "tiny"))
    monkeypatch.setattr(export, "MODELS", (export.FLOAT16, export.INT8))  # the others: test_export.py
    weights = tiny.weights(tmp_path)
    mine = ("--backbone", "tiny", "--epochs", 2, "--weights", tmp_path, "--weights-sha256", weights.sha256)

    def run(*arguments):
        try:
            exit = command.main(["train", *map(str, (*mine, *arguments)), "--json"])
        except SystemExit as left:
            exit = left.code
        said = capsys.readouterr()
        return exit, json.loads(said.out) if said.out else None

    return run


@pytest.fixture
def ahead(monkeypatch):
    """A training broken off by Ctrl-C as its second epoch is told."""
    real = going.Going.epoch

    def breaking(listener, epoch, state):
        real(listener, epoch, state)
        if epoch.number == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(going.Going, "epoch", breaking)
    return lambda: monkeypatch.setattr(going.Going, "epoch", real)


def test_a_training_broken_off_is_gone_on_with_to_a_whole_model(ask, ahead, folder, tmp_path):
    out = tmp_path / "model"
    assert ask(folder, "--out", out)[0] == 130
    assert {path.name for path in out.iterdir()} == {train.KEPT}
    begun = [one["loss"] for one in json.loads((out / train.KEPT / going.EPOCHS).read_text())]
    ahead()
    exit, told = ask(folder, "--out", out)
    assert exit == 0
    made = {path.name for path in out.iterdir()}
    assert {*export.MAKERS, export.METRICS, export.CARD, "files.csv", "curves.svg"} <= made
    assert train.KEPT not in made
    assert json.loads((out / export.METRICS).read_text()) == told["metrics"]
    assert "Not the published weights" in (out / export.CARD).read_text()
    files = list(csv.DictReader((out / "files.csv").read_text("utf-8").splitlines()))
    assert sum(bool(one["skipped"]) for one in files) == told["skipped"] == 4
    epochs = list(csv.DictReader((out / "history.csv").read_text("utf-8").splitlines()))
    assert [int(one["number"]) for one in epochs] == list(range(1, len(epochs) + 1))
    assert [float(one["loss"]) for one in epochs[:2]] == begun


def test_other_settings_begin_anew(tmp_path):
    for settings in ({"seed": 7}, {"seed": 8}):
        assert not going.begin(tmp_path, settings)
        (tmp_path / going.EPOCHS).write_text("[]")
    assert going.begin(tmp_path, {"seed": 8})


def test_two_trainings_do_not_share_a_folder(ask, folder, tmp_path):
    with going.claimed(tmp_path / "model" / train.KEPT):
        assert ask(folder, "--out", tmp_path / "model")[1]["code"] == "in_use"


def test_what_cannot_be_done_is_said_before_anything_is_written(ask, folder, tmp_path):
    assert ask(folder, "--out", folder / "model")[1]["code"] == "out_inside"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine")
    assert ask(folder, "--out", tmp_path / "mine")[1]["code"] == "out_exists"
    (tmp_path / "empty").mkdir()
    assert ask(tmp_path / "empty", "--out", tmp_path / "model")[1]["code"] == "no_labels"
    assert ask(folder, "--out", tmp_path / "model", "--epochs", "0")[0] == 2
    (tmp_path / tiny.FILE).write_bytes(b"cut")
    damaged = ask(folder, "--out", tmp_path / "model")[1]
    assert (damaged["code"], damaged["detail"]) == ("weights_damaged", train.SCRATCH)
    (tmp_path / tiny.FILE).unlink()
    assert ask(folder, "--out", tmp_path / "model")[1]["code"] == "weights_missing"
    assert not (tmp_path / "model").exists()


def test_one_label_alone_is_refused(ask, folder, tmp_path):
    shutil.rmtree(folder / "box")
    exit, told = ask(folder, "--out", tmp_path / "model")
    assert (exit, told["code"]) == (2, "one_class")
