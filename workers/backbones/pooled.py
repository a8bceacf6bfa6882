"""What a network makes of a picture as a whole: its last activations pooled, one vector for each picture."""

import hashlib
import json
from collections.abc import Sequence

import numpy as np

from . import assemble
from . import weights as pretrained
from .features import BATCH, VERSION, Source, batched
from .pictures import read_squeezed
from .precision import settled
from .spec import Backbone
from .types import Example, Failure, FeatureStore, Read
from .weights import Weights


class Pooled:
    """A network with its pretrained weights, ready to make vectors of `width` numbers.

    What a training kept of a picture is used; what is computed here is kept without the activations, which are a
    hundred times as large.
    """

    def __init__(self, backbone: Backbone, weights: Weights, precision: str = "auto") -> None:
        import keras

        precision = settled(precision)
        base = assemble.base(backbone, precision)
        pretrained.load(base, backbone, weights)
        whole = assemble.extractor(backbone, base)
        self._network = keras.Model(whole.input, whole.output[1])
        self._source = Source(backbone.name, weights.sha256, precision, backbone.side, 0)
        self.width = int(whole.output_shape[1][-1])

    def key(self, image: str) -> str:
        """The SHA-256 under which the vector of an image (named by its own) is kept, when it was made here."""
        one = self._source
        facts = (VERSION, "pooled", one.backbone, one.weights, one.precision, image)
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def vectors(self, examples: Sequence[Example], read: Read, store: FeatureStore) -> dict[str, np.ndarray]:
        """Vectors, float32 (width,), by the ids of the examples; none of those whose picture is gone or unreadable."""
        found = self._kept(examples, store)
        for batch in batched([one for one in examples if one.id not in found], BATCH):
            pictures = {one: pixels for one in batch if (pixels := self._seen(one, read)) is not None}
            if pictures:
                answers = self._network.predict_on_batch(np.stack(list(pictures.values())))
                for one, vector in zip(pictures, np.asarray(answers, "<f4"), strict=True):
                    store.put(one, self.key(one.id), vector.tobytes())
                    found[one.id] = vector
        return found

    def _seen(self, example: Example, read: Read) -> np.ndarray | None:
        try:
            return read_squeezed(example, read, self._source.side)
        except Failure:
            return None

    def _kept(self, examples: Sequence[Example], store: FeatureStore) -> dict[str, np.ndarray]:
        """The vectors the store has: made here, or at the end of a training's plain view."""
        keys = {key: one.id for one in examples for key in (self._source.key(one.id, 0), self.key(one.id))}
        found = {}
        for key in store.known(list(keys)):
            if (data := store.get(key)) and len(data) >= 4 * self.width:
                found[keys[key]] = np.frombuffer(data[-4 * self.width :], "<f4")
        return found
