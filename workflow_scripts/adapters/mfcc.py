"""Mel-frequency cepstral coefficients (Davis & Mermelstein 1980) by librosa, averaged over time.

Options: n_mfcc (how many coefficients), n_fft and hop_length (samples), sample_rate (Hz).
"""

from types import SimpleNamespace

import librosa
import numpy as np


def load_model(model_file_path="", n_mfcc=40, n_fft=1024, hop_length=256, sample_rate=16000):
    return SimpleNamespace(
        sample_rate=sample_rate,
        scene_embedding_size=n_mfcc,
        timestamp_embedding_size=n_mfcc,
        analysis={"sr": sample_rate, "n_mfcc": n_mfcc, "n_fft": n_fft, "hop_length": hop_length},
    )


def get_timestamp_embeddings(audio, model):
    """MFCC, float32 (n, frames, n_mfcc), and the frames' times in milliseconds."""
    # one by one: librosa floors decibels at 80 below the loudest value of its whole input
    frames = np.stack([librosa.feature.mfcc(y=sound, **model.analysis).T for sound in audio])
    times = np.arange(frames.shape[1]) * model.analysis["hop_length"] * 1000 / model.sample_rate
    return frames.astype(np.float32), np.tile(times, (len(audio), 1))


def get_scene_embeddings(audio, model):
    return get_timestamp_embeddings(audio, model)[0].mean(axis=1)
