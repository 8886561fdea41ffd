"""Nuisances that any data set can have: what a model hears change, but should not encode.

A data set names those that it varies; each sound draws its own. They act on rendered sounds in the
order of the functions below. A synthesizer may have further nuisances of its own.
"""

import numpy as np
from scipy.signal import fftconvolve, hilbert
from shared.oscillators import ramped

NUISANCES = {
    "phase": {"unit": "degree", "low": -180, "high": 180},
    "duration": {"unit": "s", "low": 0.5, "high": 0.9},
    "reverberation": {"unit": "s", "low": 0.05, "high": 0.3},
    "onset": {"unit": "s", "low": 0, "high": 0.1},
    "noise": {"unit": "dB", "low": 20, "high": 40},
    "gain": {"unit": "dB", "low": -3, "high": 3},
}
FALL = 0.01  # s, of a sound that is cut
DIRECT_TO_REVERBERANT = 10  # dB, a small room at close distance


def rotate_phase(sounds, degrees, sample_rate):
    """Turn the phase of every component by the same angle. sounds: (n, T); degrees: (n,).

    The transform reaches to both sides of a sudden onset: what falls outside of the clip is lost, and the
    clip begins and ends with a ramp of 5 ms.
    """
    T = sounds.shape[1]
    angle = np.deg2rad(degrees)[:, None]
    analytic = hilbert(np.pad(sounds, ((0, 0), (T, T))), axis=1)[:, T : 2 * T]
    return ramped(np.cos(angle) * analytic.real - np.sin(angle) * analytic.imag, sample_rate, 0.005)


def cut(sounds, seconds, sample_rate):
    """Silence each sound from its own time on (s), after a raised-cosine fall of 10 ms."""
    time = np.arange(sounds.shape[1]) / sample_rate
    left = np.clip((np.asarray(seconds)[:, None] - time) / FALL, 0, 1)
    return sounds * (0.5 - 0.5 * np.cos(np.pi * left))


def reverberate(sounds, seconds, sample_rate, generators):
    """Add an exponentially decaying diffuse tail 10 dB below the direct sound.

    seconds: (n,), the time in which each tail falls by 60 dB; generators: n random generators, one
    room each. The tail is cut where the clip ends, after a fall of 10 ms.
    """
    T = sounds.shape[1]
    wet = np.empty_like(sounds)
    for i, (sound, decay, rng) in enumerate(zip(sounds, seconds, generators, strict=True)):
        n = min(T, max(2, round(decay * sample_rate)))
        tail = rng.standard_normal(n) * 10 ** (-3 * np.arange(n) / sample_rate / decay)
        tail *= 10 ** (-DIRECT_TO_REVERBERANT / 20) / np.linalg.norm(tail)
        tail[0] += 1
        wet[i] = fftconvolve(sound, tail)[:T]
    return cut(wet, np.full(len(wet), T / sample_rate), sample_rate)


def delay(sounds, seconds, sample_rate, T):
    """Each sound after its own silence, in a clip of T samples. seconds: (n,)."""
    delayed = np.zeros((len(sounds), T))
    for i, start in enumerate(np.round(np.asarray(seconds) * sample_rate).astype(int)):
        n = min(sounds.shape[1], T - start)
        delayed[i, start : start + n] = sounds[i, :n]
    return delayed


def add_noise(sounds, ratio, sample_rate, limit, generators):
    """Add Gaussian noise, white up to `limit` (Hz), at a signal-to-noise ratio (dB, over the clip)."""
    T = sounds.shape[1]
    noise = np.stack([rng.standard_normal(T) for rng in generators])
    spectrum = np.fft.rfft(noise, axis=1)
    spectrum[:, np.fft.rfftfreq(T, 1 / sample_rate) > limit] = 0
    noise = ramped(np.fft.irfft(spectrum, T, axis=1), sample_rate, FALL)
    noise /= np.sqrt(np.mean(noise**2, axis=1, keepdims=True))
    level = np.sqrt(np.mean(sounds**2, axis=1)) * 10 ** (-np.asarray(ratio) / 20)
    return sounds + level[:, None] * noise
