"""Harmonic tones with the level of each harmonic as a factor: 24 factors, f1 and levels 2 to 24.

    y(t) = sum over p of 10^(level_p / 20) cos(2 pi p f1 t + phi_p),   level_1 = 0 dB

A data set may vary any of them; the others stay at their default, a slope of 6 dB per octave.
"""

import numpy as np
from shared.oscillators import ramped, sum_sinusoids

from synthesizers.additive import starting_phases

FACTORS = {
    "f1": {
        "unit": "Hz",
        "scale": "erb",
        "low": 142.5,
        "high": 285,
        "default": 200,
        "jnd": {
            "percent": 1,
            "duration": [[0.02, 4.1], [0.05, 2.2], [0.1, 1.6], [0.2, 1.3], [0.5, 1]],
            "source": "Mehta & Oxenham 2020; below 0.5 s as pure tones, Micheyl et al. 2012",
        },
    }
} | {
    f"level_{p}": {
        "unit": "dB",
        "scale": "linear",
        "low": -30,
        "high": 0,
        "default": -6 * (p - 1).bit_length(),
        "jnd": {"step": 3, "source": "assumed: as for H1-H2, Kreiman & Gerratt 2010"},
    }
    for p in range(2, 25)
}
NUISANCES = {"phases": {"unit": "seed", "integers": 2**31 - 1, "default": 0}}
HARMONICS = np.arange(1, 25)


def render(parameters, sample_rate, duration, max_frequency=7000, ramp=0.02):
    """Tones, float64 (n, T), not normalised; harmonics above max_frequency (Hz) are left out.

    parameters: {f1 (Hz), level_2 to level_24 (dB re the first harmonic), phases: (n,)}; duration and
    ramp in s.
    """
    f1 = parameters["f1"]
    levels = np.stack([np.zeros(len(f1)), *(parameters[f"level_{p}"] for p in HARMONICS[1:])], axis=1)
    frequencies = f1[:, None] * HARMONICS
    weights = 10 ** (levels / 20) * (frequencies <= min(max_frequency, sample_rate / 2) - 2 / ramp)
    phases = starting_phases(parameters["phases"], len(HARMONICS))
    T = round(duration * sample_rate)
    return ramped(sum_sinusoids(frequencies, weights, phases, 0, T, sample_rate), sample_rate, ramp)
