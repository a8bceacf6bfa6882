"""The tiny network stands among the backbones in every test of this folder."""

import os
from pathlib import Path

import pytest

from workers.backbones import spec, worth

from . import tiny

HERE = Path(__file__).parent
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session", autouse=True)
def tiny_backbone():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(spec.BACKBONES, "tiny", tiny.BACKBONE)
        yield


@pytest.fixture(scope="module")
def small_scratch():
    """A yardstick of 32 pixels and one epoch, where only its being there matters."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(spec.BACKBONES, "scratch", tiny.SCRATCH)
        patch.setattr(worth, "EPOCHS", 1)
        yield


@pytest.fixture
def no_yardstick(monkeypatch):
    """Trainings without the small network beside them, which doubles their time."""
    monkeypatch.setattr(worth, "yardstick", lambda run: None)


def pytest_collection_modifyitems(items):
    """Keras 3.15 copies TensorFlow's variables in a way NumPy 2 warns of."""
    warned = "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.filterwarnings(warned))
