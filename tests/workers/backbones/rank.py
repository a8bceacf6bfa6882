"""One of several processes that train together: `python -m tests.workers.backbones.rank FOLDER RANK HOST:PORT …`.

With one address, two replicas on this machine's processor stand in for its GPUs.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import tensorflow as tf

from tests.workers.backbones import tiny
from workers.backbones import distributed, spec, worth
from workers.backbones.types import Stopped


def engine_of(rank: int, workers: list[str]):
    if len(workers) > 1:
        return distributed.engine(workers, rank)
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    return distributed.Mirrored(tf.distribute.MirroredStrategy(["/cpu:0", "/cpu:1"]))


def stopped(folder: Path, rank: int, engine) -> bool:
    """Whether a training ends everywhere when the first process is told, in the middle of an epoch, to stop."""

    def stop(kind, value):
        if kind == "step" and listener.told[-2:-1] == [("step", value - 1)] == [("step", 1)]:
            raise Stopped

    listener = tiny.Listener(stop)
    try:
        tiny.trained(folder, listener=listener, engine=engine, dropout=0.0, method="transfer")
    except Stopped:
        return True
    return False


def main(folder: Path, rank: int, workers: list[str]) -> None:
    spec.BACKBONES["tiny"], worth.yardstick = tiny.BACKBONE, lambda run: None
    engine, listener = engine_of(rank, workers), tiny.Listener()
    outcome = tiny.trained(folder, listener=listener, engine=engine, dropout=0.0)
    answer = {
        "told": [kind for kind, _ in listener.told],
        "history": [asdict(epoch) for epoch in outcome.history],
        "test": outcome.test.tolist(),
        "stopped": stopped(folder, rank, engine),
    }
    (folder / "answer.json").write_text(json.dumps(answer))


main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
