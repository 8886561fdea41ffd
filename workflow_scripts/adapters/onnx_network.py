"""Networks for ONNX Runtime, as adapters load them: on the job's threads, and one may look inside."""

import os

import onnxruntime

GRAPH, OUTPUT, NAME = 7, 12, 1  # fields of ONNX's ModelProto, GraphProto and ValueInfoProto


def field(number, content):
    """A field of a protobuf message that holds bytes, of fewer than 128."""
    return bytes([number << 3 | 2, len(content)]) + content


def session(network, layer=""):
    """A session of a network, the bytes of an .onnx file.

    layer: name in the graph of an inner layer, which run() can then be asked for. protobuf merges a second
    graph into the first, which adds one more output to the network.
    """
    if layer:
        network = network + field(GRAPH, field(OUTPUT, field(NAME, layer.encode())))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", 0))
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
