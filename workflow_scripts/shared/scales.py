"""Perceptual scales of factors: where equal steps are equal, and how large a just-noticeable one is.

A factor is sampled uniformly on its scale: `linear`, `log`, or `erb` (ERB rate of a frequency in Hz). Its
just-noticeable difference (JND) is relative, {percent: x}, or in the factor's own unit, {step: x}. Counting
in JND makes factors of different units comparable. A JND depends on level, duration and whatever else varies,
so each carries its source, or the word `assumed`.
"""

import numpy as np

ERB_SLOPE = 0.00437  # 1/Hz, Glasberg & Moore (1990)


def erb_rate(frequency):
    """ERB-number scale of Glasberg & Moore (1990): 21.4 log10(1 + 0.00437 f), f in Hz, in Cams."""
    return 21.4 * np.log10(1 + ERB_SLOPE * frequency)


def from_erb_rate(rate):
    """Frequency in Hz of an ERB rate in Cams."""
    return (10 ** (rate / 21.4) - 1) / ERB_SLOPE


CONVERSIONS = {  # each of shared.names.SCALES: to the scale, back from it
    "linear": (lambda x: x, lambda x: x),
    "log": (np.log, np.exp),
    "erb": (erb_rate, from_erb_rate),
}


def on_scale(values, scale):
    """Values of a factor on its scale.

    values: float array, above 0 for `log`; scale: one of shared.names.SCALES. Returns a float64 array.
    """
    return CONVERSIONS[scale][0](np.asarray(values, dtype=float))


def off_scale(values, scale):
    """Inverse of on_scale."""
    return CONVERSIONS[scale][1](np.asarray(values, dtype=float))


def in_jnd(values, jnd):
    """Values of a factor counted in JND, from an arbitrary origin.

    jnd: {percent: x} (values above 0: ln(value) / ln(1 + x / 100)) or {step: x} (value / x).
    """
    values = np.asarray(values, dtype=float)
    if "percent" in jnd:
        return np.log(values) / np.log1p(jnd["percent"] / 100)
    return values / jnd["step"]


def from_jnd(count, jnd):
    """Inverse of in_jnd."""
    count = np.asarray(count, dtype=float)
    if "percent" in jnd:
        return np.exp(count * np.log1p(jnd["percent"] / 100))
    return count * jnd["step"]


def span(low, high, jnd):
    """Width of a range in JND."""
    return float(in_jnd(high, jnd) - in_jnd(low, jnd))
