"""Real .tflite files of a few hundred bytes, written without TensorFlow: a model that tells photos by their colour."""

from functools import cache

import numpy as np

SIDE = 32
# Which of red, green and blue each class wants, in turn.
WANTS = np.float32([[1, -1, -1], [-1, 1, -1], [-1, -1, 1], [0.5, 0.5, -1], [-1, 0.5, 0.5], [0.5, -1, 0.5]])


@cache
def by_colour(classes: int = 2) -> bytes:
    """A model of the hub's shape: float32 (1, 32, 32, 3) from 0 to 255 in, (1, classes) probabilities out.

    Class 0 is red, 1 green, 2 blue, 3 yellow …: mean colour, a dense layer, softmax.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as tfl

    weights = np.resize(WANTS, (classes, 3)) * 4 / 255
    buffers = [b"", np.int32([1, 2]).tobytes(), weights.astype(np.float32).tobytes(), bytes(4 * classes)]
    model = tfl.ModelT()
    model.version = 3
    model.buffers = [_buffer(tfl, data) for data in buffers]
    graph = tfl.SubGraphT()
    graph.tensors = [
        _tensor(tfl, *one)
        for one in (
            ("image", (1, SIDE, SIDE, 3), 0, "FLOAT32"),
            ("axes", (2,), 1, "INT32"),
            ("mean", (1, 3), 0, "FLOAT32"),
            ("weights", (classes, 3), 2, "FLOAT32"),
            ("bias", (classes,), 3, "FLOAT32"),
            ("logits", (1, classes), 0, "FLOAT32"),
            ("probabilities", (1, classes), 0, "FLOAT32"),
        )
    ]
    softmax = tfl.SoftmaxOptionsT()
    softmax.beta = 1.0
    steps = [
        ("MEAN", [0, 1], 2, "ReducerOptions", tfl.ReducerOptionsT()),
        ("FULLY_CONNECTED", [2, 3, 4], 5, "FullyConnectedOptions", tfl.FullyConnectedOptionsT()),
        ("SOFTMAX", [5], 6, "SoftmaxOptions", softmax),
    ]
    model.operatorCodes = [_code(tfl, getattr(tfl.BuiltinOperator, step[0])) for step in steps]
    graph.operators = [_operator(tfl, number, *step[1:]) for number, step in enumerate(steps)]
    graph.inputs, graph.outputs = [0], [6]
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _buffer(tfl, data: bytes):
    made = tfl.BufferT()
    made.data = np.frombuffer(data, np.uint8) if data else None
    return made


def _tensor(tfl, name: str, shape: tuple[int, ...], buffer: int, kind: str):
    made = tfl.TensorT()
    made.name, made.shape, made.buffer, made.type = name, list(shape), buffer, getattr(tfl.TensorType, kind)
    return made


def _code(tfl, number: int):
    made = tfl.OperatorCodeT()
    made.builtinCode = made.deprecatedBuiltinCode = number
    made.version = 1
    return made


def _operator(tfl, code: int, inputs: list[int], output: int, kind: str, options):
    made = tfl.OperatorT()
    made.opcodeIndex, made.inputs, made.outputs = code, inputs, [output]
    made.builtinOptionsType, made.builtinOptions = getattr(tfl.BuiltinOptions, kind), options
    return made
