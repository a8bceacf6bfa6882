"""One training on all GPUs of a machine, or on several machines, by TensorFlow's own strategies.

Keras' `fit` and `train_on_batch` do not run under MultiWorkerMirroredStrategy (Keras 3.15), so the step is written
out. Every process calls `recipe.train` with the same arguments, and takes its share of every batch; a process that
dies ends the others too, by an error of TensorFlow's, and the training goes on from its last epoch when started again.
"""

import json
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np

from .engine import Engine, Single
from .types import Stopped

if TYPE_CHECKING:
    import keras


def engine(workers: Sequence[str] = (), rank: int = 0) -> Engine:
    """What to train on: `workers` (host:port of each, the same list everywhere) of which this is number `rank`; else
    all GPUs of this machine; else whatever one device there is.

    Call it before anything else of TensorFlow. Raises ValueError for a rank outside the list, or where Keras does not
    run on TensorFlow.
    """
    import keras

    if workers and not 0 <= rank < len(workers):
        raise ValueError(f"no worker {rank} among {len(workers)}")
    if keras.backend.backend() != "tensorflow":
        if len(workers) > 1:
            raise ValueError("several workers need Keras on TensorFlow")
        return Single()
    import tensorflow as tf

    if len(workers) > 1:
        task = {"type": "worker", "index": rank}
        os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": list(workers)}, "task": task})
        return Mirrored(tf.distribute.MultiWorkerMirroredStrategy(), rank, len(workers))
    if len(tf.config.list_physical_devices("GPU")) > 1:
        return Mirrored(tf.distribute.MirroredStrategy())
    return Single()


class Mirrored:
    """An `engine.Engine` under a strategy: every replica holds the whole network, gradients are summed."""

    def __init__(self, strategy: Any, rank: int = 0, size: int = 1) -> None:
        self.strategy, self.rank, self.size = strategy, rank, size
        self._stopping = False
        self._local = strategy.num_replicas_in_sync // size
        self._functions: dict[tuple[str, int], tuple[Any, Callable]] = {}

    def scope(self) -> AbstractContextManager[Any]:
        return self.strategy.scope()

    def step(
        self, model: "keras.Model", x: np.ndarray, y: np.ndarray, weights: np.ndarray, n: int
    ) -> tuple[float, float]:
        learn = self._function("learn", model, _learning(model, self.strategy))
        loss, right, stop = learn(*map(self._spread, (x, y, weights)), np.float32(n), self._flag())
        if stop.numpy():
            raise Stopped
        return float(loss), float(right) / n

    def answer(self, model: "keras.Model", x: np.ndarray) -> Any:
        import tensorflow as tf

        answer = self._function("answer", model, lambda x: model(x, training=False))
        return tf.nest.map_structure(lambda tensor: tensor.numpy(), answer(tf.convert_to_tensor(x)))

    def total(self, values: np.ndarray) -> np.ndarray:
        import tensorflow as tf

        told = np.append(values, float(self._stopping))
        mine = self.strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(told if self._place(context) == 0 else 0 * told)
        )
        summed = self._function("total", self, lambda x: self.strategy.reduce("SUM", x, axis=None))(mine).numpy()
        if summed[-1]:
            raise Stopped
        return summed[:-1]

    def meet(self) -> None:
        self.total(np.zeros(1))

    def heed(self, told: Callable[[int], None], done: int) -> None:
        try:
            told(done)
        except Stopped:
            self._stopping = True

    def _place(self, context: Any) -> int:
        return context.replica_id_in_sync_group % self._local

    def _spread(self, rows: np.ndarray) -> Any:
        """This process' share of a batch, dealt out to its replicas."""
        import tensorflow as tf

        return self.strategy.experimental_distribute_values_from_function(
            lambda context: tf.convert_to_tensor(rows[self._place(context) :: self._local])
        )

    def _flag(self) -> Any:
        return self._spread(np.full(self._local, float(self._stopping), np.float32))

    def _function(self, kind: str, owner: Any, act: Callable) -> Callable:
        """The graph of what is done again and again, made once. It holds its model, so that the id stays its own."""
        import tensorflow as tf

        if (kind, id(owner)) not in self._functions:
            self._functions[kind, id(owner)] = owner, tf.function(act, reduce_retracing=True)
        return self._functions[kind, id(owner)][1]


def _learning(model: "keras.Model", strategy: Any) -> Callable:
    """One step under the strategy: (x, y, weights, n of the whole batch, flag) → loss, how many were right, flags."""
    import keras
    import tensorflow as tf

    def learn(x: Any, y: Any, weights: Any, n: Any, flag: Any) -> tuple[Any, Any, Any]:
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            losses = keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)
            loss = tf.reduce_sum(losses * weights) / n
        gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
        model.optimizer.apply(gradients, model.trainable_variables)  # which sums them over the replicas
        right = tf.reduce_sum(tf.cast(tf.argmax(logits, axis=1) == tf.cast(y, tf.int64), tf.float32))
        return loss, right, tf.reduce_sum(flag)

    def step(x: Any, y: Any, weights: Any, n: Any, flag: Any) -> tuple[Any, ...]:
        parts = strategy.run(learn, args=(x, y, weights, n, flag))
        return tuple(strategy.reduce("SUM", part, axis=None) for part in parts)

    return step
