"""The predict worker: it answers as the delivered program does, loads only what it checked, and keeps no picture."""

import os
import subprocess
import sys
import time

import pytest

from hub import embedded, storage, trying
from hub import trained as domain
from hub.models import ModelFile
from hub.problems import Refused
from tests import images, tflites, trained
from tests.hub.test_trying import GREEN, RED, kept
from tests.parts import committed, empty_storage
from workers import predict
from workers.backbones import predictor
from workers.celery import app


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    empty_storage(settings, tmp_path)


@pytest.fixture
def at_once(db):
    with trained.answering_at_once():
        yield


def code(model, *pictures: bytes) -> str:
    """Why nothing was answered at all."""
    with pytest.raises(Refused) as caught:
        predict.ask(model, pictures or [images.plain(RED)])
    return caught.value.code


def directly(model, data: bytes, tmp_path) -> list[dict]:
    """What the delivered program says, run on the delivered file."""
    path = tmp_path / trying.FILE
    path.write_bytes(storage.get("artifacts", domain.key(model.files.get(name=trying.FILE).sha256)))
    found = predictor.load(path, model.labels).predict(data)
    return [{"label": label, "probability": share} for label, share in found]


@committed
@trained.celerys_own
def test_through_redis_and_a_worker_comes_what_the_delivered_program_says(tmp_path):
    model = trained.model()
    pictures = [images.photo(seed=4), images.oriented(6), images.cmyk(), images.plain(GREEN)]
    with trained.worker():
        said = predict.ask(model, pictures)["pictures"]
    assert [one["answers"] for one in said] == [directly(model, data, tmp_path) for data in pictures]
    assert kept() == []


@committed
@trained.celerys_own
def test_a_worker_that_fails_is_no_worker_and_keeps_nothing(monkeypatch):
    model = trained.model()
    monkeypatch.setattr(predict, "_model", lambda _: 1 / 0)
    with trained.worker():
        assert code(model) == "no_predict_worker"
    assert kept() == []


def test_without_a_worker_nobody_waits_longer_than_said(db, monkeypatch):
    monkeypatch.setattr(predict, "WAIT", 0.5)
    model = trained.model()
    begun = time.monotonic()
    assert code(model) == "no_predict_worker"
    assert time.monotonic() - begun < 5
    assert kept() == []


def test_with_redis_away_it_is_said_at_once(tmp_path):
    program = (
        "import time, django; django.setup()\n"
        "from hub.models import TrainedModel\nfrom hub.problems import Refused\nfrom workers import predict\n"
        "begun = time.monotonic()\n"
        "try: predict.ask(TrainedModel(pk=1), [b'a picture'])\n"
        "except Refused as refused: print(refused.code, refused.status, time.monotonic() - begun < 8)\n"
    )
    surroundings = os.environ | {
        "DJANGO_SETTINGS_MODULE": "hub.settings", "HUB_HOME": str(tmp_path), "REDIS_URL": "redis://127.0.0.1:1/0",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=surroundings, cwd=embedded.REPO, timeout=60
    )
    assert done.stdout.split()[-3:] == ["away", "503", "True"], done.stderr
    assert not [path for path in (tmp_path / "files" / "incoming").rglob("*") if path.is_file()]


def test_a_model_without_its_file_or_its_bytes_answers_nothing(at_once):
    model = trained.model()
    file = model.files.get(name=trying.FILE)
    storage.delete("artifacts", domain.key(file.sha256))
    assert code(model) == "model_file_gone"
    file.delete()
    assert code(model) == "model_file_gone"


def test_a_file_taken_back_is_asked_no_more_though_it_is_warm(at_once):
    model = trained.model()
    predict.ask(model, [images.plain(RED)])
    model.files.filter(name=trying.FILE).delete()
    assert code(model) == "model_file_gone"


@pytest.mark.parametrize("damage", [b"no model", tflites.by_colour(2)[:400], tflites.by_colour(3)], ids=len)
def test_a_file_that_is_no_model_of_these_labels_is_refused(at_once, damage):
    """Its digest is right; what lies there was damaged before it was written down, or is another model's."""
    model = trained.model()
    model.files.filter(name=trying.FILE).delete()
    trained.stored(model, trying.FILE, damage)
    assert code(model) == "model_file_gone"


def test_the_last_two_models_stay_loaded(at_once, monkeypatch):
    models = [trained.model(labels=[f"{n} a", f"{n} b"]) for n in range(3)]
    loaded = []
    load = predict._load
    monkeypatch.setattr(predict, "_load", lambda file, labels: loaded.append(labels[0]) or load(file, labels))
    for n in (0, 1, 0, 2, 0, 1):
        [said] = predict.ask(models[n], [images.plain(RED)])["pictures"]
        assert said["answers"][0]["label"] == f"{n} a"
    assert loaded == ["0 a", "1 a", "2 a", "1 a"]
    assert len(predict._loaded) == 2


def test_a_picture_that_vanished_or_is_too_large_spoils_no_other(at_once, settings):
    model = trained.model()
    settings.MAX_FILE_BYTES = 20_000
    names = trying.put([images.plain(RED), images.photo(seed=1), images.plain(RED)])
    trying.forget(names[:1])
    said = predict.predict(model.pk, names)["pictures"]
    assert [one.get("code") for one in said] == ["never_arrived", "too_large", None]
    assert kept() == []


def test_a_picture_that_takes_too_much_memory_says_so(at_once, monkeypatch):
    def too_much(*_):
        raise MemoryError

    monkeypatch.setattr(predictor, "_upright", too_much)
    [said] = predict.ask(trained.model(), [images.photo(seed=1)])["pictures"]
    assert said["code"] == "too_complex"


def test_the_worker_that_answers_is_the_only_one_whose_answers_are_kept():
    tasks = {name: task for name, task in app.tasks.items() if name.startswith("workers.")}
    assert [name for name, task in tasks.items() if not task.ignore_result] == ["workers.predict.predict"]


def test_files_of_models_are_told_by_rows(at_once):
    model = trained.model()
    ModelFile.objects.filter(model=model, name=trying.FILE).update(sha256="0" * 64)
    assert code(model) == "model_file_gone"
