"""Additive synthesis of harmonic tones, Eq. 1 of Lostanlen, Yan & Yang (2023).

    y(t) = sum over p of (1 + (-1)^p r) / p^alpha * cos(2 pi p f1 t) * hann(t)

Two ways to state time, chosen by the data set's `options`:

- `{T: 1024, harmonics: paper2023}`: t runs over T samples that make up one unit of time, so that f1
  counts cycles per window; tone f1 has int(T / (2 f1)) - 1 harmonics (as in the released code).
- `{duration: 1.0, max_frequency: 7000}`: t in seconds at the data set's sample rate, f1 in Hz; a
  tone has every harmonic at or below max_frequency (default: just below the Nyquist frequency).
"""

import numpy as np

FACTORS = ("f1", "alpha", "r")


def amplitudes(harmonic, alpha, r):
    """Amplitude of one harmonic in each sound, (1 + (-1)^p r) / p^alpha, unitless.

    harmonic: int p >= 1; alpha, r: float (n,). Returns float64 (n,). Eq. 1 without its cosine.
    """
    return (1 + (-1.0) ** harmonic * r) / np.power(harmonic, alpha)


def tones(f1, alpha, r, time, harmonics):
    """Sum of harmonics under a Hann window, Eq. 1.

    f1: float (n,), cycles per unit of time; alpha, r: float (n,), unitless; time: float (T,), in
    that unit; harmonics: int (n,), how many each sound has. Returns float64 (n, T), not normalised.
    Cosines are computed once per distinct f1, which makes the grid of the paper fast.
    """
    order = np.argsort(-harmonics, kind="stable")  # richest first: harmonic p then sounds in a prefix
    f1, alpha, r = f1[order], alpha[order], r[order]
    window = np.hanning(len(time))
    sounds = np.zeros((len(f1), len(time)))
    for p in range(1, int(harmonics.max(initial=0)) + 1):
        n = np.count_nonzero(harmonics >= p)
        pitches, which = np.unique(f1[:n], return_inverse=True)
        cosines = np.cos((2 * np.pi * p * pitches)[:, None] * time)
        weights = amplitudes(p, alpha[:n], r[:n])
        sounds[:n] += weights[:, None] * cosines[which] * window
    unsorted = np.empty_like(sounds)
    unsorted[order] = sounds
    return unsorted


def render(factors, sample_rate, options):
    """Sounds of one block of factor settings.

    factors: dict of float (n,) with keys f1, alpha, r; sample_rate: Hz; options: see the module.
    Returns float64 (n, T). Raises ValueError where f1 leaves no harmonic below the band limit or
    the options fit neither way to state time.
    """
    f1, alpha, r = (np.asarray(factors[name], dtype=float) for name in FACTORS)
    if options.keys() == {"T", "harmonics"} and options["harmonics"] == "paper2023":
        T = options["T"]
        time = np.arange(T) / T
        harmonics = (T / (2 * f1)).astype(int) - 1
    elif "duration" in options and options.keys() <= {"duration", "max_frequency"}:
        time = np.arange(round(options["duration"] * sample_rate)) / sample_rate
        nyquist = np.nextafter(sample_rate / 2, 0)
        harmonics = (min(options.get("max_frequency", nyquist), nyquist) / f1).astype(int)
    else:
        raise ValueError(
            f"additive: options {options} are neither {{T, harmonics: paper2023}} "
            "nor {duration, max_frequency}"
        )
    if (harmonics < 1).any():
        raise ValueError(
            f"additive: f1 = {f1[harmonics < 1][0]:g} has no harmonic below the band limit; lower f1"
        )
    return tones(f1, alpha, r, time, harmonics)
