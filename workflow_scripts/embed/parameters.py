"""How many parameters a model has, counted in what it holds.

What is counted
    The parameters of PyTorch modules, each once, without buffers. The variables of TensorFlow and Keras, but
    for the moving statistics of a normalisation, which PyTorch has as buffers. The arrays of numbers in
    networks of onnxruntime.
    A model may say the number itself, as its attribute `parameters`: an adapter whose weights are none of
    these counts them there, and one without weights says 0.
    A count of 0 that the model does not say itself is no count: its weights lie where nobody looked.
"""

import math
import sys
from pathlib import Path

TENSORFLOW = {"keras", "tensorflow", "tf_keras"}
DEPTH = 4  # how far attributes, lists and dicts are followed
LONGEST = 1000  # list that is looked through
VARINT, EIGHT_BYTES, BYTES, FOUR_BYTES = 0, 1, 2, 5  # protobuf's kinds of fields
# fields of ONNX's messages: ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto
GRAPH_OF_MODEL = 7
NODE_OF_GRAPH, ARRAY_OF_GRAPH = 1, 5
ATTRIBUTE_OF_NODE = 5
ARRAY_OF_ATTRIBUTE, GRAPH_OF_ATTRIBUTE = 5, 6
SHAPE_OF_ARRAY, TYPE_OF_ARRAY = 1, 2
WEIGHTS = {1, 2, 3, 10, 11, 16}  # types of arrays: float, uint8, int8, float16, double, bfloat16


def counted(model, network=None):
    """Number of parameters of a model, or None where they cannot be counted.

    model: what load_model gives. network: a torch.nn.Module of it that lies elsewhere, or None.
    """
    own = getattr(model, "parameters", None)
    if isinstance(own, int) and not isinstance(own, bool):
        return own
    found = {}
    for thing in things_in([model, network], DEPTH, set()):
        sizes = sizes_in(thing)
        if sizes is None:
            return None
        found |= sizes
    return sum(found.values()) or None


def things_in(thing, depth, seen):
    """Yield an object and what lies in its attributes, lists and dicts, each once."""
    if id(thing) in seen or isinstance(thing, (str, bytes, int, float, type(None), type, type(sys))):
        return
    seen.add(id(thing))
    yield thing
    if packages_of(thing) & TENSORFLOW and variables_of(thing):
        return  # what lies in it are its layers, and an optimiser
    if isinstance(thing, dict):
        inner = list(thing.values())
    elif isinstance(thing, (list, tuple)):
        inner = list(thing)
    else:
        inner = [value for name, value in getattr(thing, "__dict__", {}).items() if not name.startswith("__")]
    if depth > 0 and len(inner) <= LONGEST:
        for value in inner:
            yield from things_in(value, depth - 1, seen)


def packages_of(thing):
    """Names of the packages that the class of an object and its bases are of."""
    return {kind.__module__.split(".")[0] for kind in type(thing).__mro__}


def variables_of(thing):
    """The variables of an object of TensorFlow or Keras; empty if it has none or does not know them yet."""
    try:
        variables = getattr(thing, "weights", None) or getattr(thing, "variables", None)
    except ValueError:  # of a layer that has not run
        return []
    return [] if variables is None or callable(variables) else list(variables)


def sizes_in(thing):
    """Sizes of the parameters that an object itself holds, {identity: size}; None if they cannot be told."""
    torch, kinds = sys.modules.get("torch"), packages_of(thing)
    if torch and isinstance(thing, torch.nn.Module):
        if any("quantized" in type(module).__module__ for module in thing.modules()):
            return None  # their weights are packed, and parameters() does not have them
        return {(weight.data_ptr(), weight.shape): weight.numel() for weight in thing.parameters()}
    if kinds & TENSORFLOW:
        variables = [one for one in variables_of(thing) if not one.name.split("/")[-1].startswith("moving_")]
        return {id(variable): math.prod(variable.shape) for variable in variables}
    if "onnxruntime" in kinds and hasattr(thing, "_model_bytes"):  # the session in Python, not that in C++
        network = onnx_of(thing)
        return None if network is None else {id(thing): size_of_onnx(network)}
    return {}


# --- ONNX ------------------------------------------------------------------------------------------


def onnx_of(session):
    """The network of a session of onnxruntime as bytes, or None if it is not at hand as ONNX."""
    content = getattr(session, "_model_bytes", None)
    path = Path(getattr(session, "_model_path", None) or "")
    if not content and path.suffix == ".onnx" and path.is_file():
        content = path.read_bytes()
    return content if content and content[4:8] != b"ORTM" else None  # onnxruntime's own format


def size_of_onnx(model):
    """Numbers in all arrays of a network's file (bytes), single numbers aside."""
    return sum(size_of_graph(graph) for number, graph in fields(model) if number == GRAPH_OF_MODEL)


def size_of_graph(graph):
    """Numbers in the arrays of a GraphProto, in its nodes' constants and in the graphs of their branches."""
    size = 0
    for number, value in fields(graph):
        if number == ARRAY_OF_GRAPH:
            size += size_of_array(value)
        if number == NODE_OF_GRAPH:
            attributes = [attribute for number, attribute in fields(value) if number == ATTRIBUTE_OF_NODE]
            for number, part in (field for attribute in attributes for field in fields(attribute)):
                if number == ARRAY_OF_ATTRIBUTE:
                    size += size_of_array(part)
                if number == GRAPH_OF_ATTRIBUTE:
                    size += size_of_graph(part)
    return size


def size_of_array(array):
    """Numbers in a TensorProto of weights; 0 of indices, of shapes and of a single number."""
    shape, kind = [], None
    for number, value in fields(array):
        if number == SHAPE_OF_ARRAY:
            shape += [value] if isinstance(value, int) else varints(value)
        if number == TYPE_OF_ARRAY:
            kind = value
    return math.prod(shape) if shape and kind in WEIGHTS else 0


def fields(message):
    """Yield (number, value) of each field of a protobuf message: an int, or bytes."""
    message, at = memoryview(message), 0
    while at < len(message):
        key, at = varint(message, at)
        if key & 7 == VARINT:
            value, at = varint(message, at)
        else:
            size = {EIGHT_BYTES: 8, FOUR_BYTES: 4}.get(key & 7)
            if key & 7 == BYTES:
                size, at = varint(message, at)
            value, at = message[at : at + size], at + size
        yield key >> 3, value


def varint(message, at):
    """A number of seven bits a byte that begins at a place, and the place behind it."""
    value = shift = 0
    while True:
        byte = message[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def varints(message):
    """The numbers that stand one behind the other: list of int."""
    numbers, at = [], 0
    while at < len(message):
        value, at = varint(message, at)
        numbers.append(value)
    return numbers
