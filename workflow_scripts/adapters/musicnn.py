"""musicnn (Pons & Serra 2019): networks that tag music, of two architectures, each trained on two data sets.

Option `name`: MTT_musicnn and MTT_vgg were trained on MagnaTagATune, MSD_musicnn and MSD_vgg on the Million
Song Dataset. Networks and weights are the package's own, and so is what they hear: logarithms of 96 mel bands
(librosa's) of frames of 512 samples. The package computes them in half precision, which a small change to a
sound would not survive; here they are float32.

The embedding of musicnn is the mean over frames of all features before its dense layers (mean_pool in the
package): 408 timbral, 153 temporal and three times 64 of the layers after them. vgg hears windows of 187
frames (3 s) and nothing else; shorter sounds were repeated when it was trained, and so they are here, until
they fill whole windows. Its embedding is what its dense layer reads: 128 channels at two places in time.
"""

from pathlib import Path

import musicnn
import numpy as np
import tensorflow as tf
from musicnn import models  # not its extractor, which switches eager execution off for the whole process
from musicnn.configuration import FFT_HOP, FFT_SIZE, MTT_LABELS, N_MELS, SR
from shared.mel import mel_bands

NAMES = ("MTT_musicnn", "MTT_vgg", "MSD_musicnn", "MSD_vgg")
WINDOW = 187  # frames, of vgg
BANDS = mel_bands(N_MELS, FFT_SIZE, SR).T


class MusiCNN(tf.Module):
    sample_rate = SR

    def __init__(self, name):
        super().__init__()
        self.vgg = name.endswith("vgg")
        self.scene_embedding_size = self.timestamp_embedding_size = 256 if self.vgg else 753
        frames = tf.TensorSpec([None, WINDOW if self.vgg else None, N_MELS])
        self.network = tf.compat.v1.wrap_function(
            lambda x: models.define_model(x, False, name, len(MTT_LABELS)), [frames]
        )
        self.weights = self.network.graph.variables
        # by the prefix of the files: the list beside them names a folder of their author's
        file = tf.compat.v1.train.NewCheckpointReader(f"{Path(musicnn.__file__).parent / name}/")
        for variable in self.weights:
            variable.assign(file.get_tensor(variable.name.removesuffix(":0")))


def load_model(model_file_path="", name="MTT_musicnn"):
    """A network by its name in the package. Raises ValueError for another name."""
    if name not in NAMES:
        raise ValueError(f"options: name: {name!r} is none of {', '.join(NAMES)}")
    return MusiCNN(name)


def mel_frames(audio):
    """What the networks hear, float32 (n, frames, 96): frames are centred on every hop."""
    padded = tf.pad(audio, [[0, 0], [FFT_SIZE // 2, FFT_SIZE // 2]])
    power = tf.abs(tf.signal.stft(padded, FFT_SIZE, FFT_HOP)) ** 2
    return tf.math.log(10000 * power @ BANDS + 1) / np.log(10)


def get_timestamp_embeddings(audio, model):
    """Features of each frame (of each window, for vgg), float32 (n, frames, D), and their times in ms."""
    heard = mel_frames(audio)
    n, T = heard.shape[:2]
    if model.vgg:
        windows = -(-T // WINDOW)
        heard = tf.gather(heard, np.arange(windows * WINDOW) % T, axis=1)
        *_, pooled = model.network(tf.reshape(heard, (-1, WINDOW, N_MELS)))
        frames = tf.reshape(pooled, (n, windows, -1))
        times = (np.arange(windows) + 0.5) * WINDOW
    else:
        _, timbral, temporal, *layers = model.network(heard)[:6]
        frames = tf.concat([timbral, temporal, *(layer[..., 0] for layer in layers)], axis=2)
        times = np.arange(T)
    times = tf.constant(np.tile(times * FFT_HOP * 1000 / SR, (n, 1)), tf.float32)
    return frames, times


def get_scene_embeddings(audio, model):
    return tf.reduce_mean(get_timestamp_embeddings(audio, model)[0], axis=1)
