"""The ear as a model of signals: gammatone filters, hair cells and compression, averaged over time.

The filters (Patterson et al. 1992) and their spacing in ERB (Glasberg & Moore 1990) are those of the package
gammatone. What each channel passes is half-wave rectified, smoothed by a low-pass of first order, as hair
cells do, and compressed: (x + x0)^exponent - x0^exponent, where x0 is 0 dB SPL. There is no outer and middle
ear, no adaptation, no spikes, and filters do not widen with level.

Options: channels; low (Hz, the lowest centre frequency; the highest lies one step below half the sample
rate); exponent; cutoff (Hz, of the low-pass); full_scale (dB SPL of a sound whose RMS is 1); hop (ms);
sample_rate (Hz).
"""

from types import SimpleNamespace

import numpy as np
from gammatone.filters import centre_freqs, erb_filterbank, make_erb_filters
from scipy.signal import butter, lfilter


def load_model(
    model_file_path="",
    channels=64,
    low=50,
    exponent=0.3,
    cutoff=1000,
    full_scale=100,
    hop=10,
    sample_rate=16000,
):
    if not (channels >= 1 and 0 < low < sample_rate / 2 and 0 < exponent <= 1 and hop > 0):
        raise ValueError(
            f"ear: state channels from 1, low between 0 and {sample_rate / 2:g} Hz, exponent above 0 and "
            "up to 1, hop above 0 ms"
        )
    centres = centre_freqs(sample_rate, channels, low)[::-1]
    return SimpleNamespace(
        sample_rate=sample_rate,
        scene_embedding_size=channels,
        timestamp_embedding_size=channels,
        parameters=0,
        centres=centres,
        filters=make_erb_filters(sample_rate, centres),
        smoother=butter(1, cutoff, fs=sample_rate),
        exponent=exponent,
        threshold=np.float32(10 ** (-full_scale / 20)),
        hop=max(1, round(hop / 1000 * sample_rate)),
    )


def firing(sound, model):
    """What each channel passes on of a sound, float (T,): float32 (channels, T), 0 in silence."""
    passed = np.maximum(erb_filterbank(sound, model.filters), 0)
    smooth = lfilter(*model.smoother, passed, axis=1).astype(np.float32)
    return (smooth + model.threshold) ** model.exponent - model.threshold**model.exponent


def get_timestamp_embeddings(audio, model):
    """Means over frames of one hop, float32 (n, frames, channels), and the frames' middles in ms."""
    hop = min(model.hop, audio.shape[1])
    frames = audio.shape[1] // hop
    parts = [firing(sound, model)[:, : frames * hop].reshape(-1, frames, hop).mean(axis=2) for sound in audio]
    times = (np.arange(frames) + 0.5) * hop * 1000 / model.sample_rate
    return np.stack(parts).swapaxes(1, 2), np.tile(times, (len(audio), 1))


def get_scene_embeddings(audio, model):
    return get_timestamp_embeddings(audio, model)[0].mean(axis=1)
