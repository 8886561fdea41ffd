"""Mel-frequency cepstral coefficients (Davis & Mermelstein 1980), averaged over time.

The numbers are those of librosa.feature.mfcc, in its own settings: 128 bands on Slaney's mel scale, each of
the same area, in decibels, no more than 80 below the loudest of the sound. librosa itself would bring along a
compiler of 200 MB.

Options: n_mfcc (how many coefficients), n_fft and hop_length (samples), sample_rate (Hz).
"""

from types import SimpleNamespace

import numpy as np
from scipy.fft import dct, rfft
from scipy.signal.windows import hann
from shared.mel import mel_bands

BANDS = 128
FLOOR, RANGE = 1e-10, 80  # of power; dB


def load_model(model_file_path="", n_mfcc=40, n_fft=1024, hop_length=256, sample_rate=16000):
    return SimpleNamespace(
        sample_rate=sample_rate,
        scene_embedding_size=n_mfcc,
        timestamp_embedding_size=n_mfcc,
        parameters=0,
        window=hann(n_fft, sym=False).astype(np.float32),
        hop=hop_length,
        bands=mel_bands(BANDS, n_fft, sample_rate),
    )


def get_timestamp_embeddings(audio, model):
    """MFCC, float32 (n, frames, n_mfcc), and the frames' times in milliseconds."""
    size = len(model.window)
    padded = np.pad(audio, ((0, 0), (size // 2, size // 2)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size, axis=1)[:, :: model.hop]
    power = np.abs(rfft(frames * model.window)) ** 2 @ model.bands.T
    decibels = 10 * np.log10(np.maximum(power, FLOOR))
    decibels = np.maximum(decibels, decibels.max(axis=(1, 2), keepdims=True) - RANGE)
    coefficients = dct(decibels, norm="ortho")[..., : model.scene_embedding_size].astype(np.float32)
    times = np.arange(coefficients.shape[1]) * model.hop * 1000 / model.sample_rate
    return coefficients, np.tile(times, (len(audio), 1))


def get_scene_embeddings(audio, model):
    return get_timestamp_embeddings(audio, model)[0].mean(axis=1)
