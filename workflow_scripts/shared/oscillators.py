"""Sums of damped sinusoids, which additive tones, membranes and decoded spectra are made of."""

import numpy as np


def sum_sinusoids(frequencies, amplitudes, phases, decays, T, sample_rate):
    """Sum over k of amplitudes_k exp(-decays_k t) cos(2 pi frequencies_k t + phases_k).

    frequencies: Hz; amplitudes: unitless; phases: radians; decays: 1/s, at least 0; each float (n, K)
    or broadcast to it. T samples at sample_rate (Hz), t from 0. Returns float64 (n, T).

    Time is split as t = coarse + fine. Each exponential is then a product of two short ones, and the sum
    over k is a product of two small matrices. This is exact to rounding and takes 2 sqrt(T) exponentials
    instead of T.
    """
    shape = np.broadcast_shapes(*map(np.shape, (frequencies, amplitudes, phases, decays)))
    poles = np.broadcast_to(2j * np.pi * np.asarray(frequencies) - np.asarray(decays), shape)
    weights = np.broadcast_to(np.asarray(amplitudes) * np.exp(1j * np.asarray(phases)), shape)
    fine = int(np.ceil(np.sqrt(T)))
    coarse = -(-T // fine)
    rows = weights[:, None, :] * np.exp(poles[:, None, :] * (np.arange(coarse) * fine / sample_rate)[:, None])
    columns = np.exp(poles[:, :, None] * (np.arange(fine) / sample_rate))
    for factor in (rows, columns):  # products of tiny numbers are denormal, which slows them a hundredfold
        factor[np.abs(factor) < 1e-30] = 0
    sounds = rows.real @ columns.real - rows.imag @ columns.imag
    return sounds.reshape(len(sounds), -1)[:, :T]


def ramped(sounds, sample_rate, seconds):
    """Sounds float (n, T) with a raised-cosine rise and fall of the given length at either end."""
    n = min(round(seconds * sample_rate), sounds.shape[1] // 2)
    rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / n)
    sounds = sounds.copy()
    sounds[:, :n] *= rise
    sounds[:, sounds.shape[1] - n :] *= rise[::-1]
    return sounds
