"""YAMNet (Plakal & Ellis, Google) from its published TensorFlow SavedModel.

The weights are the archive of the model (or a folder of its content). The SavedModel fills a clip with
silence to whole patches of 0.96 s (hop 0.48 s), so that it hears clips of any length. The module submitted to
HEAR 2021 needs about 1 s at least. The embedding is the mean over patches: 1024 values.
"""

import tarfile
import tempfile
from pathlib import Path

import tensorflow as tf


class YAMNet(tf.Module):
    sample_rate = 16000
    scene_embedding_size = timestamp_embedding_size = 1024

    def __init__(self, folder):
        super().__init__()
        self.network = tf.saved_model.load(str(folder))


def load_model(model_file_path):
    if Path(model_file_path).is_dir():
        return YAMNet(model_file_path)
    with tempfile.TemporaryDirectory() as folder, tarfile.open(model_file_path) as archive:
        archive.extractall(folder, filter="data")
        return YAMNet(folder)


def get_scene_embeddings(audio, model):
    """float32 (n, 1024) of float32 (n, T)."""
    return tf.stack([tf.reduce_mean(model.network(sound)[1], axis=0) for sound in audio])
