"""Parameters are counted where they lie, or unknown."""

from types import SimpleNamespace

import pytest
from embed.parameters import counted, size_of_onnx


def message(*fields):
    """A protobuf message of (number, int or bytes)."""

    def varint(value):
        low, high = value & 127, value >> 7
        return bytes([low | 128]) + varint(high) if high else bytes([low])

    content = b""
    for number, value in fields:
        if isinstance(value, int):
            content += varint(number << 3) + varint(value)
        else:
            content += varint(number << 3 | 2) + varint(len(value)) + value
    return content


def array(shape, kind=1):
    """A TensorProto without its values. kind: 1 for float, 7 for int64."""
    return message(*((1, size) for size in shape), (2, kind), (9, bytes(300)))


def test_a_model_may_say_its_number():
    assert counted(SimpleNamespace(parameters=0)) == 0
    assert counted(SimpleNamespace(parameters=95842)) == 95842


@pytest.mark.parametrize("model", [SimpleNamespace(), SimpleNamespace(window=[1.0] * 9, size=3), object()])
def test_what_holds_no_network_is_not_guessed(model):
    assert counted(model) is None


def test_arrays_of_a_network_are_counted_wherever_they_stand():
    """As constants of the graph, as constants of a node, and in the branch of a node; shapes are none."""
    branch = message((5, array([10])))
    node = message((4, b"Constant"), (5, message((1, b"value"), (5, array([3, 7])))))
    choice = message((4, b"If"), (5, message((6, branch))))
    graph = message((1, node), (1, choice), (5, array([64, 2])), (5, array([4], kind=7)), (5, array([])))
    assert size_of_onnx(message((1, 9), (7, graph))) == 64 * 2 + 3 * 7 + 10


def test_packed_shapes_are_read():
    tensor = message((1, bytes([3, 0x80, 0x01])), (2, 10))  # 3 x 128, float16
    assert size_of_onnx(message((7, message((5, tensor))))) == 384


def test_a_session_is_found_inside_a_model():
    class Below:
        pass

    class InferenceSession:
        def __init__(self):
            self._sess = Below()
            self._model_bytes = message((7, message((5, array([5, 5])))))

    InferenceSession.__module__ = Below.__module__ = "onnxruntime.capi"
    model = SimpleNamespace(parts={"pitch": [InferenceSession()]})
    assert counted(model) == 25
