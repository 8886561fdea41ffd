"""The sounds of Lostanlen, Yan & Yang (2023), Eq. 1, as their released code makes them.

    y(t) = sum over p of (1 + (-1)^p r) / p^alpha * cos(2 pi p f1 t) * hann(t)

t runs over the T samples of the clip. They make up one unit of time whatever the sample rate, so that f1
counts cycles per window. A tone has int(T / (2 f1)) - 1 harmonics. The known flaws are kept: r = 1 removes
the odd harmonics, so that (f1, alpha, 1) is (2 f1, alpha, 0) up to gain. `additive` mends them.
"""

import numpy as np

# The ranges that the paper states; its code stays within alpha 1 to 2.96 and r 1 to 1.98.
FACTORS = {
    "f1": {
        "unit": "cycles per window",
        "scale": "linear",
        "low": 12,
        "high": 24,
        "default": 12,
        "jnd": {
            "percent": 1,
            "duration": [[0.02, 4.1], [0.05, 2.2], [0.1, 1.6], [0.2, 1.3], [0.5, 1]],
            "source": "Mehta & Oxenham 2020; below 0.5 s as pure tones, Micheyl et al. 2012",
        },
    },
    "alpha": {
        "unit": "exponent",
        "scale": "linear",
        "low": 0,
        "high": 2,
        "default": 1,
        "jnd": {"step": 0.056, "source": "assumed: 5 % of the centroid, on average over the released range"},
    },
    "r": {
        "unit": "ratio",
        "scale": "linear",
        "low": 0,
        "high": 1,
        "default": 0,
        "jnd": {"step": 0.033, "source": "assumed: 1 dB of even to odd, on average over the released range"},
    },
}


def amplitudes(harmonic, alpha, r):
    """Amplitude of one harmonic in each sound, (1 + (-1)^p r) / p^alpha, unitless.

    harmonic: int p >= 1; alpha, r: float (n,). Returns float64 (n,). Eq. 1 without its cosine.
    """
    return (1 + (-1.0) ** harmonic * r) / np.power(harmonic, alpha)


def render(parameters, sample_rate, duration):
    """Sum of harmonics under a Hann window, Eq. 1, harmonic by harmonic as the released code adds them.

    parameters: {f1, alpha, r: float (n,)}; sample_rate (Hz) and duration (s) only state T. Returns
    float64 (n, T), not normalised. Raises ValueError where f1 leaves no harmonic. Cosines are computed
    once per distinct f1, which makes the grid of the paper fast.
    """
    T = round(duration * sample_rate)
    time, window = np.arange(T) / T, np.hanning(T)
    harmonics = (T / (2 * parameters["f1"])).astype(int) - 1
    if (harmonics < 1).any():
        raise ValueError(
            f"paper2023: f1 = {parameters['f1'].max():g} leaves no harmonic; keep it below {T / 4:g}"
        )
    order = np.argsort(-harmonics, kind="stable")  # richest first: harmonic p then sounds in a prefix
    f1, alpha, r = (parameters[name][order] for name in FACTORS)
    sounds = np.zeros((len(f1), T))
    for p in range(1, int(harmonics.max(initial=0)) + 1):
        n = np.count_nonzero(harmonics >= p)
        pitches, which = np.unique(f1[:n], return_inverse=True)
        cosines = np.cos((2 * np.pi * p * pitches)[:, None] * time)
        weights = amplitudes(p, alpha[:n], r[:n])
        sounds[:n] += weights[:, None] * cosines[which] * window
    unsorted = np.empty_like(sounds)
    unsorted[order] = sounds
    return unsorted
