"""The tiny network stands among the backbones in every test of this folder."""

import os

import pytest

from workers.backbones import spec

from . import tiny

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(autouse=True)
def tiny_backbone(monkeypatch):
    monkeypatch.setitem(spec.BACKBONES, "tiny", tiny.BACKBONE)
