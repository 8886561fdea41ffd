"""Harmonic tones with independent pitch, brightness and odd/even balance.

    y(t) = sum over p of p^-s g_p cos(2 pi p f1 t + phi_p),   g_p = 10^(-odd_even / 20) if p is even, else 1

Brightness is the spectral centroid itself. The slope s that gives it is solved for each tone, so that
brightness does not move with f1 or odd_even. Even harmonics are attenuated, as in a clarinet.
Harmonics end below max_frequency; a raised-cosine ramp begins and ends the tone.
"""

import numpy as np
from shared.oscillators import ramped, sum_sinusoids

FACTORS = {
    "f1": {
        "unit": "Hz",
        "scale": "erb",
        "low": 200,
        "high": 400,
        "default": 300,
        "jnd": {
            "percent": 1,
            "duration": [[0.02, 4.1], [0.05, 2.2], [0.1, 1.6], [0.2, 1.3], [0.5, 1]],
            "source": "Mehta & Oxenham 2020; below 0.5 s as pure tones, Micheyl et al. 2012",
        },
    },
    "brightness": {
        "unit": "Hz",
        "scale": "log",
        "low": 800,
        "high": 3200,
        "default": 1600,
        "jnd": {"percent": 5, "source": "assumed: the commonly quoted 5 % of the centroid"},
    },
    "odd_even": {
        "unit": "dB",
        "scale": "linear",
        "low": 0,
        "high": 40,
        "default": 0,
        "jnd": {"step": 1, "source": "Warren et al. 2003: odd harmonics, from 0, 6, 12 dB, f0 80 Hz"},
    },
}
NUISANCES = {"phases": {"unit": "seed", "integers": 2**31 - 1, "default": 0}}
SLOPES = (-2.0, 12.0)  # where the slope is looked for


def centroid(f1, amplitudes):
    """Spectral centroid of harmonic tones in Hz, weighted by amplitude: sum p f1 a_p / sum a_p.

    f1: float (n,); amplitudes: float (n, P). Returns float64 (n,).
    """
    p = np.arange(1, amplitudes.shape[1] + 1)
    return f1 * (amplitudes @ p) / amplitudes.sum(axis=1)


def amplitudes(f1, brightness, odd_even, max_frequency):
    """Amplitude of each harmonic, float64 (n, P), 0 above max_frequency (Hz), the first one 1.

    f1, brightness (Hz), odd_even (dB): float (n,). The slope is found by bisection, since a steeper slope
    always has a lower centroid. Raises ValueError for a brightness that no slope from -2 to 12 gives.
    """
    p = np.arange(1, max(1, int(max_frequency // f1.min())) + 1)
    gain = np.where(p % 2 == 0, 10 ** (-odd_even[:, None] / 20), 1.0) * (p * f1[:, None] <= max_frequency)

    def sloped(slope):
        return gain * p ** -slope[:, None]

    shallow, steep = (np.full(len(f1), slope) for slope in SLOPES)
    top, bottom = centroid(f1, sloped(shallow)), centroid(f1, sloped(steep))
    out = ~((bottom < brightness) & (brightness < top))
    if out.any():
        i = out.argmax()
        raise ValueError(
            f"additive: a tone with f1 = {f1[i]:.4g} Hz, odd_even = {odd_even[i]:.3g} dB and harmonics up to "
            f"{max_frequency:g} Hz has a brightness between {bottom[i]:.4g} and {top[i]:.4g} Hz, not "
            f"{brightness[i]:.4g}; narrow the ranges"
        )
    for _ in range(50):
        middle = (shallow + steep) / 2
        brighter = centroid(f1, sloped(middle)) > brightness
        shallow, steep = np.where(brighter, middle, shallow), np.where(brighter, steep, middle)
    return sloped(shallow)


def starting_phases(seeds, P):
    """Uniform phases of P harmonics, float64 (n, P), in radians, from the seed of each sound."""
    return np.stack([np.random.default_rng(int(seed)).uniform(0, 2 * np.pi, P) for seed in seeds])


def render(parameters, sample_rate, duration, max_frequency=7000, ramp=0.02):
    """Tones, float64 (n, T), not normalised.

    parameters: {f1, brightness, odd_even, phases: (n,)}; sample_rate and max_frequency in Hz; duration
    and ramp in s. Raises ValueError for a tone that does not exist (see amplitudes) or a band limit
    above half the sample rate.
    """
    if max_frequency > sample_rate / 2:
        raise ValueError(f"additive: max_frequency {max_frequency:g} Hz is above half of {sample_rate} Hz")
    f1 = parameters["f1"]
    highest = max_frequency - 2 / ramp  # the ramp spreads each harmonic by some 1 / ramp
    levels = amplitudes(f1, parameters["brightness"], parameters["odd_even"], highest)
    P = levels.shape[1]
    phases = starting_phases(parameters["phases"], P)
    T = round(duration * sample_rate)
    sounds = sum_sinusoids(f1[:, None] * np.arange(1, P + 1), levels, phases, 0, T, sample_rate)
    return ramped(sounds, sample_rate, ramp)
