"""Networks for TensorFlow Lite, as adapters load them: on the job's threads, with readable inner layers."""

import os

import numpy as np
import tensorflow as tf


def loaded(path):
    """The network in a file, before memory is allocated, and the number of its parameters."""
    network = tf.lite.Interpreter(
        model_path=str(path),
        num_threads=int(os.environ.get("OMP_NUM_THREADS", 1)),
        experimental_preserve_all_tensors=True,  # else the memory of an inner layer may be used again
    )
    return network, sum(sizes_of_constants(network))


def sizes_of_constants(network):
    """Sizes of the arrays of floats in a network's file: only these can be read before it has run."""
    for tensor in network.get_tensor_details():
        if tensor["dtype"] == np.float32:
            try:
                yield network.get_tensor(tensor["index"]).size
            except ValueError:
                continue
