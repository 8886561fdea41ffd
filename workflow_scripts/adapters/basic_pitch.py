"""Spotify's Basic Pitch (Bittner et al., ICASSP 2022): note, onset and contour posteriorgrams.

The trained TensorFlow SavedModel ships in the package. Windows are those of the package: a sound gets 15
frames of silence before it and is cut into windows of 43,844 samples that overlap by 30 frames. 15 frames are
dropped at either end of each window's answer, and so is what lies beyond the sound. The embedding is the
mean over time of 88 notes, 88 onsets and 264 contour bins: 440 values in 0..1.
"""

import numpy as np
import tensorflow as tf
from basic_pitch import FilenameSuffix, build_icassp_2022_model_path
from basic_pitch.constants import ANNOTATIONS_FPS, AUDIO_N_SAMPLES, AUDIO_SAMPLE_RATE, FFT_HOP

OVERLAP = 30  # frames
OUTPUTS = ("note", "onset", "contour")


class BasicPitch(tf.Module):
    sample_rate = AUDIO_SAMPLE_RATE
    scene_embedding_size = timestamp_embedding_size = 88 + 88 + 264

    def __init__(self, path):
        super().__init__()
        self.network = tf.saved_model.load(str(path))


def load_model(model_file_path=""):
    return BasicPitch(model_file_path or build_icassp_2022_model_path(FilenameSuffix.tf))


def get_timestamp_embeddings(audio, model):
    """Posteriorgrams, float32 (n, frames, 440), and the frames' times in milliseconds."""
    n, T = audio.shape
    step = AUDIO_N_SAMPLES - OVERLAP * FFT_HOP
    padded = np.pad(audio, ((0, 0), (OVERLAP // 2 * FFT_HOP, 0)))
    starts = range(0, padded.shape[1], step)
    padded = np.pad(padded, ((0, 0), (0, starts[-1] + AUDIO_N_SAMPLES - padded.shape[1])))
    windows = np.stack([padded[:, i : i + AUDIO_N_SAMPLES] for i in starts], axis=1)
    answer = model.network(tf.constant(windows.reshape(-1, AUDIO_N_SAMPLES, 1)))
    frames = np.concatenate([answer[name].numpy() for name in OUTPUTS], axis=-1)
    frames = frames[:, OVERLAP // 2 : -(OVERLAP // 2)].reshape(n, -1, frames.shape[-1])
    frames = frames[:, : max(1, int(T * ANNOTATIONS_FPS / AUDIO_SAMPLE_RATE))]
    times = np.arange(frames.shape[1]) * 1000 / ANNOTATIONS_FPS
    return tf.constant(frames), tf.constant(np.tile(times, (n, 1)), tf.float32)


def get_scene_embeddings(audio, model):
    frames, _ = get_timestamp_embeddings(audio, model)
    return tf.reduce_mean(frames, axis=1)
