"""Several processes, or several devices, train one model as one would."""

import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest

from workers.backbones import distributed
from workers.backbones.engine import Single

from . import tiny

CURVE = ("phase", "loss", "accuracy", "val_loss", "val_accuracy")


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    found = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return found


def trained_by(folder, workers):
    """What each of as many processes as there are workers wrote about its training, and what it printed."""
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-m", "tests.workers.backbones.rank"]
    running = []
    for rank in range(len(workers)):
        (folder / str(rank)).mkdir()
        line = [*command, str(folder / str(rank)), str(rank), *workers]
        running.append(subprocess.Popen(line, env=environment, stderr=subprocess.PIPE, text=True))
    errors = [process.communicate(timeout=300)[1] for process in running]
    assert [process.returncode for process in running] == [0] * len(workers), "\n".join(errors)[-5000:]
    return [json.loads((folder / str(rank) / "answer.json").read_text()) for rank in range(len(workers))]


def curve(history):
    return [[epoch[name] for name in CURVE[1:]] for epoch in history]


@pytest.fixture
def alone(tmp_path, no_yardstick):
    """What one process makes of it, without dropout, whose draws depend on who draws."""
    return tiny.trained(tmp_path, dropout=0.0)


def as_alone(answer, alone):
    assert [epoch["phase"] for epoch in answer["history"]] == [epoch.phase for epoch in alone.history]
    wanted = [[getattr(epoch, name) for name in CURVE[1:]] for epoch in alone.history]
    np.testing.assert_allclose(curve(answer["history"]), wanted, atol=1e-5)
    np.testing.assert_allclose(answer["test"], alone.test, atol=1e-5)


def test_two_processes_learn_as_one_and_only_the_first_tells_and_both_stop_together(tmp_path, alone):
    chief, other = trained_by(tmp_path, [f"127.0.0.1:{port}" for port in free_ports(2)])
    as_alone(chief, alone)
    as_alone(other, alone)
    assert chief["told"].count("epoch") == 5
    assert other["told"] == []
    assert (chief["stopped"], other["stopped"]) == (True, True)


@pytest.mark.slow
def test_two_devices_learn_as_one(tmp_path, alone):
    as_alone(trained_by(tmp_path, ["local"])[0], alone)


def test_a_rank_outside_the_list_is_an_error():
    with pytest.raises(ValueError, match="worker 2"):
        distributed.engine(["a:1", "b:1"], 2)


def test_one_worker_without_gpus_is_this_process_alone():
    assert isinstance(distributed.engine(["a:1"], 0), Single)
