"""A gliding sinusoid with amplitude and frequency modulation.

    y(t) = (1 + cos(2 pi modulator t)) / 2 * sin(phi(t))
    log2(phi'(t) / 2 pi) = log2(carrier) + chirp (t - D / 2) + depth / 1200 sin(2 pi rate t)

`carrier` is the frequency in the middle of the clip of D seconds, and `chirp` the glide. `rate` and `depth`
are those of the frequency modulation (vibrato). `modulator` is the rate of the amplitude modulation.
"""

import numpy as np
from scipy.integrate import cumulative_trapezoid
from shared.oscillators import ramped

FACTORS = {
    "carrier": {
        "unit": "Hz",
        "scale": "erb",
        "low": 500,
        "high": 2000,
        "default": 1000,
        "jnd": {"percent": 1, "source": "assumed: as for complex tones, Mehta & Oxenham 2020"},
    },
    "modulator": {
        "unit": "Hz",
        "scale": "log",
        "low": 16,
        "high": 64,
        "default": 32,
        "jnd": {"percent": 10, "source": "assumed"},
    },
    "rate": {
        "unit": "Hz",
        "scale": "log",
        "low": 3,
        "high": 12,
        "default": 6,
        "jnd": {"percent": 10, "source": "assumed"},
    },
    "depth": {
        "unit": "cent",
        "scale": "log",
        "low": 25,
        "high": 200,
        "default": 100,
        "jnd": {"percent": 20, "source": "assumed"},
    },
    "chirp": {
        "unit": "octave/s",
        "scale": "linear",
        "low": -1,
        "high": 1,
        "default": 0,
        "jnd": {"step": 0.1, "source": "assumed"},
    },
}


def instantaneous_frequency(parameters, time, middle):
    """Frequency at each time, float64 (n, T), Hz. time: float (T,), s; middle: of the clip, s."""
    carrier, rate, depth, chirp = (parameters[n][:, None] for n in ("carrier", "rate", "depth", "chirp"))
    return carrier * 2 ** (chirp * (time - middle) + depth / 1200 * np.sin(2 * np.pi * rate * time))


def render(parameters, sample_rate, duration, max_frequency=7000, ramp=0.02):
    """Sounds, float64 (n, T), of magnitude at most 1.

    parameters: {factor: float (n,)}; duration and ramp in s. Raises ValueError where the frequency
    passes max_frequency (Hz) or half the sample rate.
    """
    time = np.arange(round(duration * sample_rate)) / sample_rate
    frequency = instantaneous_frequency(parameters, time, duration / 2)
    highest = (frequency.max(axis=1) + parameters["modulator"]).max()
    if highest > min(max_frequency, sample_rate / 2):
        raise ValueError(
            f"am_fm: a sound reaches {highest:.0f} Hz, above {min(max_frequency, sample_rate / 2):g} Hz; "
            "lower carrier, chirp or depth"
        )
    phase = 2 * np.pi * cumulative_trapezoid(frequency, dx=1 / sample_rate, axis=1, initial=0)
    envelope = 0.5 + 0.5 * np.cos(2 * np.pi * parameters["modulator"][:, None] * time)
    return ramped(envelope * np.sin(phase), sample_rate, ramp)
