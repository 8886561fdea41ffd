"""Slaney's mel scale (Auditory Toolbox, 1998), as librosa has it by default."""

import numpy as np


def hertz(mel):
    """Frequencies in Hz of places on the scale: linear up to 1 kHz (15), then logarithmic."""
    return np.where(mel < 15, 200 / 3 * mel, 1000 * 6.4 ** ((np.maximum(mel, 15) - 15) / 27))


def mel_bands(bands, n_fft, sample_rate):
    """Weights of a spectrum's bins in each band, float32 (bands, n_fft // 2 + 1): triangles of area 1."""
    nyquist = sample_rate / 2
    top = nyquist * 3 / 200 if nyquist < 1000 else 15 + 27 * np.log(nyquist / 1000) / np.log(6.4)
    edges = hertz(np.linspace(0, top, bands + 2))[:, None]
    bins = np.linspace(0, nyquist, n_fft // 2 + 1)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
    return (np.maximum(triangles, 0) * 2 / (high - low)).astype(np.float32)
