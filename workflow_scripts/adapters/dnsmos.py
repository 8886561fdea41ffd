"""DNSMOS P.835 (Reddy et al. 2022): the quality of noisy speech, as listeners rated it.

The embedding is the largest answer of each of the last convolutions over time and frequency: 64 values. As
published, the network takes 9.01 s, and shorter clips are repeated. Nothing in it needs that length: here
three constants of the graph are changed, and it takes whole frames of 10 ms. At 9.01 s the numbers are the
same. A clip of 1 s costs a ninth.
"""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import speechmos

from adapters.onnx_network import session

LAYER, SIZE = "mos_estimator_logpow/global_max_pooling2d/Max:0", 64
FRAME = 160  # samples
SHORTEST = 16 * FRAME  # of which pooling leaves one value


def of_any_length(network):
    """Let a network (onnx.ModelProto) take sounds of any number of frames instead of 901, in place."""
    constants = {tensor.name: tensor for tensor in network.graph.initializer}
    for name in ("shape_tensor", "shape_tensor1"):  # the sound cut into frames
        constants[name].int64_data[:] = [0, -1, FRAME]
    constants["input_1:01_cropping_end"].int64_data[1] = -FRAME  # all frames but the last
    network.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "T"


def load_model(model_file_path=""):
    """The network that comes with its package; the path is not used."""
    network = onnx.load(Path(*speechmos.__path__, "dnsmos_models", "sig_bak_ovr.onnx"))
    of_any_length(network)
    return SimpleNamespace(
        session=session(network.SerializeToString(), LAYER),
        sample_rate=16000,
        scene_embedding_size=SIZE,
        timestamp_embedding_size=SIZE,
    )


def get_scene_embeddings(audio, model):
    """float32 (n, 64) of float32 (n, T); a clip that ends inside a frame is repeated to the end of it."""
    T = audio.shape[1]
    whole = max(-(-T // FRAME) * FRAME, SHORTEST)
    repeated = np.tile(audio, (1, -(-whole // T)))[:, :whole]
    return np.concatenate([model.session.run([LAYER], {"input_1": sound[None]})[0] for sound in repeated])
