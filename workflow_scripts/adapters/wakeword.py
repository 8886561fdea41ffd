"""Google's speech embedding (Lin et al. 2020) as openWakeWord uses it: made for spotting keywords.

It hears windows of 76 frames of 10 ms, one every 80 ms; below 0.79 s silence follows the sound. The embedding
is its answer, averaged over windows: 96 values. Each sound goes alone, because the decibels of its first
network, the mel spectrogram, rest on the loudest sound of a batch.
"""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyopen_wakeword
import tensorflow as tf

from adapters.lite_network import loaded

RATE = 16000
WINDOW, HOP = 76, 8  # frames of 10 ms
SHORTEST = 12640  # samples that give one window
SIZE = 96


def load_model(model_file_path=""):
    folder = Path(pyopen_wakeword.__file__).parent / "models"
    mel, _ = loaded(folder / "melspectrogram.tflite")
    embedding, parameters = loaded(model_file_path or folder / "embedding_model.tflite")
    return SimpleNamespace(
        mel=mel,
        embedding=embedding,
        parameters=parameters,
        sample_rate=RATE,
        scene_embedding_size=SIZE,
        timestamp_embedding_size=SIZE,
    )


def answer(network, x):
    """A network's answer to an array of any length, float32."""
    [source], [target] = network.get_input_details(), network.get_output_details()
    network.resize_tensor_input(source["index"], x.shape)
    network.allocate_tensors()
    network.set_tensor(source["index"], x)
    network.invoke()
    return network.get_tensor(target["index"])


def windows_of(sound, model):
    """Embeddings of one sound's windows, float32 (windows, 96)."""
    frames = answer(model.mel, 32767 * sound[None])[0, 0] / 10 + 2  # it was trained on 16-bit sounds
    windows = np.lib.stride_tricks.sliding_window_view(frames, WINDOW, axis=0)[::HOP].swapaxes(1, 2)
    return answer(model.embedding, windows[..., None])[:, 0, 0]


def get_timestamp_embeddings(audio, model):
    """Embeddings of each window, float32 (n, windows, 96), and the windows' centres in milliseconds."""
    padded = np.pad(audio, ((0, 0), (0, max(0, SHORTEST - audio.shape[1]))))
    frames = np.stack([windows_of(sound, model) for sound in padded])
    times = (WINDOW / 2 + HOP * np.arange(frames.shape[1])) * 10
    return tf.constant(frames), tf.constant(np.tile(times, (len(audio), 1)), tf.float32)


def get_scene_embeddings(audio, model):
    return tf.reduce_mean(get_timestamp_embeddings(audio, model)[0], axis=1)
