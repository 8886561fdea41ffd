"""Loudness of steady sounds in sone, by Zwicker's method (ISO 532-1:2017, free field) as mosqito has it.

1 sone is the loudness of a 1 kHz tone at 40 dB SPL; a sound of 2 sone is twice as loud. The method takes the
mean spectrum over the clip: a sound that fades counts as a steady one of the same energy.

The functions run in an environment that has mosqito, such as `hearing`.
"""

import numpy as np
import soxr

FULL_SCALE = 100  # dB SPL of a sound whose RMS is 1
RATE = 48000  # Hz, of the standard's filters
SOUNDS = 16  # at a time


def band_levels(sounds, sample_rate, full_scale=FULL_SCALE):
    """Levels of sounds, float (n, T), in the 28 third-octave bands from 25 Hz to 12.5 kHz. sample_rate: Hz.

    full_scale: dB SPL of a sound whose RMS is 1. Returns float64 (28, n), dB SPL.
    """
    from mosqito.sound_level_meter import noct_spectrum

    parts = []
    for start in range(0, len(sounds), SOUNDS):
        some = np.asarray(sounds[start : start + SOUNDS], dtype=float).T
        some = some if sample_rate == RATE else soxr.resample(some, sample_rate, RATE)
        rms, _ = noct_spectrum(some, RATE, fmin=24, fmax=12600)
        parts.append(rms.reshape(len(rms), -1))
    return full_scale + 20 * np.log10(np.maximum(np.concatenate(parts, axis=1), 1e-15))


def sone(levels):
    """Loudness of sounds from their levels in bands, float (28, n), dB SPL. Returns sone, float64 (n,).

    It is rounded to 0.001 up to 16 sone and to 0.01 above. Raises ValueError if a band below 300 Hz has more
    than 120 dB SPL, for which the standard has no answer.
    """
    from mosqito.sq_metrics.loudness.loudness_zwst._calc_slopes import _calc_slopes
    from mosqito.sq_metrics.loudness.loudness_zwst._main_loudness import _main_loudness

    return np.atleast_1d(_calc_slopes(_main_loudness(levels, field_type="free"))[0])


def loudness(sounds, sample_rate, full_scale=FULL_SCALE):
    """Loudness of sounds, float (n, T), in sone. Returns float64 (n,); raises ValueError as sone() does.

    sample_rate: Hz. full_scale: dB SPL of a sound whose RMS is 1.
    """
    return sone(band_levels(sounds, sample_rate, full_scale))


def phon(loudness):
    """Loudness level of loudness in sone, float (n,): dB SPL of a 1 kHz tone that is as loud. (n,)."""
    loudness = np.asarray(loudness, dtype=float)
    below = 40 * (loudness + 0.0005) ** 0.35
    return np.where(loudness >= 1, 40 + 10 * np.log2(np.maximum(loudness, 1)), below)
